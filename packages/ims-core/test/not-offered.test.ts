import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { header, headerValues } from '../src/protocols/sip/read.ts';
import { connect, FreePhone } from './kit/free-phone.ts';
import { ImsLab } from './kit/ims-lab.ts';

/** Credentials for a proxy that asked for none. */
const PROXY_CREDENTIALS = [
  'Proxy-Authorization',
  'Digest username="alice", realm="elsewhere.example", nonce="1", uri="sip:x", response="2"',
] as const;

let lab: ImsLab;
beforeEach(async () => {
  lab = await ImsLab.start();
});
afterEach(async () => {
  expect(lab.core.errors).toEqual([]);
  expect(lab.events.filter((event) => event.kind === 'note' && event.note.code.startsWith('SIP_'))).toEqual([]);
  await lab.close();
});

describe('GRUU, which no box of the lab gives (RFC 5627)', () => {
  it('is no reason to refuse a phone that supports it: its instance is kept, and no GRUU is in the 200', async () => {
    const phone = await FreePhone.open(lab, 'Alice');
    const granted = await phone.register({ headers: [['Supported', 'gruu']] });
    expect(granted.status).toBe(200);
    expect(header(granted, 'Contact')).toContain('+sip.instance="<urn:uuid:Alice>"');
    expect(header(granted, 'Contact')).not.toMatch(/(?:pub|temp)-gruu/);
  });

  it('is none that a phone may require: 420', async () => {
    const phone = await FreePhone.open(lab, 'Alice');
    const refused = await phone.register({ headers: [['Require', 'gruu']] });
    expect([refused.status, header(refused, 'Unsupported')]).toEqual([420, 'gruu']);
  });

  it('in a Request-URI is a parameter like any other: the user is called', async () => {
    const [alice, bob] = [await FreePhone.registered(lab, 'Alice'), await FreePhone.registered(lab, 'Bob')];
    await alice.say(
      alice.initial('MESSAGE', `${bob.impu};gr=urn:uuid:Bob`, { body: 'hello', contentType: 'text/plain' }),
    );
    await bob.answer(bob.peer.last('MESSAGE'), 200);
    expect(alice.peer.responses.at(-1)?.status).toBe(200);
  });

  it('is offered from phone to phone as they like: the network takes no option away that it does not know', async () => {
    const [alice, bob] = [
      await FreePhone.registered(lab, 'Alice', { native: true }),
      await FreePhone.registered(lab, 'Bob', { native: true }),
    ];
    const { received } = await connect(alice, bob, { headers: [['Supported', 'gruu, timer']] });
    expect(headerValues(received, 'Supported')).toEqual(['gruu', 'timer']);
  });
});

describe('credentials for a proxy, which no box of the lab asks for (RFC 3261 §22.3)', () => {
  it('do no harm to a registration', async () => {
    const phone = await FreePhone.open(lab, 'Alice');
    expect((await phone.register({ headers: [PROXY_CREDENTIALS] })).status).toBe(200);
  });

  it('pass with the requests of a call: they may be for another proxy', async () => {
    const [alice, bob] = [await FreePhone.registered(lab, 'Alice'), await FreePhone.registered(lab, 'Bob')];
    const { received, ok } = await connect(alice, bob, { headers: [PROXY_CREDENTIALS] });
    expect(ok.status).toBe(200);
    expect(header(received, 'Proxy-Authorization')).toBe(PROXY_CREDENTIALS[1]);
  });

  it('do not stand for a registration', async () => {
    const stranger = await FreePhone.open(lab, 'Alice');
    const refused = await stranger.ask(stranger.initial('INVITE', stranger.impu, { headers: [PROXY_CREDENTIALS] }));
    expect(refused.status).toBe(403);
  });
});
