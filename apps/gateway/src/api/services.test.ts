import type { Problem, ServiceSettings } from '@imslab/ims-core/api/lab-api';
import type { AdministrationOutcome, HssAdministration } from '@imslab/ims-core/nodes/hss/administration';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSubscriberStore, type SubscriberDatabase } from '../store/subscriber-store.ts';
import { serviceRoutes } from './services.ts';

const DOMAIN = 'ims.example';
const AS_URI = `sip:as.${DOMAIN}:5080`;
const BOB = '001010000000002';
const ECHO = '001019999999901';
const CAROL_URI = `sip:+15550001003@${DOMAIN}`;
const NOTHING: ServiceSettings = { forwarding: {}, greeting: false };

let app: FastifyInstance;
let store: SubscriberDatabase;
let pushed: string[];
let outcome: AdministrationOutcome;

beforeEach(async () => {
  pushed = [];
  outcome = { ok: true };
  store = await openSubscriberStore({ file: ':memory:', domain: DOMAIN });
  const administration: HssAdministration = {
    deregister: async () => ({ ok: true }),
    profileChanged: async (imsi) => {
      pushed.push(imsi);
      return outcome;
    },
  };
  app = Fastify();
  serviceRoutes(app, { store, services: store.services, administration, domain: DOMAIN, asUri: AS_URI });
});
afterEach(async () => {
  await app.close();
  await store.close();
});

const url = (imsi: string) => `/api/v1/subscribers/${imsi}/services`;
const get = (imsi = BOB) => app.inject({ method: 'GET', url: url(imsi) });
const put = (payload: object, imsi = BOB) => app.inject({ method: 'PUT', url: url(imsi), payload });
const criteria = async () => (await store.byImsi(BOB))?.initialFilterCriteria ?? [];
const servers = async () => (await criteria()).map(({ applicationServer }) => applicationServer.serverName);

describe('the services of a user', () => {
  it('are none at first', async () => {
    expect((await get()).json()).toEqual(NOTHING);
  });

  it('are stored, and bring filter criteria to the S-CSCF', async () => {
    const wish = { forwarding: { busy: 'carol', noAnswer: { target: 'tel:+15550001003' } }, greeting: true };
    const response = await put(wish);
    const stored = {
      forwarding: { busy: CAROL_URI, noAnswer: { target: 'tel:+15550001003', afterS: 20 } },
      greeting: true,
    };
    expect([response.statusCode, response.json()]).toEqual([200, stored]);
    expect((await get()).json()).toEqual(stored);
    expect(await servers()).toEqual([`sip:forwarding@as.${DOMAIN}:5080;lr`, `sip:greeting@as.${DOMAIN}:5080;lr`]);
    expect(pushed).toEqual([BOB]);
  });

  it('leave no criterion behind when they are switched off', async () => {
    await put({ forwarding: { unconditional: 'carol' }, greeting: true });
    expect((await put(NOTHING)).json()).toEqual(NOTHING);
    expect(await criteria()).toEqual([]);
    expect(pushed).toEqual([BOB, BOB]);
  });

  it('leave the criteria of other application servers as they are', async () => {
    const other = {
      priority: 1,
      applicationServer: {
        serverName: 'sip:as.example.net',
        defaultHandling: 'SESSION_CONTINUED',
        includeRegisterRequest: false,
        includeRegisterResponse: false,
      },
    } as const;
    await store.setInitialFilterCriteria(BOB, [other]);
    await put({ forwarding: {}, greeting: true });
    await put(NOTHING);
    expect(await criteria()).toEqual([other]);
  });

  it.each([
    ['a name', 'Carol', CAROL_URI],
    ['a service', 'echo', `sip:echo@${DOMAIN}`],
    ['a number', '+1 555 000-1003', CAROL_URI],
    ['a number without +', '15550001003', CAROL_URI],
    ['a number of another network', '+4930123456', 'tel:+4930123456'],
    ['a SIP URI', `sip:carol@${DOMAIN}`, `sip:carol@${DOMAIN}`],
    ['an address', `carol@${DOMAIN}`, `sip:carol@${DOMAIN}`],
    ['a tel URI', 'tel:+15550001003', 'tel:+15550001003'],
  ])('take %s as a target', async (_what, target, uri) => {
    const response = await put({ forwarding: { notReachable: target }, greeting: false });
    expect(response.json()).toEqual({ forwarding: { notReachable: uri }, greeting: false });
  });

  it.each([
    ['nobody of the lab', 'zoe'],
    ['a number that only a network could complete', '1003'],
    ['a URI without a user', `sip:${DOMAIN}`],
    ['a URI of another scheme', 'mailto:carol@ims.example'],
    ['a broken URI', 'sip:carol@@ims'],
    ['the user', 'bob'],
    ['the user by another identity', 'tel:+15550001002'],
  ])('refuse %s as a target', async (_what, target) => {
    const response = await put({ forwarding: { busy: target }, greeting: false });
    expect([response.statusCode, response.json<Problem>().code]).toEqual([400, 'FORWARDING_TARGET_INVALID']);
    expect((await get()).json()).toEqual(NOTHING);
    expect(pushed).toEqual([]);
  });

  it.each([
    ['no body', {}],
    ['another member', { ...NOTHING, voicemail: true }],
    ['a negative time', { forwarding: { noAnswer: { target: 'carol', afterS: -1 } }, greeting: false }],
    ['a time without end', { forwarding: { noAnswer: { target: 'carol', afterS: 100_000 } }, greeting: false }],
  ])('refuse %s', async (_what, body) => {
    const response = await put(body);
    expect([response.statusCode, response.json<Problem>().code]).toEqual([400, 'SERVICES_INVALID']);
  });

  it.each([
    ['nobody has this IMSI', '001010000000099'],
    ['it is a service itself', ECHO],
  ])('are not there when %s', async (_what, imsi) => {
    for (const response of [await get(imsi), await put(NOTHING, imsi)]) {
      expect([response.statusCode, response.json<Problem>().code]).toEqual([404, 'SUBSCRIBER_UNKNOWN']);
    }
  });

  it('stay stored when the S-CSCF does not take them', async () => {
    outcome = { ok: false, code: 'SCSCF_NO_ANSWER', text: 'the S-CSCF is silent' };
    const response = await put({ forwarding: {}, greeting: true });
    expect([response.statusCode, response.json<Problem>().code]).toEqual([502, 'SCSCF_NO_ANSWER']);
    expect((await get()).json()).toEqual({ forwarding: {}, greeting: true });
  });
});
