import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../test/kit/memory-store.ts';
import { SeededRandom } from '../../../test/kit/seeded-random.ts';
import vectors from '../../../test/vectors/digest.json' with { type: 'json' };
import type { NewSubscription } from '../../ports/subscriber-store.ts';
import { digestHa1 } from '../../protocols/auth/ha1.ts';
import { createHss } from './hss.ts';
import { LAB_DOMAIN, seededSubscribers } from './seeded-subscribers.ts';

const { username, realm, password } = vectors.sipDigestMd5;
const OURS = `sip:scscf.${LAB_DOMAIN}:6060`;
const IMPU = `sip:desk@${LAB_DOMAIN}`;
const HA1 = digestHa1('MD5', { username, realm, password });

/** A phone on the desk: a password in place of a card. */
const desk: NewSubscription = {
  subscriber: {
    imsi: '001010000000099',
    impi: username,
    name: 'Desk',
    identities: [{ uri: IMPU, barred: false, displayName: 'Desk', identityType: 0 }],
    authenticationScheme: 'SIP Digest',
    initialFilterCriteria: [],
    state: 'NOT_REGISTERED',
    serverName: '',
    authPending: false,
  },
  digestCredentials: { realm, algorithm: 'MD5', ha1: HA1 },
};

function network(subscriptions: readonly NewSubscription[] = [...seededSubscribers(), desk]) {
  const store = createMemoryStore(subscriptions);
  const hss = createHss({ store, random: new SeededRandom() });
  const ask = (change: object) =>
    hss.multimediaAuth({
      userName: username,
      publicIdentity: IMPU,
      serverName: OURS,
      authenticationScheme: 'SIP Digest',
      numberAuthItems: 1,
      ...change,
    });
  return { store, ask };
}

describe('the HSS for a subscription with a password', () => {
  it.each([
    ['SIP Digest', 1],
    ['Unknown', 1],
    ['SIP Digest', 5],
  ])('gives one item when %s is asked for %i times, and the S-CSCF is the user’s', async (scheme, count) => {
    const { store, ask } = network();
    expect(await ask({ authenticationScheme: scheme, numberAuthItems: count })).toEqual({
      result: { vendor: 0, code: 2001 },
      userName: username,
      publicIdentity: IMPU,
      authDataItems: [
        {
          itemNumber: 1,
          authenticationScheme: 'SIP Digest',
          digest: { realm, algorithm: 'MD5', qop: 'auth', ha1: HA1 },
        },
      ],
    });
    expect(await store.byImpi(username)).toMatchObject({ serverName: OURS, authPending: true });
  });

  it.each([
    ['the scheme of a card', {}, 'Digest-AKAv1-MD5', { vendor: 10415, code: 5006 }],
    ['a scheme that nobody has', {}, 'NASS-Bundled', { vendor: 10415, code: 5006 }],
    ['a scheme in other letters', {}, 'sip digest', { vendor: 10415, code: 5006 }],
    [
      'SIP Digest for a card',
      { userName: `001010000000001@${LAB_DOMAIN}`, publicIdentity: 'tel:+15550001001' },
      'SIP Digest',
      { vendor: 10415, code: 5006 },
    ],
  ])('refuses %s and changes nothing', async (_what, identities, authenticationScheme, result) => {
    const { store, ask } = network();
    expect(await ask({ ...identities, authenticationScheme })).toEqual({ result, authDataItems: [] });
    expect((await store.list()).every(({ serverName }) => serverName === '')).toBe(true);
  });

  it.each<[string, NewSubscription, object]>([
    ['no password is stored', { subscriber: desk.subscriber }, {}],
    ['a card is said to have lost its place', desk, { resync: { rand: new Uint8Array(16), auts: new Uint8Array(14) } }],
  ])('cannot comply when %s', async (_what, subscription, change) => {
    const { ask } = network([subscription]);
    expect(await ask(change)).toEqual({ result: { vendor: 0, code: 5012 }, authDataItems: [] });
  });
});
