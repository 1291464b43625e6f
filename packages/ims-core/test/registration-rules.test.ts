import { afterEach, describe, expect, it } from 'vitest';
import { REG_AWAIT_AUTH_MS } from '../src/nodes/scscf/config.ts';
import { ServerAssignmentType } from '../src/ports/cx-client.ts';
import { decodeBase64, encodeBase64 } from '../src/protocols/auth/base64.ts';
import { parseAuth } from '../src/protocols/sip/auth-params.ts';
import type { SipResponse } from '../src/protocols/sip/message.ts';
import { header, headerValues } from '../src/protocols/sip/read.ts';
import { CoreLab, type CoreLabOptions, D, withBarred } from './kit/core-lab.ts';
import { type RegisterOptions, TestUe } from './kit/test-ue.ts';

interface Registrar {
  readonly lab: CoreLab;
  readonly alice: TestUe;
  /** A REGISTER straight to the S-CSCF. */
  readonly ask: (options?: RegisterOptions) => Promise<SipResponse>;
}

interface Rule {
  readonly clause: string;
  readonly sentence: string;
  readonly lab?: CoreLabOptions;
  readonly check: (registrar: Registrar) => Promise<void>;
}

const contactsOf = (response: SipResponse): readonly string[] => headerValues(response, 'Contact');
const sarTypes = (lab: CoreLab): readonly number[] => lab.scscfCx.sars.map((sar) => sar.serverAssignmentType);
const algorithmOf = (response: SipResponse): string | undefined => {
  const parsed = parseAuth(header(response, 'WWW-Authenticate') ?? '');
  return parsed.ok ? parsed.value.params.get('algorithm') : undefined;
};
const flow = (device: string, regId: number): string =>
  `<sip:${device}${regId}@phone.invalid;transport=ws>;+sip.instance="<urn:uuid:${device}>";reg-id=${regId}`;

const algorithmRules: readonly Rule[] = [
  {
    clause: 'TS 24.229 5.4.1.2.1',
    sentence: 'an announced AKA version that the operator has is the one of the challenge',
    lab: { akaAlgorithms: ['AKAv1-MD5', 'AKAv2-SHA-256'] },
    check: async ({ lab }) => {
      const phone = new TestUe('Bob', { algorithm: 'AKAv2-SHA-256' });
      expect(algorithmOf(await lab.ask('scscf', phone.register()))).toBe('AKAv2-SHA-256');
    },
  },
  {
    clause: 'TS 24.229 5.4.1.2.1',
    sentence: "an announced AKA version that the operator has not is answered with the operator's first",
    lab: { akaAlgorithms: ['AKAv2-SHA-256', 'AKAv2-MD5'] },
    check: async ({ alice, ask }) => {
      const unauthorized = await ask();
      expect(algorithmOf(unauthorized)).toBe('AKAv2-SHA-256');
      expect((await ask({ authorization: alice.answer(unauthorized) })).status).toBe(200);
    },
  },
  {
    clause: 'TS 24.229 5.4.1.1, TS 33.203 X.2.3',
    sentence: 'a REGISTER that is tls-connected and answers no challenge is challenged, also of a registered user',
    check: async ({ lab, alice, ask }) => {
      await alice.registerAt(lab);
      const authorization = alice.announcement().replace('protected="no"', 'protected="tls-connected"');
      expect((await ask({ authorization })).status).toBe(401);
      expect(lab.scscf.registrations()).toHaveLength(1);
    },
  },
];

const challengeRules: readonly Rule[] = [
  {
    clause: 'TS 24.229 5.4.1.2.1',
    sentence: 'a challenge that is not answered ends no registration',
    check: async ({ lab, alice, ask }) => {
      await alice.registerAt(lab);
      await ask();
      await lab.clock.advance(REG_AWAIT_AUTH_MS);
      expect(sarTypes(lab)).toEqual([ServerAssignmentType.REGISTRATION, ServerAssignmentType.AUTHENTICATION_TIMEOUT]);
      expect(lab.scscf.registrations()).toHaveLength(1);
      expect(await lab.store.byImpi(alice.impi)).toMatchObject({ state: 'REGISTERED', authPending: false });
    },
  },
  {
    clause: 'TS 33.102 §6.3.5',
    sentence: 'an AUTS that the card did not make moves nothing at the HSS, and is answered with 480',
    check: async ({ alice, ask }) => {
      alice.moveSimTo(1000);
      const unauthorized = await ask();
      const authorization = alice.answer(unauthorized).replace(/auts="([^"]*)"/, (_, auts: string) => {
        const octets = decodeBase64(auts) ?? new Uint8Array();
        return `auts="${encodeBase64(octets.map((octet, index) => (index === 13 ? octet ^ 1 : octet)))}"`;
      });
      const refused = await ask({ authorization });
      expect([refused.status, header(refused, 'Retry-After')]).toEqual([480, '10']);
    },
  },
  {
    clause: 'TS 33.203 §6.1.1',
    sentence: 'a wrong response ends in 403, and the same nonce then in a new challenge: no endless 401',
    check: async ({ alice, ask }) => {
      const unauthorized = await ask();
      const right = alice.answer(unauthorized);
      const wrong = right.replace(/response="[0-9a-f]*"/, `response="${'0'.repeat(32)}"`);
      expect((await ask({ authorization: wrong })).status).toBe(403);
      expect((await ask({ authorization: right })).status).toBe(401);
    },
  },
];

const bindingRules: readonly Rule[] = [
  {
    clause: 'RFC 3261 §10.3 step 7',
    sentence: 'each contact gets the time that it wants, at most the longest of the operator',
    check: async ({ lab, alice }) => {
      const contact = [`${flow('a', 1)};expires=600`, `${flow('b', 1)};expires=999999`, flow('c', 1)];
      const ok = await alice.registerAt(lab, { contact, expires: 1200 });
      expect(contactsOf(ok).map((one) => /;expires=(\d+)/.exec(one)?.[1])).toEqual(['600', '3600', '1200']);
    },
  },
  {
    clause: 'RFC 3261 §10.3 step 8',
    sentence: 'the 200 lists all contacts of the user with their parameters',
    check: async ({ lab, alice }) => {
      await alice.registerAt(lab, { contact: [`${flow('a', 1)};q=0.5;audio`] });
      const ok = await alice.registerAt(lab, { contact: [flow('b', 1)] });
      expect(contactsOf(ok).map((one) => one.replace(/;expires=\d+/, ''))).toEqual([
        `${flow('a', 1)};q=0.5;audio`,
        flow('b', 1),
      ]);
    },
  },
  {
    clause: 'RFC 5626 §6',
    sentence: 'a second flow of a device stands beside the first; the same flow is replaced',
    check: async ({ lab, alice }) => {
      await alice.registerAt(lab, { contact: [flow('a', 1)] });
      await alice.registerAt(lab, { contact: [flow('a', 2)] });
      const moved = flow('a', 2).replace('sip:a2@', 'sip:moved@');
      const ok = await alice.registerAt(lab, { contact: [moved] });
      expect(contactsOf(ok).map((one) => one.slice(0, one.indexOf('@')))).toEqual(['<sip:a1', '<sip:moved']);
    },
  },
  {
    clause: 'RFC 3261 §10.3 step 7',
    sentence: 'a CSeq that is not higher under the same Call-ID changes nothing',
    check: async ({ lab, alice, ask }) => {
      await alice.registerAt(lab, { cseq: 50 });
      const unauthorized = await ask({ cseq: 49, expires: 600 });
      const refused = await ask({ cseq: 50, expires: 600, authorization: alice.answer(unauthorized) });
      expect(refused.status).toBe(500);
      expect(lab.scscf.registrations().map((view) => view.expiresInS)).toEqual([3600]);
    },
  },
];

const identityRules: readonly Rule[] = [
  {
    clause: 'TS 29.228 §6.5.1.1',
    sentence: 'the default identity goes first, whichever of the set was registered',
    check: async ({ lab, alice }) => {
      const ok = await alice.registerAt(lab, { to: `sip:alice@${D}` });
      expect(headerValues(ok, 'P-Associated-URI')[0]).toBe(`<${alice.impu}>`);
      expect(headerValues(ok, 'P-Associated-URI')).toContain(`<sip:alice@${D}>`);
    },
  },
  {
    clause: 'TS 24.229 5.4.1.2.2',
    sentence: 'a barred identity may register its set, and is not told to the UE',
    lab: { subscribers: withBarred('Alice', (uri) => uri.startsWith('sip:001')) },
    check: async ({ lab, alice }) => {
      const ok = await alice.registerAt(lab, { to: `sip:${alice.impi}` });
      expect([ok.status, headerValues(ok, 'P-Associated-URI').length]).toEqual([200, 3]);
      expect(header(ok, 'P-Associated-URI')).not.toContain('001010');
    },
  },
  {
    clause: 'TS 29.228 §6.1.1.1 step 4',
    sentence: 'a set of which every identity is barred does not register: 403',
    lab: { subscribers: withBarred('Alice', () => true) },
    check: async ({ lab, alice }) => {
      expect((await alice.registerAt(lab)).status).toBe(403);
      expect(lab.scscfCx.mars).toEqual([]);
    },
  },
  {
    clause: 'TS 29.228 §6.1.1.1 step 3',
    sentence: 'the public identity of somebody else does not register: 403',
    check: async ({ lab, alice }) => {
      expect((await alice.registerAt(lab, { to: new TestUe('Bob').impu })).status).toBe(403);
      expect(lab.scscfCx.mars).toEqual([]);
    },
  },
  {
    clause: 'TS 24.229 5.4.1.4.1',
    sentence: 'one identity of the set that is de-registered ends the whole set',
    check: async ({ lab, alice }) => {
      await alice.registerAt(lab);
      expect((await alice.registerAt(lab, { to: `sip:alice@${D}`, expires: 0 })).status).toBe(200);
      expect(lab.scscf.registrations()).toEqual([]);
      expect(await lab.store.byImpi(alice.impi)).toMatchObject({ state: 'NOT_REGISTERED', serverName: '' });
    },
  },
];

let lab: CoreLab | undefined;
afterEach(async () => {
  expect(lab?.errors).toEqual([]);
  await lab?.close();
});

describe.each([
  ['the algorithm', algorithmRules],
  ['challenges', challengeRules],
  ['contacts', bindingRules],
  ['identities', identityRules],
] as const)('the rules of a registration: %s', (_subject, rules) => {
  it.each(rules.map((rule) => [rule.sentence, rule.clause, rule] as const))(
    '%s (%s)',
    async (_sentence, _clause, rule) => {
      const started = await CoreLab.start(rule.lab);
      lab = started;
      const alice = new TestUe('Alice');
      await rule.check({ lab: started, alice, ask: (options) => started.ask('scscf', alice.register(options)) });
    },
  );
});
