import { describe, expect, it } from 'vitest';
import { hssIn, IMPI, IMPU, OTHER, OURS, type StateName, stateLine, TEL } from '../../../test/kit/hss-lab.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import type { CxPush } from '../../ports/cx-push.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { LAB_DOMAIN } from './seeded-subscribers.ts';

const THIRD = 'sip:third.example:6060';
const { REGISTRATION, RE_REGISTRATION, UNREGISTERED_USER, USER_DEREGISTRATION, AUTHENTICATION_FAILURE } =
  ServerAssignmentType;

async function network(state: StateName) {
  const { hss, store } = await hssIn(state);
  const told: object[] = [];
  const push: CxPush = {
    registrationTermination: async (serverName, request) => {
      told.push({ serverName, ...request });
      return { ok: false, failure: 'peer-down', text: 'it is away' };
    },
    pushProfile: async () => ({ ok: true, answer: { result: { vendor: 0, code: 2001 } } }),
  };
  hss.administration(push);
  const challenge = (serverName: string) =>
    hss.multimediaAuth({
      userName: IMPI,
      publicIdentity: IMPU,
      serverName,
      authenticationScheme: 'Digest-AKAv1-MD5',
      numberAuthItems: 1,
    });
  const assign = (serverAssignmentType: ServerAssignmentType, serverName: string) =>
    hss.serverAssignment({
      userName: IMPI,
      publicIdentities: [IMPU],
      serverName,
      serverAssignmentType,
      userDataAlreadyAvailable: false,
    });
  /** The I-CSCF found the S-CSCF of the user silent. */
  const askForCapabilities = () => hss.locationInfo({ publicIdentity: IMPU, userAuthorizationType: 2 });
  return { challenge, assign, askForCapabilities, told, left: () => stateLine(store) };
}

const IMPUS = [IMPU, TEL, `sip:alice@${LAB_DOMAIN}`, `sip:${IMPI}`];
const lost = (serverName: string) => ({ serverName, userName: IMPI, publicIdentities: IMPUS, reason: 1 });

describe('a registered user whom another S-CSCF registers', () => {
  it.each([
    ['REGISTRATION', REGISTRATION],
    ['RE_REGISTRATION', RE_REGISTRATION],
  ])('is taken from the S-CSCF of before, which is told NEW_SERVER_ASSIGNED (%s)', async (_what, type) => {
    const { challenge, assign, told, left } = await network('REGISTERED');
    await challenge(OTHER);
    expect(told).toEqual([]);
    await assign(type, OTHER);
    expect(told).toEqual([lost(OURS)]);
    expect(await left()).toBe('REGISTERED other');
    await challenge(OTHER);
    await assign(RE_REGISTRATION, OTHER);
    expect(told).toHaveLength(1);
  });

  it('is taken from the one that served, however many challenged in between', async () => {
    const { challenge, assign, told } = await network('REGISTERED');
    await challenge(OTHER);
    await challenge(THIRD);
    await assign(AUTHENTICATION_FAILURE, THIRD);
    await challenge(OTHER);
    await assign(REGISTRATION, OTHER);
    expect(told).toEqual([lost(OURS)]);
  });

  it('is taken from nobody when the S-CSCF of before is the one that registers', async () => {
    const { challenge, assign, told } = await network('REGISTERED');
    await challenge(OTHER);
    await challenge(OURS);
    await assign(RE_REGISTRATION, OURS);
    expect(told).toEqual([]);
  });

  it('is taken from nobody after a de-registration', async () => {
    const { challenge, assign, told } = await network('REGISTERED');
    await challenge(OTHER);
    await assign(USER_DEREGISTRATION, OTHER);
    await challenge(OTHER);
    await assign(REGISTRATION, OTHER);
    expect(told).toEqual([]);
  });
});

describe('a user who is not registered', () => {
  it.each<[StateName]>([['NOT_REGISTERED'], ['auth-pending'], ['UNREGISTERED']])(
    'in state %s moves without a word',
    async (state) => {
      const { challenge, assign, told, left } = await network(state);
      await challenge(OTHER);
      await assign(REGISTRATION, OTHER);
      expect(told).toEqual([]);
      expect(await left()).toBe('REGISTERED other');
    },
  );
});

describe('a user whose S-CSCF an I-CSCF found silent', () => {
  it.each<[StateName]>([['REGISTERED'], ['UNREGISTERED'], ['NOT_REGISTERED, name held']])(
    'in state %s is served by the next one that asks, and by no third one',
    async (state) => {
      const { assign, askForCapabilities, left } = await network(state);
      expect(cxResultKey((await assign(UNREGISTERED_USER, OTHER)).result)).toBe('10415/5005');
      await askForCapabilities();
      expect(cxResultKey((await assign(UNREGISTERED_USER, OTHER)).result)).toBe('2001');
      expect(await left()).toBe('UNREGISTERED other');
      expect(await assign(UNREGISTERED_USER, THIRD)).toMatchObject({ serverName: OTHER });
      expect(await left()).toBe('UNREGISTERED other');
    },
  );

  it('is registered by the next one, too', async () => {
    const { assign, askForCapabilities, left } = await network('REGISTERED');
    await askForCapabilities();
    expect(cxResultKey((await assign(RE_REGISTRATION, OTHER)).result)).toBe('2001');
    expect(await left()).toBe('REGISTERED other');
  });

  it('stays where it is when that one asks first again', async () => {
    const { assign, askForCapabilities, left } = await network('REGISTERED');
    await askForCapabilities();
    await assign(RE_REGISTRATION, OURS);
    expect(cxResultKey((await assign(UNREGISTERED_USER, OTHER)).result)).toBe('10415/5005');
    expect(await left()).toBe('REGISTERED ours');
  });

  it('is taken from it for good when it registers at the next one', async () => {
    const { challenge, assign, askForCapabilities, told } = await network('REGISTERED');
    await askForCapabilities();
    await assign(UNREGISTERED_USER, OTHER);
    expect(told).toEqual([]);
    await challenge(OTHER);
    await assign(REGISTRATION, OTHER);
    expect(told).toEqual([lost(OURS)]);
  });
});
