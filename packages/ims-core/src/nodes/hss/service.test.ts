import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../test/kit/memory-store.ts';
import { SeededRandom } from '../../../test/kit/seeded-random.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { parseUserData } from '../../protocols/cx/user-data.ts';
import { createHss } from './hss.ts';
import { LAB_DOMAIN } from './seeded-subscribers.ts';

const ECHO = `sip:echo@${LAB_DOMAIN}`;
const PRIVATE = `echo@${LAB_DOMAIN}`;
const OURS = `sip:scscf.${LAB_DOMAIN}:6060`;
const CAPABILITIES = { mandatory: [1], optional: [], serverNames: [] };

function network() {
  const store = createMemoryStore();
  const hss = createHss({ store, random: new SeededRandom(), serverCapabilities: CAPABILITIES });
  const assign = (serverAssignmentType: ServerAssignmentType, serverName = OURS) =>
    hss.serverAssignment({
      publicIdentities: [ECHO],
      serverName,
      serverAssignmentType,
      userDataAlreadyAvailable: false,
    });
  const left = async () => {
    const service = await store.byImpu(ECHO);
    return `${service?.state} ${service?.serverName}`;
  };
  return { hss, assign, left };
}

describe('a public service identity', () => {
  it('cannot register, nor be challenged', async () => {
    const { hss, left } = network();
    const identities = { userName: PRIVATE, publicIdentity: ECHO };
    for (const userAuthorizationType of [0, 1, 2] as const) {
      const answer = await hss.userAuthorization({
        ...identities,
        userAuthorizationType,
        visitedNetworkIdentifier: LAB_DOMAIN,
      });
      expect(answer).toEqual({ result: { vendor: 10415, code: 5001 } });
    }
    for (const authenticationScheme of ['Unknown', 'none', 'Digest-AKAv1-MD5', 'SIP Digest']) {
      const request = { ...identities, serverName: OURS, authenticationScheme, numberAuthItems: 1 };
      expect(await hss.multimediaAuth(request)).toEqual({ result: { vendor: 10415, code: 5001 }, authDataItems: [] });
    }
    expect(await left()).toBe('NOT_REGISTERED ');
  });

  it('is located as an unregistered user: any S-CSCF first, then the one that took it', async () => {
    const { hss, assign } = network();
    const locate = () => hss.locationInfo({ publicIdentity: ECHO });
    expect(await locate()).toEqual({ result: { vendor: 10415, code: 2003 }, serverCapabilities: CAPABILITIES });
    const { result, userName, userData } = await assign(ServerAssignmentType.UNREGISTERED_USER);
    expect(cxResultKey(result)).toBe('2001');
    expect(userName).toBe(PRIVATE);
    expect(parseUserData(userData ?? '')).toMatchObject({
      ok: true,
      value: {
        privateId: PRIVATE,
        serviceProfiles: [
          {
            publicIdentities: [{ identity: ECHO, barred: false, identityType: 1 }],
            initialFilterCriteria: [
              {
                priority: 0,
                profilePart: 'UNREGISTERED',
                applicationServer: {
                  serverName: `sip:as.${LAB_DOMAIN}:5080;lr`,
                  defaultHandling: 'SESSION_TERMINATED',
                },
              },
            ],
          },
        ],
      },
    });
    expect(await locate()).toEqual({ result: { vendor: 0, code: 2001 }, serverName: OURS });
  });

  it.each<[keyof typeof ServerAssignmentType, string, string]>([
    ['NO_ASSIGNMENT', '2001', 'UNREGISTERED ours'],
    ['REGISTRATION', '10415/5007', 'UNREGISTERED ours'],
    ['RE_REGISTRATION', '10415/5007', 'UNREGISTERED ours'],
    ['UNREGISTERED_USER', '2001', 'UNREGISTERED ours'],
    ['TIMEOUT_DEREGISTRATION', '2001', 'NOT_REGISTERED '],
    ['USER_DEREGISTRATION', '10415/5007', 'UNREGISTERED ours'],
    ['TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME', '2001', 'UNREGISTERED ours'],
    ['USER_DEREGISTRATION_STORE_SERVER_NAME', '10415/5007', 'UNREGISTERED ours'],
    ['ADMINISTRATIVE_DEREGISTRATION', '2001', 'NOT_REGISTERED '],
    ['AUTHENTICATION_FAILURE', '10415/5007', 'UNREGISTERED ours'],
    ['AUTHENTICATION_TIMEOUT', '10415/5007', 'UNREGISTERED ours'],
    ['DEREGISTRATION_TOO_MUCH_DATA', '2001', 'NOT_REGISTERED '],
  ])('that an S-CSCF serves, with %s, is answered %s and left %s', async (name, expected, state) => {
    const { assign, left } = network();
    await assign(ServerAssignmentType.UNREGISTERED_USER);
    expect(cxResultKey((await assign(ServerAssignmentType[name])).result)).toBe(expected);
    expect((await left()).replace(OURS, 'ours')).toBe(state);
  });
});
