import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALICE, ALICE_IMPI, CORE_ROUTE, D, FAR, PcscfLab, type Phone, values } from '../../../test/kit/pcscf-lab.ts';
import { parseAuth } from '../../protocols/sip/auth-params.ts';
import { request } from '../../protocols/sip/build.ts';
import { param } from '../../protocols/sip/name-addr.ts';
import { contacts, cseq, header, tagOf } from '../../protocols/sip/read.ts';

let lab: PcscfLab;
let alice: Phone;
beforeEach(async () => {
  lab = await PcscfLab.start();
  alice = await lab.registered();
});
afterEach(() => lab.pcscf.close());

const registers = () => lab.core.requests.filter(({ method }) => method === 'REGISTER');

describe('a UE whose connection closes', () => {
  it('keeps calls and registration when it comes back in time with the same contact', async () => {
    await lab.call(alice);
    await alice.lose();
    expect(lab.pcscf.registrations()).toMatchObject([{ flowLost: true }]);
    await lab.run(9_000);
    await alice.register();
    await lab.run(20_000);
    expect(lab.pcscf.calls()).toHaveLength(1);
    expect(lab.pcscf.registrations()).toMatchObject([{ flowLost: false }]);
    expect(lab.core.log).not.toContain('BYE');
    expect(lab.trace.notes()).toEqual(['REGISTRATION_BOUND', 'FLOW_LOST', 'REGISTRATION_BOUND']);
  });

  it('gets new ten seconds each time', async () => {
    await alice.lose();
    await lab.run(5_000);
    await alice.register();
    await alice.lose();
    await lab.run(6_000);
    expect(lab.pcscf.registrations()).toHaveLength(1);
    await lab.run(5_000);
    expect(lab.pcscf.registrations()).toEqual([]);
  });

  it('loses its calls after ten seconds: BYE to the far end in its name', async () => {
    const call = await lab.call(alice);
    await alice.send(alice.request('INFO', { ...call.inDialog, cseq: 7 }));
    await lab.answer(lab.core.last('INFO'), 200);
    await alice.lose();
    await lab.run(9_900);
    expect(lab.core.log).not.toContain('BYE');
    await lab.run(200);
    const bye = lab.core.last('BYE');
    expect(bye.uri).toBe(FAR);
    expect(values(bye, 'Route')).toEqual([CORE_ROUTE]);
    expect(cseq(bye)).toMatchObject({ number: 8, method: 'BYE' });
    expect([tagOf(bye, 'From'), tagOf(bye, 'To'), header(bye, 'Call-ID')]).toEqual(['a1', 'far1', 'call-1']);
    expect(header(bye, 'Reason')).toMatch(/^SIP;cause=503;text="/);
    await lab.answer(bye, 200);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.log.filter((line) => line.startsWith('delete'))).toEqual(['delete originating']);
  });

  it('is de-registered at the home network as authenticated before', async () => {
    await alice.lose();
    await lab.run(10_100);
    const register = registers().at(-1);
    if (register === undefined) throw new Error('no REGISTER came');
    const [contact] = contacts(register);
    expect(contact?.uriText).toBe(alice.contact);
    expect(contact && param(contact, 'expires')).toBe('0');
    expect(contact && param(contact, 'reg-id')).toBe('1');
    expect(header(register, 'To')).toBe(`<${ALICE}>`);
    const credentials = parseAuth(header(register, 'Authorization') ?? '');
    expect(credentials.ok && Object.fromEntries(credentials.value.params)).toEqual({
      username: ALICE_IMPI,
      realm: D,
      uri: `sip:${D}`,
      nonce: '',
      response: '',
      'integrity-protected': 'auth-done',
    });
    expect(lab.trace.notes()).toEqual(['REGISTRATION_BOUND', 'FLOW_LOST', 'FLOW_GRACE_OVER']);
    expect(lab.pcscf.registrations()).toEqual([]);
  });

  it('writes on the ladder that one follows from the other', async () => {
    await lab.call(alice);
    await alice.lose();
    await lab.run(10_100);
    const note = (code: string) => lab.trace.events.find((event) => event.kind === 'note' && event.note.code === code);
    const sent = (method: string) =>
      lab.trace.events.findLast((event) => event.kind === 'sip' && event.sip.method === method);
    expect(note('FLOW_GRACE_OVER')?.cause).toBe(note('FLOW_LOST')?.seq);
    expect(note('SESSION_RELEASED')?.cause).toBe(note('FLOW_GRACE_OVER')?.seq);
    expect(sent('BYE')?.cause).toBe(note('SESSION_RELEASED')?.seq);
  });

  it('tells operators when the home network does not take it away', async () => {
    await alice.lose();
    await lab.run(10_100);
    await lab.answer(lab.core.last('REGISTER'), 403);
    expect(lab.warnings).toHaveLength(1);
  });

  it('loses a call that it was making: CANCEL to the core', async () => {
    await alice.send(alice.request('INVITE', { sdp: 'A' }));
    await lab.answer(lab.core.last('INVITE'), 180, { contact: FAR });
    await alice.lose();
    await lab.run(10_100);
    expect(header(lab.core.last('CANCEL'), 'Reason')).toMatch(/^SIP;cause=503/);
    await lab.answer(lab.core.last('CANCEL'), 200);
    await lab.answer(lab.core.last('INVITE'), 487);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.log).toEqual(['offer webrtc originating', 'delete originating']);
  });

  it('ends a call whose answer crosses the CANCEL', async () => {
    await alice.send(alice.request('INVITE', { sdp: 'A' }));
    await lab.answer(lab.core.last('INVITE'), 180, { contact: FAR });
    await alice.lose();
    await lab.run(10_100);
    await lab.answer(lab.core.last('INVITE'), 200, { contact: FAR, sdp: 'B', headers: [['Record-Route', CORE_ROUTE]] });
    expect(lab.core.log.slice(-2)).toEqual(['ACK', 'BYE']);
    expect(lab.pcscf.calls()).toEqual([]);
  });

  it('answers the core at once when it was ringing', async () => {
    const bob = await lab.phone({ user: 'bob' });
    const path = header(await bob.register(), 'Path') ?? '';
    await lab.fromCore(
      request('INVITE', bob.contact, [
        ['Via', 'SIP/2.0/TCP 127.0.0.1:6060;branch=z9hG4bKearly'],
        ['Route', path],
        ['From', `<${ALICE}>;tag=a1`],
        ['To', '<sip:bob@x>'],
        ['Call-ID', 'call-1'],
        ['CSeq', '1 INVITE'],
        ['Contact', `<${FAR}>`],
      ]),
    );
    await bob.answer(bob.peer.last('INVITE'), 180);
    await bob.lose();
    await lab.run();
    expect(lab.core.responses.at(-1)?.status).toBe(500);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.log).toEqual(['delete terminating']);
  });
});

describe('a page that was loaded again', () => {
  it('has its old calls released at once, and is reachable with its new contact', async () => {
    await lab.call(alice);
    await alice.lose();
    const reloaded = await lab.phone({ contact: 'sip:alice@page2.invalid;transport=ws' });
    const register = await reloaded.register();
    expect(lab.core.last('BYE')).toBeDefined();
    await lab.answer(lab.core.last('BYE'), 200);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.pcscf.registrations()).toMatchObject([{ contact: 'sip:alice@page2.invalid;transport=ws' }]);
    expect(header(register, 'Path')).toBeDefined();
    // Nothing more happens when the ten seconds of the old page are over.
    const before = lab.core.requests.length;
    await lab.run(30_000);
    expect(lab.core.requests).toHaveLength(before);
    expect(lab.pcscf.registrations()).toHaveLength(1);
  });
});

describe('calls of a UE that is not registered any more', () => {
  it('are released when the S-CSCF has not done so in 32 s', async () => {
    await lab.call(alice);
    await alice.register({ expires: 0 });
    await lab.run(31_000);
    expect(lab.pcscf.calls()).toHaveLength(1);
    await lab.run(1_500);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.core.last('BYE')).toBeDefined();
  });
});

describe('release by the operator', () => {
  it('sends a BYE to both ends, each in the name of the other', async () => {
    await lab.call(alice);
    const released = lab.pcscf.release('call-1');
    await lab.run();
    const toUe = alice.peer.last('BYE');
    const toFar = lab.core.last('BYE');
    expect(toUe.uri).toBe(alice.contact);
    expect([tagOf(toUe, 'From'), tagOf(toUe, 'To')]).toEqual(['far1', 'a1']);
    expect([tagOf(toFar, 'From'), tagOf(toFar, 'To')]).toEqual(['a1', 'far1']);
    expect(values(toUe, 'Route')).toEqual([]);
    expect(header(toUe, 'P-Charging-Vector')).toBeUndefined();
    await alice.answer(toUe, 200);
    await lab.answer(toFar, 200);
    expect(await released).toBe(true);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.totals().sessions).toBe(0);
  });

  it('ends a call that still rings: 503 to the caller, CANCEL to the called', async () => {
    await alice.send(alice.request('INVITE', { sdp: 'A' }));
    await lab.answer(lab.core.last('INVITE'), 180, { contact: FAR });
    expect(await lab.pcscf.release('call-1')).toBe(true);
    await lab.run();
    expect(alice.lastResponse().status).toBe(503);
    expect(lab.core.last('CANCEL')).toBeDefined();
  });

  it('knows only calls that are there', async () => {
    expect(await lab.pcscf.release('none')).toBe(false);
  });
});
