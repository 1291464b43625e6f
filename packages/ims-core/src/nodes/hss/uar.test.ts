import { describe, expect, it } from 'vitest';
import { answerLine, BOB, hssIn, IMPI, IMPU, type StateName } from '../../../test/kit/hss-lab.ts';
import { createMemoryStore } from '../../../test/kit/memory-store.ts';
import { SeededRandom } from '../../../test/kit/seeded-random.ts';
import { createHss } from './hss.ts';
import { LAB_DOMAIN, seededSubscribers } from './seeded-subscribers.ts';

describe('User-Authorization-Request', () => {
  const request = { userName: IMPI, publicIdentity: IMPU, visitedNetworkIdentifier: LAB_DOMAIN };

  it.each<[StateName, 0 | 1 | 2 | undefined, string]>([
    ['NOT_REGISTERED', undefined, '10415/2001 capabilities'],
    ['NOT_REGISTERED', 0, '10415/2001 capabilities'],
    ['NOT_REGISTERED', 1, '10415/5003'],
    ['NOT_REGISTERED', 2, '2001 capabilities'],
    ['NOT_REGISTERED, name held', undefined, '10415/2002 ours'],
    ['NOT_REGISTERED, name held', 0, '10415/2002 ours'],
    ['NOT_REGISTERED, name held', 1, '10415/5003'],
    ['NOT_REGISTERED, name held', 2, '2001 capabilities'],
    ['auth-pending', undefined, '10415/2002 ours'],
    ['auth-pending', 0, '10415/2002 ours'],
    ['auth-pending', 1, '2001 ours'],
    ['auth-pending', 2, '2001 capabilities'],
    ['REGISTERED', undefined, '10415/2002 ours'],
    ['REGISTERED', 0, '10415/2002 ours'],
    ['REGISTERED', 1, '2001 ours'],
    ['REGISTERED', 2, '2001 capabilities'],
    ['REGISTERED, auth-pending', undefined, '10415/2002 ours'],
    ['REGISTERED, auth-pending', 0, '10415/2002 ours'],
    ['REGISTERED, auth-pending', 1, '2001 ours'],
    ['REGISTERED, auth-pending', 2, '2001 capabilities'],
    ['UNREGISTERED', undefined, '10415/2002 ours'],
    ['UNREGISTERED', 0, '10415/2002 ours'],
    ['UNREGISTERED', 1, '2001 ours'],
    ['UNREGISTERED', 2, '2001 capabilities'],
  ])('in state %s with type %s is answered %s', async (state, type, expected) => {
    const { hss } = await hssIn(state);
    const answer = await hss.userAuthorization({
      ...request,
      ...(type !== undefined && { userAuthorizationType: type }),
    });
    expect(answerLine(answer)).toBe(expected);
  });

  it.each([
    ['an unknown IMPI', { userName: `999@${LAB_DOMAIN}` }, '10415/5001'],
    ['an unknown IMPU', { publicIdentity: `sip:nobody@${LAB_DOMAIN}` }, '10415/5001'],
    ['an IMPU that is no URI', { publicIdentity: '' }, '10415/5001'],
    ["somebody else's IMPU", { publicIdentity: BOB }, '10415/5002'],
    ['a network without roaming agreement', { visitedNetworkIdentifier: 'ims.elsewhere.example' }, '10415/5004'],
    [
      'a network without roaming agreement, capabilities',
      { visitedNetworkIdentifier: 'ims.elsewhere.example', userAuthorizationType: 2 },
      '10415/5004',
    ],
    ['the home network in capitals', { visitedNetworkIdentifier: LAB_DOMAIN.toUpperCase() }, '10415/2001 capabilities'],
    ['an IMPU with port and parameters', { publicIdentity: `${IMPU}:5060;user=phone` }, '10415/2001 capabilities'],
  ] as const)('with %s is answered in the order of the checks', async (_what, change, expected) => {
    const { hss } = await hssIn('NOT_REGISTERED', { visitedNetworks: [LAB_DOMAIN] });
    expect(answerLine(await hss.userAuthorization({ ...request, ...change }))).toBe(expected);
  });

  it.each([
    ['absent', undefined],
    ['empty', { mandatory: [], optional: [], serverNames: [] }],
  ])('leaves Server-Capabilities out when those of the operator are %s: any S-CSCF will do', async (_what, none) => {
    const hss = createHss({
      store: createMemoryStore(),
      random: new SeededRandom(),
      ...(none && { serverCapabilities: none }),
    });
    expect(await hss.userAuthorization(request)).toEqual({ result: { vendor: 10415, code: 2001 } });
    expect(await hss.userAuthorization({ ...request, userAuthorizationType: 2 })).toEqual({
      result: { vendor: 0, code: 2001 },
    });
  });

  it('takes a de-registration from every network', async () => {
    const { hss } = await hssIn('REGISTERED', { visitedNetworks: [LAB_DOMAIN] });
    const answer = await hss.userAuthorization({
      ...request,
      visitedNetworkIdentifier: 'elsewhere.example',
      userAuthorizationType: 1,
    });
    expect(answerLine(answer)).toBe('2001 ours');
  });

  it.each([
    ['all IMPUs of the set are barred', () => true, '5003'],
    ['another IMPU of the set is not barred', (uri: string) => uri === IMPU, '10415/2001'],
  ])('of a barred IMPU is answered by whether %s', async (_what, isBarred, expected) => {
    const seed = seededSubscribers().map(({ subscriber, credentials }) => ({
      subscriber: {
        ...subscriber,
        identities: subscriber.identities.map((identity) => ({ ...identity, barred: isBarred(identity.uri) })),
      },
      credentials,
    }));
    const hss = createHss({ store: createMemoryStore(seed), random: new SeededRandom() });
    expect(answerLine(await hss.userAuthorization(request))).toBe(expected);
  });
});
