import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoreLab, D, SERVER_NAME } from '../../../test/kit/core-lab.ts';
import { cxAnswer, hssDown, hssSilent } from '../../../test/kit/direct-cx.ts';
import type { SipPeer } from '../../../test/kit/sip-peer.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import type { ServerCapabilities } from '../../ports/cx-client.ts';
import { response } from '../../protocols/sip/build.ts';
import { header, vias } from '../../protocols/sip/read.ts';

const SECOND = `sip:scscf2.${D}:6060`;
/** Timer F of the I-CSCF: nobody answers. */
const TIMER_F_MS = 32_000;

let lab: CoreLab;
let alice: TestUe;

beforeEach(async () => {
  lab = await CoreLab.start({
    peers: ['scscf', 'scscf2'],
    scscfs: [
      { uri: SERVER_NAME, capabilities: [] },
      { uri: SECOND, capabilities: [7] },
    ],
  });
  alice = new TestUe('Alice');
});

afterEach(() => lab.close());

const answers = (
  name: 'scscf' | 'scscf2',
  status: number,
  headers: readonly (readonly [string, string])[] = [],
): SipPeer => {
  const peer = lab.peer(name);
  peer.onMessage = (message) => {
    if (message.kind === 'request') peer.reply(message, response(message, status, { toTag: name, headers }));
  };
  return peer;
};
const uaa = (
  vendor: number,
  code: number,
  more: { serverName?: string; serverCapabilities?: ServerCapabilities } = {},
) => ({
  UAR: { ok: true as const, answer: { result: { vendor, code }, ...more } },
});
const integrity = (value: string, response = ''): string =>
  alice
    .announcement()
    .replace('integrity-protected="no"', `integrity-protected="${value}"`)
    .replace('response=""', `response="${response}"`);

describe('the answer to UAR decides where a REGISTER goes', () => {
  it.each([
    ['FIRST_REGISTRATION without capabilities: any S-CSCF', uaa(10415, 2001), 'scscf'],
    [
      'FIRST_REGISTRATION with a capability: the S-CSCF that has it',
      uaa(10415, 2001, { serverCapabilities: { mandatory: [7], optional: [], serverNames: [] } }),
      'scscf2',
    ],
    [
      'FIRST_REGISTRATION with Server-Names: the first of them',
      uaa(10415, 2001, { serverCapabilities: { mandatory: [], optional: [], serverNames: [SECOND, SERVER_NAME] } }),
      'scscf2',
    ],
    ['SUBSEQUENT_REGISTRATION: the Server-Name', uaa(10415, 2002, { serverName: SECOND }), 'scscf2'],
    ['SUCCESS of a de-registration: the Server-Name', uaa(0, 2001, { serverName: SECOND }), 'scscf2'],
  ] as const)('%s', async (_name, answer, box) => {
    lab.icscfCx.answer(answer);
    answers(box, 401);
    expect((await lab.ask('icscf', alice.register())).status).toBe(401);
    expect(lab.peer(box).last('REGISTER').uri).toBe(box === 'scscf' ? SERVER_NAME : SECOND);
  });

  it.each([
    ['10415/5001 USER_UNKNOWN', cxAnswer(10415, 5001), 403],
    ['10415/5002 IDENTITIES_DONT_MATCH', cxAnswer(10415, 5002), 403],
    ['10415/5003 IDENTITY_NOT_REGISTERED', cxAnswer(10415, 5003), 403],
    ['10415/5004 ROAMING_NOT_ALLOWED', cxAnswer(10415, 5004), 403],
    ['5003 AUTHORIZATION_REJECTED', cxAnswer(0, 5003), 403],
    ['5012 UNABLE_TO_COMPLY', cxAnswer(0, 5012), 480],
    ['3004 TOO_BUSY', cxAnswer(0, 3004), 480],
    ['a permanent code that nobody knows', cxAnswer(10415, 5999), 480],
    ['SUBSEQUENT_REGISTRATION without a Server-Name', cxAnswer(10415, 2002), 480],
    ['no answer', hssSilent, 480],
    ['no connection', hssDown, 480],
  ] as const)('%s is answered with its status', async (_name, UAR, status) => {
    lab.icscfCx.answer({ UAR });
    const refused = await lab.ask('icscf', alice.register());
    expect([refused.status, header(refused, 'Retry-After')]).toEqual([status, status === 480 ? '10' : undefined]);
  });

  it('capabilities that no S-CSCF has are answered with 600', async () => {
    lab.icscfCx.answer(uaa(10415, 2001, { serverCapabilities: { mandatory: [99], optional: [], serverNames: [] } }));
    expect((await lab.ask('icscf', alice.register())).status).toBe(600);
  });
});

describe('UAR', () => {
  it('names the identities, the visited network and a registration', async () => {
    answers('scscf', 401);
    await lab.ask('icscf', alice.register());
    expect(lab.icscfCx.uars).toEqual([
      { userName: alice.impi, publicIdentity: alice.impu, visitedNetworkIdentifier: D, userAuthorizationType: 0 },
    ]);
  });

  it.each([
    ['Expires 0', { expires: 0 }, 1],
    ['"*"', { contact: ['*'], expires: 0 }, 1],
    ['a contact with expires 0', { contact: ['<sip:a@b.invalid>;expires=0'] }, 1],
    ['one of two contacts with expires 0', { contact: ['<sip:a@b.invalid>;expires=0', '<sip:c@b.invalid>'] }, 0],
    ['no contact', { contact: [], expires: 0 }, 0],
  ])('asks for the right type with %s', async (_name, options, userAuthorizationType) => {
    lab.icscfCx.answer(uaa(10415, 2002, { serverName: SERVER_NAME }));
    answers('scscf', 401);
    await lab.ask('icscf', alice.register(options));
    expect(lab.icscfCx.uars[0]?.userAuthorizationType).toBe(userAuthorizationType);
  });

  it('takes the private identity from To when there are no credentials', async () => {
    answers('scscf', 401);
    await lab.ask('icscf', alice.register({ authorization: null, to: `sip:${alice.impi};x=y` }));
    expect(lab.icscfCx.uars[0]).toMatchObject({ userName: alice.impi, publicIdentity: `sip:${alice.impi}` });
  });

  it('is not sent for a To that is no SIP URI, nor for a stranger', async () => {
    expect((await lab.ask('icscf', alice.register({ to: 'tel:+15550001001' }))).status).toBe(400);
    expect((await lab.ask('icscf', alice.register(), 'stranger')).status).toBe(403);
    expect(lab.icscfCx.uars).toEqual([]);
  });
});

describe('a REGISTER that goes on', () => {
  it('differs from what came in Request-URI, Via and Max-Forwards only, and loses P-User-Database', async () => {
    answers('scscf', 200);
    const sent = alice.register({ headers: [['P-User-Database', `<aaa://hss.${D}>`]] });
    await lab.ask('icscf', sent);
    const arrived = lab.peer('scscf').last('REGISTER');
    const rest = (message: typeof sent): string[] =>
      message.headers
        .filter((field) => !['via', 'max-forwards', 'p-user-database'].includes(field.key))
        .map((field) => `${field.name}: ${field.value}`);
    expect(rest(arrived)).toEqual(rest(sent));
    expect(vias(arrived)).toHaveLength(2);
    expect(header(arrived, 'P-User-Database')).toBeUndefined();
    expect(header(arrived, 'Record-Route')).toBeUndefined();
  });

  it('tells on the ladder why the Request-URI changed', async () => {
    answers('scscf', 200);
    await lab.ask('icscf', alice.register());
    const event = lab.trace.events.find((one) => one.kind === 'sip' && one.from.label === 'I-CSCF');
    expect(event?.kind === 'sip' && event.sip.changes.find((change) => change.name === 'Request-URI')).toMatchObject({
      before: `sip:${D}`,
      after: SERVER_NAME,
      why: expect.stringContaining('TS 24.229 5.3.1.2'),
    });
  });
});

describe('an S-CSCF that does not take an initial registration', () => {
  it.each([
    ['is down', async () => lab.peer('scscf').close(), 0],
    ['is silent', async () => {}, TIMER_F_MS],
    ['answers 480', async () => void answers('scscf', 480), 0],
    ['answers 302', async () => void answers('scscf', 302, [['Contact', `<${SECOND}>`]]), 0],
  ])('and %s: capabilities are asked for and another one is taken', async (_name, arrange, waitMs) => {
    await arrange();
    answers('scscf2', 401);
    await lab.send('icscf', alice.register());
    await lab.clock.advance(waitMs);
    expect(lab.pcscf.responses.at(-1)?.status).toBe(401);
    expect(lab.peer('scscf2').last('REGISTER').uri).toBe(`${SECOND};scscf-reselection`);
    expect(lab.icscfCx.uars.map((uar) => uar.userAuthorizationType)).toEqual([0, 2]);
  });

  it.each([
    [
      'silent',
      async () =>
        lab
          .peer('scscf')
          .close()
          .then(() => lab.peer('scscf2').close()),
      504,
    ],
    ['all declining', async () => void [answers('scscf', 480), answers('scscf2', 480)], 480],
  ])('and none is left, %s: the answer', async (_name, arrange, status) => {
    await arrange();
    expect((await lab.ask('icscf', alice.register())).status).toBe(status);
  });

  it('passes what it answers otherwise', async () => {
    answers('scscf', 403);
    expect((await lab.ask('icscf', alice.register())).status).toBe(403);
    expect(lab.peer('scscf2').requests).toEqual([]);
  });
});

describe('a protected REGISTER', () => {
  it.each([
    ['yes', 'abc'],
    ['tls-connected', 'abc'],
    ['auth-done', ''],
  ])('%s goes to no other S-CSCF: 504 when its own is down', async (value, digest) => {
    await lab.peer('scscf').close();
    answers('scscf2', 401);
    const refused = await lab.ask('icscf', alice.register({ authorization: integrity(value, digest) }));
    expect(refused.status).toBe(504);
    expect(lab.peer('scscf2').requests).toEqual([]);
  });

  it('tls-connected without a response is an initial one', async () => {
    await lab.peer('scscf').close();
    answers('scscf2', 401);
    const challenged = await lab.ask('icscf', alice.register({ authorization: integrity('tls-connected') }));
    expect(challenged.status).toBe(401);
  });
});
