import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { BOB, hssIn, OTHER, OURS, type StateName, stateLine } from '../../../test/kit/hss-lab.ts';
import { createMemoryStore } from '../../../test/kit/memory-store.ts';
import { SeededRandom } from '../../../test/kit/seeded-random.ts';
import milenage from '../../../test/vectors/milenage.json' with { type: 'json' };
import { type Card, createCard } from '../../protocols/auth/card.ts';
import { advanceSqn, sqnFromOctets } from '../../protocols/auth/sqn.ts';
import { makeAuts } from '../../protocols/auth/vector.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import type { HssContext } from './context.ts';
import { createHss } from './hss.ts';
import { LAB_DOMAIN, seededSubscribers } from './seeded-subscribers.ts';

const [alice] = seededSubscribers();
if (alice === undefined) throw new Error('the seed begins with Alice');
const { subscriber, credentials } = alice;
const request = {
  userName: subscriber.impi,
  publicIdentity: `sip:+15550001001@${LAB_DOMAIN}`,
  serverName: `sip:scscf.${LAB_DOMAIN}:6060`,
  authenticationScheme: 'Digest-AKAv1-MD5',
  numberAuthItems: 1,
};

function network(options: Partial<HssContext> = {}) {
  const store = createMemoryStore();
  const hss = createHss({ store, random: new SeededRandom(7), ...options });
  const challenge = async (resync?: { rand: Uint8Array; auts: Uint8Array }) => {
    const { result, authDataItems } = await hss.multimediaAuth({ ...request, ...(resync && { resync }) });
    const [item] = authDataItems;
    if (item?.authenticationScheme !== 'Digest-AKAv1-MD5') throw new Error(`no vector: ${cxResultKey(result)}`);
    return { ...item, rand: item.authenticate.slice(0, 16), autn: item.authenticate.slice(16) };
  };
  return { store, hss, challenge };
}

function aliceCard(): Card {
  return createCard({
    imsi: subscriber.imsi,
    impi: subscriber.impi,
    impus: subscriber.identities.map(({ uri }) => uri),
    domain: LAB_DOMAIN,
    ...credentials,
  });
}

describe('vectors of the HSS', () => {
  it('are accepted by the card, and both sides have the same RES, CK and IK', async () => {
    const { challenge } = network();
    const { rand, autn, authorization, confidentialityKey, integrityKey } = await challenge();
    expect(aliceCard().authenticate(rand, autn)).toEqual({
      kind: 'ok',
      res: authorization,
      ck: confidentialityKey,
      ik: integrityKey,
    });
  });

  it('serve 2 000 registrations of one card without a failure, those with 00 in RES included', async () => {
    const { challenge } = network();
    const card = aliceCard();
    let withZeroOctet = 0;
    for (let registration = 0; registration < 2_000; registration += 1) {
      const { rand, autn, authorization } = await challenge();
      const result = card.authenticate(rand, autn);
      if (result.kind !== 'ok') throw new Error(`registration ${registration}: ${result.kind}`);
      expect(bytesToHex(result.res)).toBe(bytesToHex(authorization));
      if (authorization.includes(0)) withZeroOctet += 1;
    }
    // 8 octets, each 00 once in 256 times: about 62 of 2 000.
    expect(withZeroOctet).toBeGreaterThan(30);
  });

  it('have no 00 in RES when the policy asks for that', async () => {
    const { challenge } = network({ acceptVector: ({ xres }) => !xres.includes(0) });
    for (let count = 0; count < 300; count += 1) expect((await challenge()).authorization).not.toContain(0);
  });

  it('are refused, not searched for without end, when the policy accepts none', async () => {
    const { hss, store } = network({ acceptVector: () => false });
    await expect(hss.multimediaAuth(request)).rejects.toThrow('no vector was accepted');
    expect((await store.byImpi(subscriber.impi))?.authPending).toBe(false);
  });
});

describe('resynchronisation at the HSS', () => {
  it('goes on from the SQN of a card that is ahead', async () => {
    const { store, challenge } = network();
    const card = aliceCard();
    await store.resetSqn(subscriber.imsi, 1_000n * 32n);
    const ahead = await challenge();
    expect(card.authenticate(ahead.rand, ahead.autn).kind).toBe('ok');

    await store.resetSqn(subscriber.imsi, 0n);
    const behind = await challenge();
    // Cell IND 1 of the card holds SEQ 1001: the HSS begins again at SEQ 1, IND 1.
    const failure = card.authenticate(behind.rand, behind.autn);
    if (failure.kind !== 'sync-failure') throw new Error(`expected a sync failure, not ${failure.kind}`);

    const fresh = await challenge({ rand: behind.rand, auts: failure.auts });
    expect(card.authenticate(fresh.rand, fresh.autn).kind).toBe('ok');
    expect(await store.nextSqn(subscriber.imsi)).toBe(advanceSqn(1_001n * 32n + 1n, 2));
  });

  it('gives the documented vector after the documented AUTS', async () => {
    const { resync, sets } = milenage;
    const [set1] = sets;
    if (set1 === undefined) throw new Error('milenage.json has no sets');
    const key = { k: hexToBytes(set1.k), opc: hexToBytes(set1.opc), amf: hexToBytes(resync.after.amf) };
    const store = createMemoryStore([{ subscriber, credentials: key }]);
    const hss = createHss({ store, random: { bytes: () => hexToBytes(resync.after.rand) } });
    await store.updateRegistration(subscriber.imsi, { serverName: request.serverName, authPending: true });
    await store.resetSqn(subscriber.imsi, sqnFromOctets(hexToBytes(resync.sqn_he_in_challenge)));

    const sipAuthorization = hexToBytes(resync.cx_sip_authorization_hex);
    const { result, authDataItems } = await hss.multimediaAuth({
      ...request,
      resync: { rand: sipAuthorization.slice(0, 16), auts: sipAuthorization.slice(16) },
    });
    expect(cxResultKey(result)).toBe('2001');
    expect(authDataItems).toEqual([
      {
        itemNumber: 1,
        authenticationScheme: 'Digest-AKAv1-MD5',
        authenticate: hexToBytes(resync.after.rand + resync.after.autn),
        authorization: hexToBytes(resync.after.xres),
        confidentialityKey: hexToBytes(resync.after.ck),
        integrityKey: hexToBytes(resync.after.ik),
      },
    ]);
  });

  it('never moves back for an AUTS that comes a second time', async () => {
    const { store, challenge } = network();
    const first = await challenge();
    const auts = makeAuts(credentials, first.rand, 0n);
    for (let count = 0; count < 100; count += 1) await challenge();
    const before = await store.nextSqn(subscriber.imsi);
    await challenge({ rand: first.rand, auts });
    expect(await store.nextSqn(subscriber.imsi)).toBe(advanceSqn(before, 2));
  });

  it.each([
    ['an AUTS that the card did not make', { auts: new Uint8Array(14) }],
    ['an AUTS that is too short', { auts: new Uint8Array(13) }],
    ['no AUTS', { auts: new Uint8Array() }],
    ['a RAND that is too short', { rand: new Uint8Array(15) }],
  ])('with %s is answered 5012 and moves nothing', async (_what, change) => {
    const { hss, store, challenge } = network();
    const { rand } = await challenge();
    const auts = makeAuts(credentials, rand, 5_000n);
    const answer = await hss.multimediaAuth({ ...request, resync: { rand, auts, ...change } });
    expect(answer).toEqual({ result: { vendor: 0, code: 5012 }, authDataItems: [] });
    expect(await store.nextSqn(subscriber.imsi)).toBe(64n + 1n);
  });

  it.each([
    ['another S-CSCF than the one that challenged', 'sip:other.example'],
    ['something that is no URI', ''],
  ])('from %s is answered 5012', async (_what, serverName) => {
    const { hss, challenge } = network();
    const { rand } = await challenge();
    const auts = makeAuts(credentials, rand, 5_000n);
    const answer = await hss.multimediaAuth({ ...request, serverName, resync: { rand, auts } });
    expect(answer).toEqual({ result: { vendor: 0, code: 5012 }, authDataItems: [] });
  });
});

describe('Multimedia-Auth-Request', () => {
  it.each<[StateName, string, string]>([
    ['NOT_REGISTERED', OURS, 'NOT_REGISTERED ours pending'],
    ['NOT_REGISTERED, name held', OTHER, 'NOT_REGISTERED other pending'],
    ['auth-pending', OTHER, 'NOT_REGISTERED other pending'],
    ['UNREGISTERED', OURS, 'UNREGISTERED ours pending'],
    ['UNREGISTERED', OTHER, 'UNREGISTERED other pending'],
    ['REGISTERED', OURS, 'REGISTERED ours'],
    ['REGISTERED', OURS.replace('scscf', 'SCSCF'), 'REGISTERED ours'],
    ['REGISTERED', OTHER, 'REGISTERED other pending'],
  ])('in state %s from %s leaves %s', async (state, serverName, expected) => {
    const { hss, store } = await hssIn(state);
    const answer = await hss.multimediaAuth({ ...request, serverName });
    expect(cxResultKey(answer.result)).toBe('2001');
    expect(answer.authDataItems).toHaveLength(1);
    expect(await stateLine(store)).toBe(expected);
  });

  it.each([
    ['an unknown IMPI', { userName: `999@${LAB_DOMAIN}` }, '10415/5001'],
    ['an unknown IMPU', { publicIdentity: 'tel:+19999' }, '10415/5001'],
    ["somebody else's IMPU", { publicIdentity: BOB }, '10415/5002'],
    ['a scheme it does not have', { authenticationScheme: 'SIP Digest' }, '10415/5006'],
    ['no scheme chosen yet', { authenticationScheme: 'Unknown' }, '2001'],
  ])('with %s is answered in the order of the checks', async (_what, change, expected) => {
    const { hss, store } = await hssIn('NOT_REGISTERED');
    const answer = await hss.multimediaAuth({ ...request, ...change });
    expect(cxResultKey(answer.result)).toBe(expected);
    expect(answer.authDataItems.length).toBe(expected === '2001' ? 1 : 0);
    expect(await stateLine(store)).toBe(expected === '2001' ? 'NOT_REGISTERED ours pending' : 'NOT_REGISTERED nobody');
  });

  it.each([
    [0, 1],
    [1, 1],
    [3, 3],
    [5, 5],
    [1_000_000, 5],
  ])('for %i vectors gives %i', async (asked, given) => {
    const { hss } = await hssIn('NOT_REGISTERED');
    const { authDataItems } = await hss.multimediaAuth({ ...request, numberAuthItems: asked });
    expect(authDataItems.map(({ itemNumber }) => itemNumber)).toEqual(Array.from({ length: given }, (_, i) => i + 1));
    const challenges = authDataItems.map((item) => 'authenticate' in item && item.authenticate.join());
    expect(new Set(challenges).size).toBe(given);
  });
});
