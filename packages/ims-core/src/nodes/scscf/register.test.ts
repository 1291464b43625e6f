import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoreLab, D, SERVER_NAME, withBarred } from '../../../test/kit/core-lab.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { akaAlgorithms } from '../../protocols/auth/digest.ts';
import { parseAuth } from '../../protocols/sip/auth-params.ts';
import type { SipResponse } from '../../protocols/sip/message.ts';
import { hasOption, header, headerValues } from '../../protocols/sip/read.ts';
import { MAX_RESYNCHRONISATIONS, REG_AWAIT_AUTH_MS } from './config.ts';

let lab: CoreLab;
let alice: TestUe;

beforeEach(async () => {
  lab = await CoreLab.start();
  alice = new TestUe('Alice');
});

afterEach(async () => {
  expect(lab.errors).toEqual([]);
  await lab.close();
});

const sarTypes = (): number[] => lab.scscfCx.sars.map((sar) => sar.serverAssignmentType);
const stored = async () => (await lab.store.byImpi(alice.impi)) ?? expect.fail('Alice is in the store');
const challengeOf = (response: SipResponse): ReadonlyMap<string, string> => {
  const parsed = parseAuth(header(response, 'WWW-Authenticate') ?? '');
  return parsed.ok ? parsed.value.params : new Map();
};
const challenge = (options = {}): Promise<SipResponse> => lab.ask('scscf', alice.register(options));

describe('a registration', () => {
  it('asks the HSS in the order of the flow and draws it on the ladder', async () => {
    expect((await alice.registerAt(lab)).status).toBe(200);
    const arrows = lab.trace.ladder().map((line) => line.replace(/^\d+ /, ''));
    expect(arrows).toEqual([
      'REGISTER P-CSCF to I-CSCF',
      'UAR I-CSCF to HSS',
      'UAA 2001 HSS to I-CSCF',
      'REGISTER I-CSCF to S-CSCF',
      'MAR S-CSCF to HSS',
      'MAA 2001 HSS to S-CSCF',
      '401 S-CSCF to I-CSCF',
      '401 I-CSCF to P-CSCF',
      'REGISTER P-CSCF to I-CSCF',
      'UAR I-CSCF to HSS',
      'UAA 2002 HSS to I-CSCF',
      'REGISTER I-CSCF to S-CSCF',
      'SAR S-CSCF to HSS',
      'SAA 2001 HSS to S-CSCF',
      '200 S-CSCF to I-CSCF',
      '200 I-CSCF to P-CSCF',
    ]);
    expect(lab.trace.notes()).toEqual(['REGISTRATION_CREATED']);
  });

  it('shows the answer of the HSS as the cause of the SIP message that follows', async () => {
    await alice.registerAt(lab);
    const causeOf = (status: number): string => {
      const event = lab.trace.events.find((one) => one.kind === 'sip' && one.sip.status === status);
      const cause = lab.trace.get(event?.cause ?? 0);
      return cause?.kind === 'diameter' ? cause.diameter.command : '';
    };
    expect([causeOf(401), causeOf(200)]).toEqual(['MAA', 'SAA']);
  });

  it('answers 200 with every header of the clause', async () => {
    const ok = await alice.registerAt(lab);
    expect(header(ok, 'Contact')).toBe('<sip:alice@phone.invalid;transport=ws>;expires=3600');
    expect(headerValues(ok, 'P-Associated-URI')).toEqual([
      `<sip:+15550001001@${D}>`,
      '<tel:+15550001001>',
      `<sip:alice@${D}>`,
      `<sip:001010000000001@${D}>`,
    ]);
    expect(header(ok, 'Service-Route')).toMatch(
      new RegExp(`^<sip:orig-[0-9a-f]{24}@scscf\\.${D}:6060;transport=tcp;lr>$`),
    );
    expect(header(ok, 'Path')).toBe(alice.path);
    expect(header(ok, 'P-Charging-Vector')).toBe(`icid-value="icid-Alice";orig-ioi="Type 1${D}";term-ioi="Type 1${D}"`);
    expect(header(ok, 'Date')).toMatch(/^Thu, 01 Jan 2026 00:00:\d\d GMT$/);
    expect(header(ok, 'Require')).toBeUndefined();
  });

  it('tells the charging functions to a P-CSCF of the home network', async () => {
    const charging = await CoreLab.start({ hss: { chargingInformation: { primaryCcf: `aaa://cdf.${D}:3868` } } });
    const ok = await alice.registerAt(charging);
    expect(header(ok, 'P-Charging-Function-Addresses')).toBe(`ccf="aaa://cdf.${D}:3868"`);
    await charging.close();
  });

  it('is shown to the outside until it ends', async () => {
    let changes = 0;
    const stop = lab.scscf.onChange(() => {
      changes += 1;
    });
    await alice.registerAt(lab);
    expect(lab.scscf.registrations()).toEqual([
      {
        impi: alice.impi,
        impus: [alice.impu, alice.number, `sip:alice@${D}`, `sip:001010000000001@${D}`],
        contact: 'sip:alice@phone.invalid;transport=ws',
        expiresInS: 3600,
        serverName: SERVER_NAME,
      },
    ]);
    stop();
    await alice.registerAt(lab, { expires: 0 });
    expect(lab.scscf.registrations()).toEqual([]);
    expect(changes).toBe(1);
  });

  it('leaves barred identities out of P-Associated-URI', async () => {
    const subscribers = withBarred('Alice', (_uri, index) => index === 0);
    const barring = await CoreLab.start({ subscribers });
    const ok = await alice.registerAt(barring);
    expect(headerValues(ok, 'P-Associated-URI')[0]).toBe('<tel:+15550001001>');
    expect(headerValues(ok, 'P-Associated-URI')).toHaveLength(3);
    await barring.close();
  });

  it.each(akaAlgorithms)('works with %s when the UE announces it', async (algorithm) => {
    const bob = new TestUe('Bob', { algorithm });
    const unauthorized = await lab.ask('scscf', bob.register());
    const params = challengeOf(unauthorized);
    expect(params.get('algorithm')).toBe(algorithm);
    expect([params.has('ck'), params.has('ik')]).toEqual([algorithm === 'AKAv1-MD5', algorithm === 'AKAv1-MD5']);
    const ok = await lab.ask('scscf', bob.register({ authorization: bob.answer(unauthorized) }));
    expect(ok.status).toBe(200);
  });

  it('takes the private identity from To and AKAv1-MD5 when the UE sends no Authorization', async () => {
    const unauthorized = await challenge({ authorization: null, to: `sip:${alice.impi}` });
    expect(challengeOf(unauthorized).get('algorithm')).toBe('AKAv1-MD5');
    expect(lab.scscfCx.mars.map((mar) => mar.userName)).toEqual([alice.impi]);
  });

  it('says Require: outbound when the flow of the UE is used', async () => {
    const contact = [`${alice.contact};+sip.instance="<urn:uuid:a>";reg-id=1`];
    const ok = await alice.registerAt(lab, { contact });
    expect(hasOption(ok, 'Require', 'outbound')).toBe(true);
    expect(header(ok, 'Contact')).toBe(`${contact[0]};expires=3600`);
  });

  it('is refreshed with SAR RE_REGISTRATION and keeps its Service-Route', async () => {
    const first = await alice.registerAt(lab);
    const again = await alice.registerAt(lab);
    expect(again.status).toBe(200);
    expect(sarTypes()).toEqual([ServerAssignmentType.REGISTRATION, ServerAssignmentType.RE_REGISTRATION]);
    expect(lab.scscfCx.sars.map((sar) => sar.userDataAlreadyAvailable)).toEqual([false, true]);
    expect(header(again, 'Service-Route')).toBe(header(first, 'Service-Route'));
    expect(lab.scscf.registrations()).toHaveLength(1);
  });

  it('is made anew after a restart, whatever the HSS still believes', async () => {
    await alice.registerAt(lab);
    await lab.restartScscf();
    expect((await alice.registerAt(lab)).status).toBe(200);
    expect(sarTypes()).toEqual([ServerAssignmentType.REGISTRATION, ServerAssignmentType.REGISTRATION]);
    expect(await stored()).toMatchObject({ state: 'REGISTERED' });
  });

  it('lists its contacts to a REGISTER without Contact', async () => {
    await alice.registerAt(lab);
    const ok = await alice.registerAt(lab, { contact: [] });
    expect([ok.status, header(ok, 'Contact')]).toEqual([200, '<sip:alice@phone.invalid;transport=ws>;expires=3600']);
  });
});

describe('a REGISTER that is refused before anyone is authenticated', () => {
  it.each([
    ['an unknown option in Require', { headers: [['Require', 'sec-agree']] as const }, 420, 'Unsupported', 'sec-agree'],
    ['a To that is no SIP URI', { to: 'tel:+15550001001' }, 400],
    ['"*" with another Contact', { contact: ['*', '<sip:a@b.invalid>'], expires: 0 }, 400],
    ['"*" without Expires 0', { contact: ['*'], expires: 3600 }, 400],
    ['a Contact that cannot be read', { contact: ['<sip:a@b.invalid'] }, 400],
    ['a Contact that is no SIP URI', { contact: ['<tel:+15550001001>'] }, 400],
    ['a time that is too short', { expires: 59 }, 423, 'Min-Expires', '60'],
    ['a contact time that is too short', { contact: ['<sip:a@b.invalid>;expires=1'] }, 423, 'Min-Expires', '60'],
    [
      'a flow whose first hop lacks outbound',
      {
        contact: ['<sip:a@b.invalid>;+sip.instance="<urn:uuid:a>";reg-id=1'],
        path: [`<sip:p@pcscf.${D}:5060;transport=tcp;lr>`],
        headers: [['Supported', 'outbound']] as const,
      },
      439,
    ],
  ])('%s', async (_name, options, status, name = '', value = undefined) => {
    const refused = await challenge(options);
    expect([refused.status, header(refused, name)]).toEqual([status, value]);
    expect(lab.scscfCx.mars).toEqual([]);
  });

  it('a network without a roaming agreement', async () => {
    const message = alice.register();
    const elsewhere = {
      ...message,
      headers: message.headers.map((field) =>
        field.key === 'p-visited-network-id' ? { ...field, value: '"ims.mnc099.mcc999.3gppnetwork.org"' } : field,
      ),
    };
    expect((await lab.ask('scscf', elsewhere)).status).toBe(403);
  });

  it('a sender outside the trust domain', async () => {
    expect((await lab.ask('scscf', alice.register(), 'stranger')).status).toBe(403);
    expect(lab.scscfCx.mars).toEqual([]);
  });
});

describe('the decision table', () => {
  it('challenges again with a new vector when no credentials come', async () => {
    const [first, second] = [await challenge(), await challenge()];
    expect([first.status, second.status]).toEqual([401, 401]);
    expect(challengeOf(first).get('nonce')).not.toBe(challengeOf(second).get('nonce'));
    expect(challengeOf(second).has('stale')).toBe(false);
  });

  it('never takes a vector twice', async () => {
    const unauthorized = await challenge();
    const authorization = alice.answer(unauthorized);
    expect((await challenge({ authorization })).status).toBe(200);
    const again = await challenge({ authorization });
    expect([again.status, challengeOf(again).get('stale')]).toEqual([401, 'true']);
  });

  it('challenges with stale=true when the nonce is not the one of the challenge', async () => {
    const first = await challenge();
    await challenge();
    const again = await challenge({ authorization: alice.answer(first) });
    expect([again.status, challengeOf(again).get('stale')]).toEqual([401, 'true']);
  });

  it.each([
    ['a wrong response', { response: '0'.repeat(32) }, {}, 'AKA_WRONG_RESPONSE'],
    ['a response that is too short', { response: 'ab' }, {}, 'AKA_WRONG_RESPONSE'],
    ['another realm', { realm: 'example.org' }, {}, 'AKA_WRONG_RESPONSE'],
    ['an empty response: the MAC was wrong', { response: '' }, {}, 'AKA_MAC_FAILURE'],
    ['another Call-ID', {}, { callId: 'other' }, 'AKA_CHALLENGE_MISMATCH'],
    ['another public identity', {}, { to: `sip:alice@${D}` }, 'AKA_CHALLENGE_MISMATCH'],
    ['another algorithm', { algorithm: 'AKAv2-MD5' }, {}, 'AKA_CHALLENGE_MISMATCH'],
  ])('refuses %s with 403 and tells the HSS', async (_name, overrides, options, code) => {
    const unauthorized = await challenge();
    const refused = await challenge({ ...options, authorization: alice.answer(unauthorized, overrides) });
    expect(refused.status).toBe(403);
    expect(sarTypes()).toEqual([ServerAssignmentType.AUTHENTICATION_FAILURE]);
    expect(lab.trace.notes()).toEqual([code]);
    expect(await stored()).toMatchObject({ state: 'NOT_REGISTERED', serverName: '', authPending: false });
  });

  it('leaves a registration that exists as it is when an authentication fails', async () => {
    await alice.registerAt(lab);
    const unauthorized = await challenge();
    await challenge({ authorization: alice.answer(unauthorized, { response: 'f'.repeat(32) }) });
    expect(lab.scscf.registrations()).toHaveLength(1);
    expect(await stored()).toMatchObject({ state: 'REGISTERED' });
  });

  it('resynchronises with the AUTS of the card', async () => {
    // The card is far ahead of the HSS: another network element used it.
    alice.moveSimTo(1000);
    const unauthorized = await challenge();
    const auts = alice.answer(unauthorized);
    expect(auts).toContain('auts=');
    const renewed = await challenge({ authorization: auts });
    expect(renewed.status).toBe(401);
    expect(lab.scscfCx.mars[1]?.resync?.auts).toHaveLength(14);
    expect((await challenge({ authorization: alice.answer(renewed) })).status).toBe(200);
    expect(lab.trace.notes()).toEqual(['AKA_SYNC_FAILURE', 'REGISTRATION_CREATED']);
  });

  it('gives up after two resynchronisations', async () => {
    const ahead = (): void => alice.moveSimTo(10_000 * (lab.scscfCx.mars.length + 1));
    let answer = await challenge();
    for (let round = 0; round < MAX_RESYNCHRONISATIONS; round += 1) {
      ahead();
      answer = await challenge({ authorization: alice.answer(answer) });
      expect(answer.status).toBe(401);
    }
    ahead();
    answer = await challenge({ authorization: alice.answer(answer) });
    expect(answer.status).toBe(403);
    expect(sarTypes()).toEqual([ServerAssignmentType.AUTHENTICATION_FAILURE]);
  });

  it('refuses an AUTS that is none', async () => {
    const unauthorized = await challenge();
    const authorization = `${alice.answer(unauthorized)}, auts="AAAA"`;
    expect((await challenge({ authorization })).status).toBe(403);
    expect(lab.scscfCx.mars).toHaveLength(1);
  });

  it('gives the challenge up after reg-await-auth', async () => {
    const unauthorized = await challenge();
    expect(await stored()).toMatchObject({ authPending: true });
    await lab.clock.advance(REG_AWAIT_AUTH_MS);
    expect(sarTypes()).toEqual([ServerAssignmentType.AUTHENTICATION_TIMEOUT]);
    expect(await stored()).toMatchObject({ authPending: false, serverName: '' });
    expect(lab.trace.notes()).toEqual(['AKA_CHALLENGE_EXPIRED']);
    const late = await challenge({ authorization: alice.answer(unauthorized) });
    expect(challengeOf(late).get('stale')).toBe('true');
  });

  it('registers a user whose answers overlap once', async () => {
    const unauthorized = await challenge();
    const authorization = alice.answer(unauthorized);
    await lab
      .peer('pcscf')
      .sendTo({ transport: 'TCP', host: '192.0.2.6', port: 6060 }, alice.register({ authorization }));
    await lab.send('scscf', alice.register({ authorization }));
    expect(lab.pcscf.responses.map((response) => response.status)).toEqual([401, 200, 401]);
    expect(sarTypes()).toEqual([ServerAssignmentType.REGISTRATION]);
  });
});
