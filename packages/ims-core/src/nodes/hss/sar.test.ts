import { describe, expect, it } from 'vitest';
import { withBarred } from '../../../test/kit/core-lab.ts';
import {
  answerLine,
  BOB,
  CRITERION,
  hssIn,
  IMPI,
  IMPU,
  IMSI,
  OTHER,
  OURS,
  STATES,
  type StateName,
  stateLine,
  TEL,
} from '../../../test/kit/hss-lab.ts';
import { createMemoryStore } from '../../../test/kit/memory-store.ts';
import { SeededRandom } from '../../../test/kit/seeded-random.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { parseUserData } from '../../protocols/cx/user-data.ts';
import { createHss } from './hss.ts';
import { LAB_DOMAIN } from './seeded-subscribers.ts';

describe('Server-Assignment-Request', () => {
  const type = ServerAssignmentType;
  const request = {
    userName: IMPI,
    publicIdentities: [IMPU],
    serverName: OURS,
    userDataAlreadyAvailable: false,
  };

  /** What each state is answered with, and what it becomes; `profile` when the answer brings User-Data. */
  type Row = Readonly<Record<StateName, string>>;
  const same = (answer: string): Row => ({
    NOT_REGISTERED: `${answer} -> NOT_REGISTERED nobody`,
    'NOT_REGISTERED, name held': `${answer} -> NOT_REGISTERED ours`,
    'auth-pending': `${answer} -> NOT_REGISTERED ours pending`,
    REGISTERED: `${answer} -> REGISTERED ours`,
    'REGISTERED, auth-pending': `${answer} -> REGISTERED ours pending`,
    UNREGISTERED: `${answer} -> UNREGISTERED ours`,
  });
  const all = (line: string): Row => ({
    NOT_REGISTERED: line,
    'NOT_REGISTERED, name held': line,
    'auth-pending': line,
    REGISTERED: line,
    'REGISTERED, auth-pending': line,
    UNREGISTERED: line,
  });
  const registered = all('2001 profile -> REGISTERED ours');
  const ended: Row = { ...all('2001 -> NOT_REGISTERED nobody'), NOT_REGISTERED: '5012 -> NOT_REGISTERED nobody' };
  const kept: Row = { ...all('2001 -> UNREGISTERED ours'), NOT_REGISTERED: '5012 -> NOT_REGISTERED nobody' };
  const failed: Row = {
    NOT_REGISTERED: '2001 -> NOT_REGISTERED nobody',
    'NOT_REGISTERED, name held': '2001 -> NOT_REGISTERED nobody',
    'auth-pending': '2001 -> NOT_REGISTERED nobody',
    REGISTERED: '2001 -> REGISTERED ours',
    'REGISTERED, auth-pending': '2001 -> REGISTERED ours',
    UNREGISTERED: '2001 -> UNREGISTERED ours',
  };
  const fromOurs: Readonly<Record<keyof typeof type, Row>> = {
    NO_ASSIGNMENT: { ...same('2001 profile'), NOT_REGISTERED: '5012 -> NOT_REGISTERED nobody' },
    REGISTRATION: registered,
    RE_REGISTRATION: registered,
    UNREGISTERED_USER: {
      ...all('2001 profile -> UNREGISTERED ours'),
      'auth-pending': '2001 profile -> UNREGISTERED ours pending',
      'REGISTERED, auth-pending': '2001 profile -> UNREGISTERED ours pending',
    },
    TIMEOUT_DEREGISTRATION: ended,
    USER_DEREGISTRATION: ended,
    TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME: kept,
    USER_DEREGISTRATION_STORE_SERVER_NAME: kept,
    ADMINISTRATIVE_DEREGISTRATION: ended,
    AUTHENTICATION_FAILURE: failed,
    AUTHENTICATION_TIMEOUT: failed,
    DEREGISTRATION_TOO_MUCH_DATA: ended,
  };
  /** Another S-CSCF than the one that serves the user; with no name stored it is the first. */
  const taken = same('10415/5005 ours');
  const refused = same('5012');
  const fromOther: Readonly<Record<keyof typeof type, Row>> = {
    NO_ASSIGNMENT: refused,
    REGISTRATION: { ...taken, NOT_REGISTERED: '2001 profile -> REGISTERED other' },
    RE_REGISTRATION: { ...taken, NOT_REGISTERED: '2001 profile -> REGISTERED other' },
    UNREGISTERED_USER: { ...taken, NOT_REGISTERED: '2001 profile -> UNREGISTERED other' },
    TIMEOUT_DEREGISTRATION: refused,
    USER_DEREGISTRATION: refused,
    TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME: refused,
    USER_DEREGISTRATION_STORE_SERVER_NAME: refused,
    ADMINISTRATIVE_DEREGISTRATION: refused,
    AUTHENTICATION_FAILURE: same('2001'),
    AUTHENTICATION_TIMEOUT: same('2001'),
    DEREGISTRATION_TOO_MUCH_DATA: refused,
  };
  const rows = (table: Readonly<Record<keyof typeof type, Row>>, serverName: string) =>
    (Object.keys(table) as (keyof typeof type)[]).flatMap((name) =>
      (Object.keys(STATES) as StateName[]).map((state) => [name, state, serverName, table[name][state]] as const),
    );

  it.each([...rows(fromOurs, OURS), ...rows(fromOther, OTHER)])(
    '%s in state %s from %s: %s',
    async (name, state, serverName, expected) => {
      const { hss, store } = await hssIn(state);
      const answer = await hss.serverAssignment({ ...request, serverName, serverAssignmentType: type[name] });
      const profile = answer.userData === undefined ? '' : ' profile';
      expect(`${answerLine(answer)}${profile} -> ${await stateLine(store)}`).toBe(expected);
    },
  );

  it.each([
    ['USER_DEREGISTRATION_STORE_SERVER_NAME', 'REGISTERED'],
    ['TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME', 'REGISTERED'],
    ['TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME', 'UNREGISTERED'],
  ] as const)('%s in state %s ends all when the policy is against keeping S-CSCFs', async (name, state) => {
    const { hss, store } = await hssIn(state, { keepsServerName: false });
    const answer = await hss.serverAssignment({ ...request, serverAssignmentType: type[name] });
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

  it('says of each identity whether it is barred, and keeps their order: the first that is not is the default', async () => {
    const store = createMemoryStore(withBarred('Alice', (_uri, index) => index === 0 || index === 3));
    const hss = createHss({ store, random: new SeededRandom() });
    const answer = await hss.serverAssignment({ ...request, serverAssignmentType: type.REGISTRATION });
    const profile = parseUserData(answer.userData ?? '');
    if (!profile.ok) throw new Error(profile.error.text);
    const [services] = profile.value.serviceProfiles;
    expect(services?.publicIdentities.map(({ identity, barred }) => [identity, barred])).toEqual([
      [IMPU, true],
      [TEL, false],
      [`sip:alice@${LAB_DOMAIN}`, false],
      [`sip:${IMSI}@${LAB_DOMAIN}`, true],
    ]);
  });
});
