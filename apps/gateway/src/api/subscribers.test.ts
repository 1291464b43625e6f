import type { NewSubscriberRequest, Problem, SubscriberView } from '@imslab/ims-core/api/lab-api';
import type { AdministrationOutcome, HssAdministration } from '@imslab/ims-core/nodes/hss/administration';
import type { SubscriberStore } from '@imslab/ims-core/ports/subscriber-store';
import { digestHa1 } from '@imslab/ims-core/protocols/auth/ha1';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../../packages/ims-core/test/kit/virtual-clock.ts';
import { openSubscriberStore } from '../store/subscriber-store.ts';
import { MAX_NEW_SUBSCRIBERS } from './new-subscribers.ts';
import { SimLeases } from './sim-leases.ts';
import { subscriberRoutes } from './subscribers.ts';

const DOMAIN = 'ims.example';
const ALICE = '001010000000001';
const ECHO = '001019999999901';
const K = 'ab'.repeat(16);
const CARD: NewSubscriberRequest = {
  imsi: '001010000000011',
  name: 'Test 11',
  number: '+15550001011',
  k: K,
  opc: 'cd'.repeat(16),
};
const CRITERION = {
  priority: 1,
  applicationServer: {
    serverName: 'sip:as.example',
    defaultHandling: 'SESSION_CONTINUED',
    includeRegisterRequest: false,
    includeRegisterResponse: false,
  },
} as const;

let app: FastifyInstance;
let store: SubscriberStore;
let leases: SimLeases;
let asked: string[];
let added: string[];
let outcome: AdministrationOutcome;

beforeEach(async () => {
  asked = [];
  added = [];
  outcome = { ok: true };
  store = await openSubscriberStore({ file: ':memory:', domain: DOMAIN });
  leases = new SimLeases({ store, clock: new VirtualClock(), newToken: () => 't', domain: DOMAIN, pcscf: 'sip:p' });
  const administration: HssAdministration = {
    deregister: async (imsi, reason) => {
      asked.push(`deregister ${imsi} ${reason}`);
      return outcome;
    },
    profileChanged: async (imsi) => {
      asked.push(`profileChanged ${imsi}`);
      return outcome;
    },
  };
  app = Fastify();
  const onAdded = ({ imsi }: { readonly imsi: string }) => added.push(imsi);
  subscriberRoutes(app, { store, leases, administration, domain: DOMAIN, onAdded });
});
afterEach(async () => {
  leases.close();
  await app.close();
  await store.close();
});

const url = (path = '') => `/api/v1/subscribers${path}`;
const post = (payload: object) => app.inject({ method: 'POST', url: url(), payload });

describe('POST /api/v1/subscribers', () => {
  it('adds a user with a card', async () => {
    const response = await post(CARD);
    expect(response.statusCode).toBe(201);
    const view = {
      imsi: CARD.imsi,
      impi: `${CARD.imsi}@${DOMAIN}`,
      name: 'Test 11',
      kind: 'user',
      authenticationScheme: 'Digest-AKAv1-MD5',
      number: '+15550001011',
      identities: [`sip:+15550001011@${DOMAIN}`, 'tel:+15550001011', `sip:${CARD.imsi}@${DOMAIN}`],
      state: 'NOT_REGISTERED',
      serverName: '',
      taken: false,
    };
    expect(response.json()).toEqual([view]);
    expect((await app.inject(url(`/${CARD.imsi}`))).json()).toEqual(view);
    expect(await store.credentials(CARD.imsi)).toEqual({
      k: new Uint8Array(16).fill(0xab),
      opc: new Uint8Array(16).fill(0xcd),
      amf: Uint8Array.of(0x80, 0),
    });
    expect(added).toEqual([CARD.imsi]);
  });

  it('derives OPc from OP, and takes another AMF', async () => {
    // The seeded Alice: OPc of her K and the operator's OP.
    const alice = await store.credentials(ALICE);
    const { opc: _opc, ...card } = { ...CARD, k: Buffer.from(alice?.k ?? []).toString('hex'), amf: '0001' };
    await post({ ...card, op: 'cdc202d5123e20f62b6d676ac72cb318' });
    expect(await store.credentials(CARD.imsi)).toEqual({ k: alice?.k, opc: alice?.opc, amf: Uint8Array.of(0, 1) });
  });

  it.each([
    ['MD5 when nothing is said', {}, 'MD5'],
    ['SHA-256', { algorithm: 'SHA-256' }, 'SHA-256'],
  ] as const)('adds a user with a password, kept as H(A1): %s', async (_what, given, algorithm) => {
    const response = await post({ imsi: CARD.imsi, name: 'Desk', digest: { password: 'pässwörd', ...given } });
    expect(response.statusCode).toBe(201);
    expect(response.body).not.toContain('pässwörd');
    const username = `${CARD.imsi}@${DOMAIN}`;
    const ha1 = digestHa1(algorithm, { username, realm: DOMAIN, password: 'pässwörd' });
    expect(await store.digestCredentials(CARD.imsi)).toEqual({ realm: DOMAIN, algorithm, ha1 });
    expect(await store.credentials(CARD.imsi)).toBeUndefined();
    expect(await store.byImsi(CARD.imsi)).toMatchObject({
      authenticationScheme: 'SIP Digest',
      identities: [{ uri: `sip:${username}` }],
    });
  });

  it(`adds ${MAX_NEW_SUBSCRIBERS} at once`, async () => {
    const many = Array.from({ length: MAX_NEW_SUBSCRIBERS }, (_, index) => {
      const digits = String(index).padStart(5, '0');
      return { ...CARD, imsi: `0010177777${digits}`, number: `+1777777${digits}` };
    });
    const response = await post(many);
    expect(response.statusCode).toBe(201);
    expect(await store.list()).toHaveLength(MAX_NEW_SUBSCRIBERS + 11);
    expect((await store.byImpu('tel:+177777709999'))?.imsi).toBe('001017777709999');
  }, 30_000);

  it.each<[string, object, string]>([
    ['a list that is empty', [], ''],
    ['an IMSI of 14 digits', { ...CARD, imsi: '00101000000001' }, '0.imsi: must be 15 digits'],
    ['no name', { ...CARD, name: '' }, '0.name'],
    ['a name with a line end', { ...CARD, name: 'a\r\nb' }, '0.name'],
    ['a name with half a character', { ...CARD, name: 'a\ud800b' }, '0.name'],
    ['a number without +', { ...CARD, number: '15550001011' }, '0.number'],
    ['a K that is too short', { ...CARD, k: K.slice(2) }, '0.k: must be 16 octets in hex'],
    ['a K that is no hex', { ...CARD, k: 'x'.repeat(32) }, '0.k'],
    ['OPc and OP', { ...CARD, op: K }, '0: needs k with either opc or op, or digest'],
    ['no key at all', { imsi: CARD.imsi, name: 'X' }, '0: needs'],
    ['OPc alone', { imsi: CARD.imsi, name: 'X', opc: K }, '0: needs'],
    ['a card and a password', { ...CARD, digest: { password: 'p' } }, '0: needs'],
    [
      'an algorithm that is none',
      { imsi: CARD.imsi, name: 'X', digest: { password: 'p', algorithm: 'SHA-1' } },
      '0.digest.algorithm',
    ],
    ['an empty password', { imsi: CARD.imsi, name: 'X', digest: { password: '' } }, '0.digest.password'],
    ['a member that nobody knows', { ...CARD, colour: 'red' }, '0: '],
    ['the second of two that is wrong', [CARD, { ...CARD, imsi: 'x' }], '1.imsi'],
  ])('refuses %s and says which', async (_what, body, detail) => {
    const response = await post(body);
    const problem = response.json<Problem>();
    expect([response.statusCode, problem.code]).toEqual([400, 'SUBSCRIBER_INVALID']);
    expect(problem.detail).toContain(detail);
    expect(problem.detail).not.toContain(K);
    expect(await store.list()).toHaveLength(11);
  });

  it('refuses more than one request may add', async () => {
    const response = await post(Array.from({ length: MAX_NEW_SUBSCRIBERS + 1 }, () => 0));
    expect(response.json<Problem>().code).toBe('SUBSCRIBER_INVALID');
  });

  it.each([
    ['an IMSI that is taken', { ...CARD, imsi: ALICE }, ALICE],
    ['a number that is taken', { ...CARD, number: '+15550001001' }, '+15550001001'],
    ['the same one twice', [CARD, CARD], CARD.imsi],
  ])('adds nobody when there is %s', async (_what, body, identity) => {
    const response = await post([{ ...CARD, imsi: '001010000000012', number: '+15550001012' }, body].flat());
    const problem = response.json<Problem>();
    expect([response.statusCode, problem.code]).toEqual([409, 'SUBSCRIBER_EXISTS']);
    expect(problem.detail).toContain(identity);
    expect(await store.list()).toHaveLength(11);
    expect(added).toEqual([]);
  });
});

describe('GET /api/v1/subscribers', () => {
  it('tells services from users', async () => {
    const views = (await app.inject(url())).json<SubscriberView[]>();
    expect(
      views.filter(({ kind }) => kind === 'service').map(({ imsi, name, number }) => [imsi, name, number]),
    ).toEqual([[ECHO, 'Echo', '']]);
    expect(views.filter(({ kind }) => kind === 'user')).toHaveLength(10);
    const aliceKeys = await store.credentials(ALICE);
    expect(JSON.stringify(views)).not.toContain(Buffer.from(aliceKeys?.k ?? []).toString('hex'));
  });

  it('knows one, and nobody else', async () => {
    expect((await app.inject(url(`/${ECHO}`))).json()).toMatchObject({ kind: 'service', authenticationScheme: 'none' });
    const response = await app.inject(url('/999'));
    expect([response.statusCode, response.json<Problem>().code]).toEqual([404, 'SUBSCRIBER_UNKNOWN']);
  });
});

describe('DELETE /api/v1/subscribers/{imsi}', () => {
  const remove = (imsi: string) => app.inject({ method: 'DELETE', url: url(`/${imsi}`) });

  it.each<[string, AdministrationOutcome]>([
    ['who is registered, after the S-CSCF was told', { ok: true }],
    ['who is not registered', { ok: false, code: 'REGISTRATION_UNKNOWN', text: 'nobody serves' }],
  ])('removes a user %s, and takes the SIM from its tab', async (_what, ended) => {
    outcome = ended;
    await leases.claim({ ue: 'alice' });
    expect((await remove(ALICE)).statusCode).toBe(204);
    expect(asked).toEqual([`deregister ${ALICE} 0`]);
    expect(await store.byImsi(ALICE)).toBeUndefined();
    expect(leases.isTaken(ALICE)).toBe(false);
    expect((await remove(ALICE)).json<Problem>().code).toBe('SUBSCRIBER_UNKNOWN');
  });

  it.each([
    ['SCSCF_UNREACHABLE', 503],
    ['SCSCF_NO_ANSWER', 502],
    ['SCSCF_REFUSED', 502],
  ] as const)('keeps a user whom the S-CSCF keeps (%s)', async (code, status) => {
    outcome = { ok: false, code, text: 'so it is' };
    const response = await remove(ALICE);
    expect([response.statusCode, response.json<Problem>()]).toMatchObject([status, { code, detail: 'So it is.' }]);
    expect(await store.byImsi(ALICE)).toBeDefined();
  });
});

describe('/api/v1/subscribers/{imsi}/initial-filter-criteria', () => {
  const path = (imsi: string) => url(`/${imsi}/initial-filter-criteria`);
  const put = (imsi: string, payload: object) => app.inject({ method: 'PUT', url: path(imsi), payload });

  it('are stored, brought to the S-CSCF, and read again', async () => {
    expect((await put(ALICE, [CRITERION])).json()).toEqual([CRITERION]);
    expect(asked).toEqual([`profileChanged ${ALICE}`]);
    expect((await app.inject(path(ALICE))).json()).toEqual([CRITERION]);
    expect((await store.byImsi(ALICE))?.initialFilterCriteria).toEqual([CRITERION]);
  });

  it('stay stored when the S-CSCF is away', async () => {
    outcome = { ok: false, code: 'SCSCF_UNREACHABLE', text: 'scscf.example is not connected' };
    const response = await put(ALICE, [CRITERION]);
    expect([response.statusCode, response.json<Problem>().code]).toEqual([503, 'SCSCF_UNREACHABLE']);
    expect((await store.byImsi(ALICE))?.initialFilterCriteria).toEqual([CRITERION]);
  });

  it.each<[string, string, object, number, string]>([
    ['of nobody', '999', [CRITERION], 404, 'SUBSCRIBER_UNKNOWN'],
    ['with a priority twice', ALICE, [CRITERION, CRITERION], 400, 'FILTER_CRITERIA_INVALID'],
    ['with a priority below 0', ALICE, [{ ...CRITERION, priority: -1 }], 400, 'FILTER_CRITERIA_INVALID'],
    ['that are no list', ALICE, CRITERION, 400, 'FILTER_CRITERIA_INVALID'],
  ])('%s are refused', async (_what, imsi, body, status, code) => {
    const response = await put(imsi, body);
    expect([response.statusCode, response.json<Problem>().code]).toEqual([status, code]);
    expect(asked).toEqual([]);
  });
});
