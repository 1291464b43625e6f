import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoreLab, D } from '../../../test/kit/core-lab.ts';
import { deskSubscription, PasswordPhone, type PasswordRegister } from '../../../test/kit/password-phone.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { digestResponse, passwordAlgorithms } from '../../protocols/auth/digest.ts';
import { parseAuth } from '../../protocols/sip/auth-params.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipResponse } from '../../protocols/sip/message.ts';
import { header } from '../../protocols/sip/read.ts';
import { seededSubscribers } from '../hss/seeded-subscribers.ts';
import { DIGEST_NONCE_LIFETIME_MS, REG_AWAIT_AUTH_MS } from './config.ts';

let lab: CoreLab;
let desk: PasswordPhone;

const start = (algorithm?: 'MD5' | 'SHA-256') =>
  CoreLab.start({ subscribers: [...seededSubscribers(), deskSubscription(algorithm)] });

beforeEach(async () => {
  lab = await start();
  desk = new PasswordPhone();
});

afterEach(async () => {
  expect(lab.errors).toEqual([]);
  await lab.close();
});

const ask = (options?: PasswordRegister): Promise<SipResponse> => lab.ask('scscf', desk.register(options));
const sarTypes = (): number[] => lab.scscfCx.sars.map((sar) => sar.serverAssignmentType);
const challengeOf = (response: SipResponse): ReadonlyMap<string, string> => {
  const parsed = parseAuth(header(response, 'WWW-Authenticate') ?? '');
  return parsed.ok ? parsed.value.params : new Map();
};
/** Registers; returns the challenge whose nonce is proven then. */
const registered = async (): Promise<SipResponse> => {
  const challenge = await ask();
  expect((await ask({ challenge })).status).toBe(200);
  return challenge;
};

describe('a phone with a password', () => {
  it('is challenged with a nonce of the S-CSCF, and the HSS chooses the scheme when the phone says nothing', async () => {
    const challenge = await ask();
    expect(challenge.status).toBe(401);
    expect(Object.fromEntries(challengeOf(challenge))).toEqual({
      realm: D,
      nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
      algorithm: 'MD5',
      qop: 'auth',
    });
    expect(lab.scscfCx.mars.map((mar) => [mar.userName, mar.authenticationScheme])).toEqual([[desk.impi, 'Unknown']]);
  });

  it.each(passwordAlgorithms)('registers with %s, and the 200 proves the network', async (algorithm) => {
    const other = await start(algorithm);
    const challenge = await other.ask('icscf', desk.register());
    expect(challengeOf(challenge).get('algorithm')).toBe(algorithm);
    const ok = await other.ask('icscf', desk.register({ challenge }));
    expect(ok.status).toBe(200);
    const rspauth = digestResponse({
      algorithm,
      username: desk.impi,
      realm: D,
      password: new TextEncoder().encode('correct horse'),
      method: '',
      uri: `sip:${D}`,
      nonce: challengeOf(challenge).get('nonce') ?? '',
      qop: { nc: '00000001', cnonce: '0a4f113b' },
    });
    expect(header(ok, 'Authentication-Info')).toBe(`qop=auth, rspauth="${rspauth}", cnonce="0a4f113b", nc=00000001`);
    expect(other.scscf.registrations().map(({ impi }) => impi)).toEqual([desk.impi]);
    await other.close();
  });

  it('registers without qop, as phones of RFC 2069 do, and gets no Authentication-Info', async () => {
    const challenge = await ask();
    const ok = await ask({ challenge, qop: false });
    expect([ok.status, header(ok, 'Authentication-Info')]).toEqual([200, undefined]);
    // Without a count nothing tells a repetition from the first use.
    expect((await ask({ challenge, qop: false })).status).toBe(401);
  });

  it('gets no Authentication-Info when it has a card', async () => {
    const ok = await new TestUe('Alice').registerAt(lab);
    expect([ok.status, header(ok, 'Authentication-Info')]).toEqual([200, undefined]);
  });
});

describe('a nonce that was used', () => {
  it('serves again with a higher count: no challenge, no MAR', async () => {
    const challenge = await registered();
    const again = await ask({ challenge, nonceCount: 2 });
    expect(again.status).toBe(200);
    expect(header(again, 'Authentication-Info')).toContain('nc=00000002');
    expect((await ask({ challenge, nonceCount: 0x1f })).status).toBe(200);
    expect(lab.scscfCx.mars).toHaveLength(1);
    expect(sarTypes()).toEqual([
      ServerAssignmentType.REGISTRATION,
      ServerAssignmentType.RE_REGISTRATION,
      ServerAssignmentType.RE_REGISTRATION,
    ]);
  });

  it('serves for the de-registration, which proves the network too', async () => {
    const challenge = await registered();
    const ok = await ask({ challenge, nonceCount: 2, expires: 0 });
    expect([ok.status, header(ok, 'Authentication-Info')?.slice(0, 8)]).toEqual([200, 'qop=auth']);
    expect(lab.scscf.registrations()).toEqual([]);
  });

  it.each([
    ['the same count', 3],
    ['a lower count', 2],
  ])('is stale with %s', async (_name, nonceCount) => {
    const challenge = await registered();
    expect((await ask({ challenge, nonceCount: 3 })).status).toBe(200);
    const refused = await ask({ challenge, nonceCount });
    expect([refused.status, challengeOf(refused).get('stale')]).toEqual([401, 'true']);
    expect(challengeOf(refused).get('nonce')).not.toBe(challengeOf(challenge).get('nonce'));
    expect((await ask({ challenge: refused })).status).toBe(200);
  });

  it('is stale when its time is over', async () => {
    const challenge = await registered();
    for (let hour = 0; hour < 2; hour += 1) {
      await lab.clock.advance(DIGEST_NONCE_LIFETIME_MS / 2);
      const answer = await ask({ challenge, nonceCount: 2 + hour });
      expect([answer.status, challengeOf(answer).get('stale')]).toEqual(hour === 0 ? [200, undefined] : [401, 'true']);
    }
  });

  it.each([
    ['after a de-registration', () => ask({ expires: 0 }).then((challenge) => ask({ challenge, expires: 0 }))],
    ['after a restart of the S-CSCF', () => lab.restartScscf()],
  ])('is stale %s', async (_name, end) => {
    const challenge = await registered();
    await end();
    const refused = await ask({ challenge, nonceCount: 2 });
    expect([refused.status, challengeOf(refused).get('stale')]).toEqual([401, 'true']);
  });

  it('is refused with a wrong response, and the registration stays', async () => {
    const challenge = await registered();
    expect((await ask({ challenge, nonceCount: 2, password: 'wrong' })).status).toBe(403);
    expect(lab.scscf.registrations()).toHaveLength(1);
    expect((await ask({ challenge, nonceCount: 2 })).status).toBe(200);
  });

  it('of somebody else does not serve', async () => {
    const challenge = await registered();
    const alice = new TestUe('Alice');
    const authorization = desk.credentials(challenge, { nonceCount: 2, username: alice.impi });
    const refused = await lab.ask('scscf', alice.register({ authorization }));
    // Alice has a card: SIP Digest is not hers.
    expect(refused.status).toBe(403);
  });
});

describe('a phone that does not prove its password', () => {
  it.each([
    ['a wrong password', { password: 'wrong' }, 'DIGEST_WRONG_RESPONSE'],
    ['an empty response', { overrides: { response: '' } }, 'DIGEST_WRONG_RESPONSE'],
    ['another realm', { overrides: { realm: 'example.org' } }, 'DIGEST_WRONG_RESPONSE'],
    ['qop auth-int', { overrides: { qop: 'auth-int' } }, 'DIGEST_WRONG_RESPONSE'],
    ['another algorithm', { overrides: { algorithm: 'SHA-256' } }, 'DIGEST_CHALLENGE_MISMATCH'],
    ['another Call-ID', { callId: 'other' }, 'DIGEST_CHALLENGE_MISMATCH'],
  ] as const)('is refused with 403: %s', async (_name, wrong, code) => {
    const challenge = await ask();
    const refused = await ask({ challenge, ...wrong });
    expect(refused.status).toBe(403);
    expect(lab.trace.notes()).toEqual([code]);
    expect(sarTypes()).toEqual([ServerAssignmentType.AUTHENTICATION_FAILURE]);
    expect(await lab.store.byImpi(desk.impi)).toMatchObject({ state: 'NOT_REGISTERED', authPending: false });
  });

  it('is refused when it sends an AUTS: it has no card', async () => {
    const challenge = await ask();
    const value = `${desk.credentials(challenge)}, auts="uoU/PBJ83pKqdcZN/CM="`;
    const message = new MessageEdit(desk.register()).set('Authorization', value, 'as a card would').done().message;
    expect((await lab.ask('scscf', message)).status).toBe(403);
    expect(lab.scscfCx.mars).toHaveLength(1);
  });

  it('gets a nonce that is not called stale when the digest over a foreign one is wrong', async () => {
    const foreign = await ask();
    await lab.clock.advance(REG_AWAIT_AUTH_MS);
    expect(lab.trace.notes()).toEqual(['DIGEST_CHALLENGE_EXPIRED']);
    const right = await ask({ challenge: foreign });
    const wrong = await ask({ challenge: foreign, password: 'wrong' });
    expect([right, wrong].map((one) => [one.status, challengeOf(one).get('stale')])).toEqual([
      [401, 'true'],
      [401, undefined],
    ]);
  });

  it.each([
    ['an IMPI that nobody has', { username: `nobody@${D}` }],
    ['the IMPI of somebody else', { username: `001010000000001@${D}` }],
  ])('is refused with 403: %s', async (_name, wrong) => {
    const challenge = await ask();
    const refused = await ask({ challenge, ...wrong });
    expect(refused.status).toBe(403);
    expect(lab.scscf.registrations()).toEqual([]);
  });
});

describe('the scheme', () => {
  it.each([
    ['AKA for a phone with a password', new PasswordPhone(), 'AKAv1-MD5'],
    ['SIP Digest for a phone with a card', new TestUe('Alice'), 'MD5'],
  ] as const)('is refused by the HSS when the phone announces %s', async (_name, phone, algorithm) => {
    const asked = phone.register();
    const value = `Digest username="${phone.impi}", realm="${D}", uri="sip:${D}", nonce="", response="", algorithm=${algorithm}`;
    const announcing = new MessageEdit(asked).set('Authorization', value, 'what it announces').done().message;
    expect((await lab.ask('scscf', announcing)).status).toBe(403);
    expect(lab.scscfCx.mars.map((mar) => mar.authenticationScheme)).toEqual([
      algorithm === 'MD5' ? 'SIP Digest' : 'Digest-AKAv1-MD5',
    ]);
  });
});
