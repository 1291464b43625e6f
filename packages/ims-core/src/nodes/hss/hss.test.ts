import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../test/kit/memory-store.ts';
import { SeededRandom } from '../../../test/kit/seeded-random.ts';
import { type CxResult, ServerAssignmentType } from '../../ports/cx-client.ts';
import type { InitialFilterCriterion } from '../../ports/service-profile.ts';
import type { RegistrationUpdate, SubscriberStore } from '../../ports/subscriber-store.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { parseUserData } from '../../protocols/cx/user-data.ts';
import type { HssContext } from './context.ts';
import { createHss } from './hss.ts';
import { LAB_DOMAIN, seededSubscribers } from './seeded-subscribers.ts';

const IMSI = '001010000000001';
const IMPI = `${IMSI}@${LAB_DOMAIN}`;
const IMPU = `sip:+15550001001@${LAB_DOMAIN}`;
const BOB = `sip:+15550001002@${LAB_DOMAIN}`;
const TEL = 'tel:+15550001001';
const OURS = `sip:scscf.${LAB_DOMAIN}:6060`;
const OTHER = 'sip:other.example:6060';
const CAPABILITIES = { mandatory: [1], optional: [2], serverNames: [] };
const CRITERION: InitialFilterCriterion = {
  priority: 1,
  applicationServer: {
    serverName: 'sip:as.example',
    defaultHandling: 'SESSION_CONTINUED',
    includeRegisterRequest: false,
    includeRegisterResponse: false,
  },
};

/** States that a subscription can be in, by the name the tables use. */
const STATES = {
  NOT_REGISTERED: {},
  'NOT_REGISTERED, name held': { serverName: OURS },
  'auth-pending': { serverName: OURS, authPending: true },
  REGISTERED: { state: 'REGISTERED', serverName: OURS },
  'REGISTERED, auth-pending': { state: 'REGISTERED', serverName: OURS, authPending: true },
  UNREGISTERED: { state: 'UNREGISTERED', serverName: OURS },
} as const satisfies Record<string, RegistrationUpdate>;
type StateName = keyof typeof STATES;

async function hssIn(
  state: StateName,
  options: Partial<HssContext> = {},
  criteria: readonly InitialFilterCriterion[] = [],
) {
  const store = createMemoryStore();
  await store.setInitialFilterCriteria(IMSI, criteria);
  await store.updateRegistration(IMSI, STATES[state]);
  const hss = createHss({ store, random: new SeededRandom(), serverCapabilities: CAPABILITIES, ...options });
  return { hss, store };
}

/** The registration part of a stored subscription, as one line: `REGISTERED ours pending`. */
async function stateLine(store: SubscriberStore): Promise<string> {
  const stored = await store.byImsi(IMSI);
  const name = stored?.serverName === OURS ? 'ours' : stored?.serverName === OTHER ? 'other' : stored?.serverName;
  return `${stored?.state} ${name === '' ? 'nobody' : name}${stored?.authPending ? ' pending' : ''}`;
}

/** Result, then S-CSCF name or capabilities when the answer has them: `10415/2002 ours`. */
function answerLine(answer: { result: CxResult; serverName?: string; serverCapabilities?: object }): string {
  const name = answer.serverName === undefined ? '' : answer.serverName === OURS ? ' ours' : ` ${answer.serverName}`;
  return `${cxResultKey(answer.result)}${name}${answer.serverCapabilities ? ' capabilities' : ''}`;
}

describe('User-Authorization-Request', () => {
  const request = { userName: IMPI, publicIdentity: IMPU, visitedNetworkIdentifier: LAB_DOMAIN };

  it.each<[StateName, 0 | 1 | 2 | undefined, string]>([
    ['NOT_REGISTERED', undefined, '10415/2001 capabilities'],
    ['NOT_REGISTERED', 0, '10415/2001 capabilities'],
    ['NOT_REGISTERED', 1, '10415/5003'],
    ['NOT_REGISTERED', 2, '2001 capabilities'],
    ['NOT_REGISTERED, name held', 0, '10415/2002 ours'],
    ['NOT_REGISTERED, name held', 1, '10415/5003'],
    ['auth-pending', 0, '10415/2002 ours'],
    ['auth-pending', 1, '2001 ours'],
    ['auth-pending', 2, '2001 capabilities'],
    ['REGISTERED', 0, '10415/2002 ours'],
    ['REGISTERED', 1, '2001 ours'],
    ['REGISTERED', 2, '2001 capabilities'],
    ['UNREGISTERED', 0, '10415/2002 ours'],
    ['UNREGISTERED', 1, '2001 ours'],
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

describe('Multimedia-Auth-Request', () => {
  const request = {
    userName: IMPI,
    publicIdentity: IMPU,
    serverName: OURS,
    authenticationScheme: 'Digest-AKAv1-MD5',
    numberAuthItems: 1,
  };

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

describe('Server-Assignment-Request', () => {
  const type = ServerAssignmentType;
  const request = {
    userName: IMPI,
    publicIdentities: [IMPU],
    serverName: OURS,
    userDataAlreadyAvailable: false,
  };

  it.each<[keyof typeof type, StateName, string, string, string]>([
    ['REGISTRATION', 'auth-pending', OURS, '2001', 'REGISTERED ours'],
    ['REGISTRATION', 'NOT_REGISTERED', OURS, '2001', 'REGISTERED ours'],
    ['REGISTRATION', 'UNREGISTERED', OURS, '2001', 'REGISTERED ours'],
    ['REGISTRATION', 'auth-pending', OTHER, '10415/5005 ours', 'NOT_REGISTERED ours pending'],
    ['RE_REGISTRATION', 'REGISTERED', OURS, '2001', 'REGISTERED ours'],
    ['RE_REGISTRATION', 'REGISTERED, auth-pending', OURS, '2001', 'REGISTERED ours'],
    ['RE_REGISTRATION', 'REGISTERED', OTHER, '10415/5005 ours', 'REGISTERED ours'],
    ['UNREGISTERED_USER', 'NOT_REGISTERED', OURS, '2001', 'UNREGISTERED ours'],
    ['UNREGISTERED_USER', 'UNREGISTERED', OURS, '2001', 'UNREGISTERED ours'],
    ['UNREGISTERED_USER', 'REGISTERED', OURS, '2001', 'UNREGISTERED ours'],
    ['UNREGISTERED_USER', 'UNREGISTERED', OTHER, '10415/5005 ours', 'UNREGISTERED ours'],
    ['NO_ASSIGNMENT', 'REGISTERED', OURS, '2001', 'REGISTERED ours'],
    ['NO_ASSIGNMENT', 'REGISTERED', OTHER, '5012', 'REGISTERED ours'],
    ['NO_ASSIGNMENT', 'NOT_REGISTERED', OURS, '5012', 'NOT_REGISTERED nobody'],
    ['TIMEOUT_DEREGISTRATION', 'REGISTERED', OURS, '2001', 'NOT_REGISTERED nobody'],
    ['USER_DEREGISTRATION', 'REGISTERED', OURS, '2001', 'NOT_REGISTERED nobody'],
    ['USER_DEREGISTRATION', 'REGISTERED', OTHER, '5012', 'REGISTERED ours'],
    ['USER_DEREGISTRATION', 'UNREGISTERED', OURS, '2001', 'NOT_REGISTERED nobody'],
    ['ADMINISTRATIVE_DEREGISTRATION', 'REGISTERED', OURS, '2001', 'NOT_REGISTERED nobody'],
    ['DEREGISTRATION_TOO_MUCH_DATA', 'REGISTERED', OURS, '2001', 'NOT_REGISTERED nobody'],
    ['TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME', 'REGISTERED', OURS, '2001', 'UNREGISTERED ours'],
    ['USER_DEREGISTRATION_STORE_SERVER_NAME', 'REGISTERED', OURS, '2001', 'UNREGISTERED ours'],
    ['USER_DEREGISTRATION_STORE_SERVER_NAME', 'REGISTERED', OTHER, '5012', 'REGISTERED ours'],
    ['AUTHENTICATION_FAILURE', 'auth-pending', OURS, '2001', 'NOT_REGISTERED nobody'],
    ['AUTHENTICATION_FAILURE', 'REGISTERED, auth-pending', OURS, '2001', 'REGISTERED ours'],
    ['AUTHENTICATION_TIMEOUT', 'auth-pending', OURS, '2001', 'NOT_REGISTERED nobody'],
    ['AUTHENTICATION_TIMEOUT', 'UNREGISTERED', OURS, '2001', 'UNREGISTERED ours'],
  ])('%s in state %s from %s is answered %s and leaves %s', async (name, state, serverName, expected, left) => {
    const { hss, store } = await hssIn(state);
    const answer = await hss.serverAssignment({ ...request, serverName, serverAssignmentType: type[name] });
    expect(answerLine(answer)).toBe(expected);
    expect(await stateLine(store)).toBe(left);
  });

  it('does not keep the S-CSCF of a de-registered user when the policy is against it', async () => {
    const { hss, store } = await hssIn('REGISTERED', { keepsServerName: false });
    const answer = await hss.serverAssignment({
      ...request,
      serverAssignmentType: type.USER_DEREGISTRATION_STORE_SERVER_NAME,
    });
    expect(answerLine(answer)).toBe('10415/2004');
    expect(await stateLine(store)).toBe('NOT_REGISTERED nobody');
  });

  it.each<[string, { userName?: string; publicIdentities: string[] }, ServerAssignmentType, string]>([
    ['no identity at all', { publicIdentities: [] }, type.USER_DEREGISTRATION, '5005'],
    ['an unknown IMPI', { userName: `9@${LAB_DOMAIN}`, publicIdentities: [IMPU] }, type.REGISTRATION, '10415/5001'],
    ['an unknown IMPU', { userName: IMPI, publicIdentities: ['sip:x@y'] }, type.REGISTRATION, '10415/5001'],
    ['one unknown IMPU of two', { publicIdentities: [IMPU, 'sip:x@y'] }, type.USER_DEREGISTRATION, '10415/5001'],
    ["somebody else's IMPU", { userName: IMPI, publicIdentities: [BOB] }, type.REGISTRATION, '10415/5002'],
    ['IMPUs of two users', { publicIdentities: [IMPU, BOB] }, type.USER_DEREGISTRATION, '10415/5002'],
    ['two IMPUs to register', { userName: IMPI, publicIdentities: [IMPU, TEL] }, type.REGISTRATION, '5009'],
    ['no IMPU to register', { userName: IMPI, publicIdentities: [] }, type.REGISTRATION, '5005'],
    ['two IMPUs to de-register', { userName: IMPI, publicIdentities: [IMPU, TEL] }, type.USER_DEREGISTRATION, '2001'],
    ['only the IMPI to de-register', { userName: IMPI, publicIdentities: [] }, type.USER_DEREGISTRATION, '2001'],
    ['only the IMPU to register', { publicIdentities: [IMPU] }, type.REGISTRATION, '2001'],
  ])('with %s is answered in the order of the checks', async (_what, identities, serverAssignmentType, expected) => {
    const { hss, store } = await hssIn('REGISTERED');
    const answer = await hss.serverAssignment({
      ...identities,
      serverName: OURS,
      userDataAlreadyAvailable: false,
      serverAssignmentType,
    });
    expect(cxResultKey(answer.result)).toBe(expected);
    if (expected !== '2001') expect(await stateLine(store)).toBe('REGISTERED ours');
  });

  it('hands out the whole implicit registration set, its services and the charging functions', async () => {
    const chargingInformation = { primaryCcf: 'aaa://cdf.example:3868' };
    const { hss } = await hssIn('auth-pending', { chargingInformation }, [CRITERION]);
    const answer = await hss.serverAssignment({ ...request, serverAssignmentType: type.REGISTRATION });
    expect(answer).toMatchObject({ userName: IMPI, chargingInformation });
    const common = { barred: false, identityType: 0, displayName: 'Alice' };
    expect(parseUserData(answer.userData ?? '')).toEqual({
      ok: true,
      value: {
        privateId: IMPI,
        serviceProfiles: [
          {
            publicIdentities: [
              { ...common, identity: IMPU, aliasGroup: '1' },
              { ...common, identity: 'tel:+15550001001', aliasGroup: '1' },
              { ...common, identity: `sip:alice@${LAB_DOMAIN}` },
              { ...common, identity: `sip:${IMSI}@${LAB_DOMAIN}` },
            ],
            initialFilterCriteria: [CRITERION],
            sharedIfcSetIds: [],
          },
        ],
      },
    });
  });

  it('leaves the profile out when the S-CSCF has it', async () => {
    const { hss } = await hssIn('REGISTERED');
    const answer = await hss.serverAssignment({
      ...request,
      userDataAlreadyAvailable: true,
      serverAssignmentType: type.RE_REGISTRATION,
    });
    expect(answer.userData).toBeUndefined();
  });

  it('decides each request on the state that the one before it left', async () => {
    const { hss, store } = await hssIn('NOT_REGISTERED');
    const register = { ...request, serverAssignmentType: type.REGISTRATION };
    const answers = await Promise.all([
      hss.serverAssignment(register),
      hss.serverAssignment({ ...register, serverName: OTHER }),
      hss.serverAssignment({ ...register, serverAssignmentType: type.USER_DEREGISTRATION }),
      hss.serverAssignment({ ...register, serverName: OTHER }),
    ]);
    expect(answers.map(answerLine)).toEqual(['2001', '10415/5005 ours', '2001', '2001']);
    expect(await stateLine(store)).toBe('REGISTERED other');
  });

  it('waits for requests of the same subscription only', async () => {
    const store = createMemoryStore();
    let release = () => {};
    const written = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slowForAlice: SubscriberStore = {
      ...store,
      async updateRegistration(imsi, update) {
        if (imsi === IMSI) await written;
        await store.updateRegistration(imsi, update);
      },
    };
    const hss = createHss({ store: slowForAlice, random: new SeededRandom() });
    const register = { ...request, serverAssignmentType: type.REGISTRATION };
    const order: string[] = [];
    const ask = async (who: string, identities: object) => {
      order.push(`${who} ${answerLine(await hss.serverAssignment({ ...register, ...identities }))}`);
    };
    const ofAlice = [
      ask('Alice', {}),
      ask('Alice by IMPI', { publicIdentities: [], serverAssignmentType: type.USER_DEREGISTRATION }),
      ask('Alice by tel URI', { userName: undefined, publicIdentities: [TEL] }),
    ];
    await ask('Bob', { userName: undefined, publicIdentities: [BOB] });
    release();
    await Promise.all(ofAlice);
    expect(order).toEqual(['Bob 2001', 'Alice 2001', 'Alice by IMPI 2001', 'Alice by tel URI 2001']);
    expect(await stateLine(store)).toBe('REGISTERED ours');
  });
});

describe('Location-Info-Request', () => {
  const whenUnregistered = { ...CRITERION, profilePart: 'UNREGISTERED' } as const;
  const whenRegistered = { ...CRITERION, profilePart: 'REGISTERED' } as const;

  it.each<[StateName, string, readonly InitialFilterCriterion[], object, string]>([
    ['REGISTERED', 'nothing else', [], {}, '2001 ours'],
    ['REGISTERED, auth-pending', 'nothing else', [], {}, '2001 ours'],
    ['UNREGISTERED', 'nothing else', [], {}, '2001 ours'],
    ['NOT_REGISTERED', 'nothing else', [], {}, '10415/5003'],
    ['NOT_REGISTERED, name held', 'nothing else', [], {}, '10415/5003'],
    ['auth-pending', 'nothing else', [], {}, '10415/5003'],
    ['NOT_REGISTERED', 'Originating-Request', [], { originatingRequest: true }, '10415/2003 capabilities'],
    ['NOT_REGISTERED, name held', 'Originating-Request', [], { originatingRequest: true }, '2001 ours'],
    ['REGISTERED', 'Originating-Request', [], { originatingRequest: true }, '2001 ours'],
    ['NOT_REGISTERED', 'services', [CRITERION], {}, '10415/2003 capabilities'],
    ['auth-pending', 'services', [CRITERION], {}, '2001 ours'],
    ['NOT_REGISTERED', 'services for unregistered users', [whenUnregistered], {}, '10415/2003 capabilities'],
    ['NOT_REGISTERED', 'services for registered users', [whenRegistered], {}, '10415/5003'],
    ['NOT_REGISTERED', 'services for both', [whenRegistered, whenUnregistered], {}, '10415/2003 capabilities'],
    ['NOT_REGISTERED', 'type 0', [], { userAuthorizationType: 0 }, '10415/5003'],
    ['REGISTERED', 'type 2', [], { userAuthorizationType: 2 }, '2001 capabilities'],
    ['NOT_REGISTERED', 'type 2', [], { userAuthorizationType: 2 }, '2001 capabilities'],
    ['UNREGISTERED', 'type 2', [], { userAuthorizationType: 2 }, '2001 capabilities'],
  ])('in state %s with %s is answered', async (state, _what, criteria, change, expected) => {
    const { hss } = await hssIn(state, {}, criteria);
    expect(answerLine(await hss.locationInfo({ publicIdentity: IMPU, ...change }))).toBe(expected);
  });

  it.each([
    ['tel:+1-555-000-1001', '10415/5003'],
    [`sip:alice@${LAB_DOMAIN}`, '10415/5003'],
    [`sip:Alice@${LAB_DOMAIN}`, '10415/5001'],
    ['sip:nobody@example.org', '10415/5001'],
    ['not a URI', '10415/5001'],
  ])('of %s is answered %s', async (publicIdentity, expected) => {
    const { hss } = await hssIn('NOT_REGISTERED');
    expect(answerLine(await hss.locationInfo({ publicIdentity }))).toBe(expected);
  });
});
