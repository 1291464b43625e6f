import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../test/kit/memory-store.ts';
import { SeededRandom } from '../../../test/kit/seeded-random.ts';
import { type CxOutcome, ServerAssignmentType } from '../../ports/cx-client.ts';
import {
  type CxPush,
  type CxPushAnswer,
  DeregistrationReason,
  type PushProfileRequest,
  type RegistrationTerminationRequest,
} from '../../ports/cx-push.ts';
import type { RegistrationUpdate } from '../../ports/subscriber-store.ts';
import { parseUserData } from '../../protocols/cx/user-data.ts';
import type { HssContext } from './context.ts';
import { createHss } from './hss.ts';
import { LAB_DOMAIN, seededServices } from './seeded-subscribers.ts';

const IMSI = '001010000000001';
const IMPI = `${IMSI}@${LAB_DOMAIN}`;
const IMPU = `sip:+15550001001@${LAB_DOMAIN}`;
const IMPUS = [IMPU, 'tel:+15550001001', `sip:alice@${LAB_DOMAIN}`, `sip:${IMPI}`];
const OURS = `sip:scscf.${LAB_DOMAIN}:6060`;
const OTHER = 'sip:other.example:6060';
const { PERMANENT_TERMINATION, NEW_SERVER_ASSIGNED, SERVER_CHANGE, REMOVE_S_CSCF } = DeregistrationReason;

const REGISTERED = { state: 'REGISTERED', serverName: OURS } as const;
const UNREGISTERED = { state: 'UNREGISTERED', serverName: OURS } as const;
const CHALLENGED = { state: 'NOT_REGISTERED', serverName: OURS, authPending: true } as const;

type Outcome = CxOutcome<CxPushAnswer>;
const result = (vendor: number, code: number): Outcome => ({ ok: true, answer: { result: { vendor, code } } });
const SUCCESS = result(0, 2001);
const failure = (kind: 'timeout' | 'peer-down' | 'overloaded' | 'malformed'): Outcome => ({
  ok: false,
  failure: kind,
  text: 'so it is',
});

/** The HSS with an S-CSCF that keeps what it was asked, and answers as the test wants. */
async function network(state: RegistrationUpdate, options: Partial<HssContext> = {}) {
  const store = createMemoryStore();
  await store.updateRegistration(IMSI, state);
  const asked: [string, RegistrationTerminationRequest | PushProfileRequest][] = [];
  let answerRtr: () => Promise<Outcome> = async () => SUCCESS;
  let answerPpr: Outcome = SUCCESS;
  const push: CxPush = {
    registrationTermination: async (serverName, request) => {
      asked.push([serverName, request]);
      return answerRtr();
    },
    pushProfile: async (serverName, request) => {
      asked.push([serverName, request]);
      return answerPpr;
    },
  };
  const hss = createHss({ store, random: new SeededRandom(), ...options });
  return {
    store,
    hss,
    asked,
    administration: hss.administration(push),
    onRtr: (answer: () => Promise<Outcome>) => {
      answerRtr = answer;
    },
    onPpr: (answer: Outcome) => {
      answerPpr = answer;
    },
    async left() {
      const stored = await store.byImsi(IMSI);
      const name = stored?.serverName.replace(OURS, 'ours').replace(OTHER, 'other');
      return `${stored?.state} ${name === '' ? 'nobody' : name}${stored?.authPending ? ' pending' : ''}`;
    },
  };
}

describe('a de-registration by the operator', () => {
  it.each<[string, RegistrationUpdate, DeregistrationReason, string]>([
    ['PERMANENT_TERMINATION of a registered user', REGISTERED, PERMANENT_TERMINATION, 'NOT_REGISTERED nobody'],
    ['SERVER_CHANGE of a registered user', REGISTERED, SERVER_CHANGE, 'NOT_REGISTERED nobody'],
    ['NEW_SERVER_ASSIGNED of a registered user', REGISTERED, NEW_SERVER_ASSIGNED, 'REGISTERED ours'],
    [
      'PERMANENT_TERMINATION amid a re-registration',
      { ...REGISTERED, authPending: true },
      PERMANENT_TERMINATION,
      'NOT_REGISTERED nobody',
    ],
    ['PERMANENT_TERMINATION of an unregistered user', UNREGISTERED, PERMANENT_TERMINATION, 'NOT_REGISTERED nobody'],
    ['REMOVE_S-CSCF of an unregistered user', UNREGISTERED, REMOVE_S_CSCF, 'NOT_REGISTERED nobody'],
  ])('with %s tells the S-CSCF and leaves the state of TS 29.228', async (_what, state, reason, expected) => {
    const { administration, asked, left } = await network(state);
    expect(await administration.deregister(IMSI, reason, 'maintenance')).toEqual({ ok: true });
    expect(asked).toEqual([[OURS, { userName: IMPI, publicIdentities: IMPUS, reason, reasonInfo: 'maintenance' }]]);
    expect(await left()).toBe(expected);
  });

  it.each<[string, string, RegistrationUpdate, DeregistrationReason, string]>([
    ['nobody', '999', REGISTERED, PERMANENT_TERMINATION, 'REGISTRATION_UNKNOWN'],
    ['a user who is not registered', IMSI, { state: 'NOT_REGISTERED' }, PERMANENT_TERMINATION, 'REGISTRATION_UNKNOWN'],
    ['a user who is only challenged', IMSI, CHALLENGED, PERMANENT_TERMINATION, 'REGISTRATION_UNKNOWN'],
    ['a registered user with REMOVE_S-CSCF', IMSI, REGISTERED, REMOVE_S_CSCF, 'REASON_CONTRADICTS_STATE'],
  ])('of %s asks nobody and changes nothing', async (_what, imsi, state, reason, code) => {
    const { administration, asked, left } = await network(state);
    const before = await left();
    expect(await administration.deregister(imsi, reason)).toMatchObject({ ok: false, code });
    expect(asked).toEqual([]);
    expect(await left()).toBe(before);
  });

  it.each<[string, Outcome, object, string]>([
    ['it knows no such user', result(10415, 5001), { ok: true }, 'NOT_REGISTERED nobody'],
    ['it kept an emergency registration', result(0, 2002), { ok: true }, 'NOT_REGISTERED nobody'],
    ['it cannot', result(0, 5012), { ok: false, code: 'SCSCF_REFUSED' }, 'REGISTERED ours pending'],
    ['it knows no RTR', result(0, 3001), { ok: false, code: 'SCSCF_REFUSED' }, 'REGISTERED ours pending'],
    ['another vendor’s 2001', result(10415, 2001), { ok: false, code: 'SCSCF_REFUSED' }, 'REGISTERED ours pending'],
    ['nothing', failure('timeout'), { ok: false, code: 'SCSCF_NO_ANSWER' }, 'REGISTERED ours pending'],
    ['nonsense', failure('malformed'), { ok: false, code: 'SCSCF_NO_ANSWER' }, 'REGISTERED ours pending'],
    ['it is away', failure('peer-down'), { ok: false, code: 'SCSCF_UNREACHABLE' }, 'REGISTERED ours pending'],
    ['it is overloaded', failure('overloaded'), { ok: false, code: 'SCSCF_UNREACHABLE' }, 'REGISTERED ours pending'],
  ])('to which the S-CSCF says that %s ends so, and the state is true to it', async (_what, rta, expected, state) => {
    const { administration, onRtr, left } = await network({ ...REGISTERED, authPending: true });
    onRtr(async () => rta);
    expect(await administration.deregister(IMSI, PERMANENT_TERMINATION)).toMatchObject(expected);
    expect(await left()).toBe(state);
  });

  it('names no identity that is barred', async () => {
    const { store, administration, asked } = await network(REGISTERED);
    const alice = await store.byImsi(IMSI);
    if (alice === undefined) throw new Error('the store has Alice');
    await store.remove(IMSI);
    const identities = alice.identities.map((identity, index) => ({ ...identity, barred: index !== 1 }));
    await store.add([{ subscriber: { ...alice, identities } }]);
    await administration.deregister(IMSI, PERMANENT_TERMINATION);
    expect(asked).toMatchObject([[OURS, { publicIdentities: ['tel:+15550001001'] }]]);
  });

  it('finds a UE that registers again before the RTA as a new one, and leaves it registered', async () => {
    const { administration, hss, onRtr, left } = await network(REGISTERED);
    onRtr(async () => {
      const uaa = await hss.userAuthorization({
        userName: IMPI,
        publicIdentity: IMPU,
        visitedNetworkIdentifier: LAB_DOMAIN,
      });
      expect(uaa.result).toEqual({ vendor: 10415, code: 2001 });
      await hss.serverAssignment({
        userName: IMPI,
        publicIdentities: [IMPU],
        serverName: OTHER,
        serverAssignmentType: ServerAssignmentType.REGISTRATION,
        userDataAlreadyAvailable: false,
      });
      return failure('timeout');
    });
    expect(await administration.deregister(IMSI, SERVER_CHANGE)).toMatchObject({ ok: false, code: 'SCSCF_NO_ANSWER' });
    expect(await left()).toBe('REGISTERED other');
  });

  it('waits for the request of the same subscription that is in work', async () => {
    const { administration, hss, store, asked, left } = await network({ state: 'NOT_REGISTERED' });
    const write = store.updateRegistration;
    let finish = () => {};
    const writing = new Promise<void>((begun) => {
      store.updateRegistration = async (imsi, update) => {
        store.updateRegistration = write;
        begun();
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        await write(imsi, update);
      };
    });
    const registered = hss.serverAssignment({
      userName: IMPI,
      publicIdentities: [IMPU],
      serverName: OURS,
      serverAssignmentType: ServerAssignmentType.REGISTRATION,
      userDataAlreadyAvailable: false,
    });
    await writing;
    const ended = administration.deregister(IMSI, PERMANENT_TERMINATION);
    finish();
    await registered;
    expect(await ended).toEqual({ ok: true });
    expect(asked).toHaveLength(1);
    expect(await left()).toBe('NOT_REGISTERED nobody');
  });
});

describe('a changed profile', () => {
  it.each([
    ['registered', REGISTERED],
    ['unregistered', UNREGISTERED],
  ])('goes whole to the S-CSCF of a user who is %s', async (_what, state) => {
    const chargingInformation = { primaryCcf: 'aaa://cdf.example:3868' };
    const { administration, store, asked, left } = await network(state, { chargingInformation });
    const [echo] = seededServices();
    await store.setInitialFilterCriteria(IMSI, echo?.subscriber.initialFilterCriteria ?? []);
    expect(await administration.profileChanged(IMSI)).toEqual({ ok: true });
    const [[serverName, request] = ['', undefined]] = asked;
    expect([serverName, request]).toMatchObject([OURS, { userName: IMPI, chargingInformation }]);
    expect(parseUserData(request !== undefined && 'userData' in request ? (request.userData ?? '') : '')).toMatchObject(
      {
        ok: true,
        value: {
          privateId: IMPI,
          serviceProfiles: [
            { publicIdentities: [{ identity: IMPU }, {}, {}, {}], initialFilterCriteria: [{ priority: 0 }] },
          ],
        },
      },
    );
    expect(await left()).toBe(`${state.state} ours`);
  });

  it.each<[string, string, RegistrationUpdate]>([
    ['whom nobody serves', IMSI, { state: 'NOT_REGISTERED' }],
    ['who is only challenged', IMSI, CHALLENGED],
    ['whom nobody knows', '999', REGISTERED],
  ])('of a user %s goes nowhere', async (_what, imsi, state) => {
    const { administration, asked } = await network(state);
    expect(await administration.profileChanged(imsi)).toEqual({ ok: true });
    expect(asked).toEqual([]);
  });

  it.each([
    ['too much data', result(10415, 5008)],
    ['nothing that it supports', result(10415, 5009)],
  ])('that is %s for the S-CSCF moves the user to another one', async (_what, ppa) => {
    const { administration, asked, onPpr, left } = await network(REGISTERED);
    onPpr(ppa);
    expect(await administration.profileChanged(IMSI)).toEqual({ ok: true });
    expect(asked[1]).toMatchObject([OURS, { userName: IMPI, reason: SERVER_CHANGE }]);
    expect(await left()).toBe('NOT_REGISTERED nobody');
  });

  it.each<[string, Outcome, string]>([
    ['it knows no such user', result(10415, 5001), 'SCSCF_REFUSED'],
    ['it cannot', result(0, 5012), 'SCSCF_REFUSED'],
    ['another’s 5008', result(0, 5008), 'SCSCF_REFUSED'],
    ['nothing', failure('timeout'), 'SCSCF_NO_ANSWER'],
    ['it is away', failure('peer-down'), 'SCSCF_UNREACHABLE'],
  ])('to which the S-CSCF says %s changes no state', async (_what, ppa, code) => {
    const { administration, asked, onPpr, left } = await network(REGISTERED);
    onPpr(ppa);
    expect(await administration.profileChanged(IMSI)).toMatchObject({ ok: false, code });
    expect(asked).toHaveLength(1);
    expect(await left()).toBe('REGISTERED ours');
  });
});
