import type { Problem } from '@imslab/ims-core/api/lab-api';
import { createHss } from '@imslab/ims-core/nodes/hss/hss';
import type { CxResult } from '@imslab/ims-core/ports/cx-client';
import type {
  CxPushHandlers,
  PushProfileRequest,
  RegistrationTerminationRequest,
} from '@imslab/ims-core/ports/cx-push';
import type { SubscriberStore } from '@imslab/ims-core/ports/subscriber-store';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../packages/ims-core/test/kit/virtual-clock.ts';
import { registrationRoutes } from '../src/api/registrations.ts';
import { SimLeases } from '../src/api/sim-leases.ts';
import { subscriberRoutes } from '../src/api/subscribers.ts';
import type { ConnectedCxClient } from '../src/diameter/cx-client.ts';
import type { CxServer } from '../src/diameter/cx-server.ts';
import { openSubscriberStore } from '../src/store/subscriber-store.ts';
import { systemRandom } from '../src/system-random.ts';
import { CxLab, impi, impu, realm, serverName, until } from './kit/cx-lab.ts';

const IMSI = '001010000000001';
const ECHO = '001019999999901';
const impus = [impu, 'tel:+15550001001', `sip:alice@${realm}`, `sip:${impi}`];

let lab: CxLab;
let store: SubscriberStore;
let app: FastifyInstance;
let server: CxServer;
let scscf: ConnectedCxClient;
let asked: (RegistrationTerminationRequest | PushProfileRequest)[];
let result: CxResult;

/** The HSS with its database, its Diameter server and its HTTP API; and an S-CSCF on the other end of the wire, to which Alice is registered. */
beforeEach(async () => {
  lab = new CxLab();
  asked = [];
  result = { vendor: 0, code: 2001 };
  store = await openSubscriberStore({ file: ':memory:' });
  const hss = createHss({ store, random: systemRandom });
  server = await lab.server(hss);
  const administration = hss.administration(server);
  const leases = new SimLeases({
    store,
    clock: new VirtualClock(),
    newToken: () => 't',
    domain: realm,
    pcscf: 'sip:p',
  });
  app = Fastify();
  registrationRoutes(app, { store, administration, registrations: () => [] });
  subscriberRoutes(app, { store, leases, administration, domain: realm, onAdded: () => {} });

  scscf = lab.client(server.port);
  const answer = async (request: RegistrationTerminationRequest | PushProfileRequest) => {
    asked.push(request);
    return { result };
  };
  const handlers: CxPushHandlers = { registrationTermination: answer, pushProfile: answer };
  scscf.serve(handlers);
  await scscf.ready(5_000);
  await assign(1, impu, impi);
});
afterEach(async () => {
  await app.close();
  await lab.close();
  await store.close();
});

function assign(serverAssignmentType: 1 | 3, publicIdentity: string, userName?: string) {
  const request = {
    publicIdentities: [publicIdentity],
    serverName,
    serverAssignmentType,
    userDataAlreadyAvailable: false,
  };
  return scscf.serverAssignment({ ...request, ...(userName === undefined ? {} : { userName }) }, { cause: null });
}
const end = (identity: string, query = '') =>
  app.inject({ method: 'DELETE', url: `/api/v1/registrations/${encodeURIComponent(identity)}${query}` });
const stateOf = async (imsi: string) => (await store.byImsi(imsi))?.state;

describe('DELETE /api/v1/registrations/{identity}', () => {
  it.each([
    ['the IMPU', impu],
    ['the IMPU with port and parameters', `${impu}:5060;user=phone`],
    ['another IMPU of the set', `sip:alice@${realm}`],
    ['the tel URI as people write it', 'tel:+1-555-000-1001'],
    ['the IMPI', impi],
    ['the IMSI', IMSI],
  ])('ends the registration that %s names, by RTR', async (_what, identity) => {
    const response = await end(identity);
    expect([response.statusCode, response.body]).toEqual([204, '']);
    expect(asked).toEqual([{ userName: impi, publicIdentities: impus, reason: 0 }]);
    expect(await store.byImsi(IMSI)).toMatchObject({ state: 'NOT_REGISTERED', serverName: '', authPending: false });
    expect((await end(identity)).json<Problem>().code).toBe('REGISTRATION_UNKNOWN');
    expect(asked).toHaveLength(1);
  });

  it('gives the reason and the words of the operator', async () => {
    await end(IMSI, '?reason=SERVER_CHANGE&info=Wartung%20S%C3%BCd');
    expect(asked).toEqual([{ userName: impi, publicIdentities: impus, reason: 2, reasonInfo: 'Wartung Süd' }]);
    expect(await stateOf(IMSI)).toBe('NOT_REGISTERED');
  });

  it('takes a service from its S-CSCF', async () => {
    await assign(3, `sip:echo@${realm}`);
    expect(await stateOf(ECHO)).toBe('UNREGISTERED');
    expect((await end(`sip:echo@${realm}`, '?reason=REMOVE_S-CSCF')).statusCode).toBe(204);
    expect(asked).toEqual([{ userName: `echo@${realm}`, publicIdentities: [`sip:echo@${realm}`], reason: 3 }]);
    expect(await stateOf(ECHO)).toBe('NOT_REGISTERED');
  });

  it.each([
    ['nobody', 'sip:nobody@elsewhere.example', '', 404, 'REGISTRATION_UNKNOWN'],
    ['somebody who is not registered', 'tel:+15550001002', '', 404, 'REGISTRATION_UNKNOWN'],
    ['what is no identity', 'x/y', '', 404, 'REGISTRATION_UNKNOWN'],
    ['a registered user as if unregistered', IMSI, '?reason=REMOVE_S-CSCF', 409, 'REASON_CONTRADICTS_STATE'],
    ['a reason of the HSS alone', IMSI, '?reason=NEW_SERVER_ASSIGNED', 400, 'REASON_INVALID'],
    ['a reason that is none', IMSI, '?reason=0', 400, 'REASON_INVALID'],
    ['a query that nobody knows', IMSI, '?colour=red', 400, 'REASON_INVALID'],
  ])('of %s is refused, and nobody is asked', async (_what, identity, query, status, code) => {
    const response = await end(identity, query);
    expect([response.statusCode, response.json<Problem>().code]).toEqual([status, code]);
    expect(asked).toEqual([]);
    expect(await stateOf(IMSI)).toBe('REGISTERED');
  });

  it('says that the S-CSCF is away, and the user stays registered', async () => {
    await scscf.close();
    await until(() => server.peers().length === 0);
    const response = await end(IMSI);
    expect([response.statusCode, response.json<Problem>().code]).toEqual([503, 'SCSCF_UNREACHABLE']);
    expect(await store.byImsi(IMSI)).toMatchObject({ state: 'REGISTERED', serverName });
  });

  it('says what the S-CSCF refused with, and the user stays registered', async () => {
    result = { vendor: 0, code: 5012 };
    const response = await end(IMSI);
    expect([response.statusCode, response.json<Problem>()]).toMatchObject([
      502,
      { code: 'SCSCF_REFUSED', detail: 'The S-CSCF answered RTR with 5012.' },
    ]);
    expect(await stateOf(IMSI)).toBe('REGISTERED');
  });
});

describe('changes at the HSS reach the S-CSCF', () => {
  it('when a user is removed', async () => {
    expect((await app.inject({ method: 'DELETE', url: `/api/v1/subscribers/${IMSI}` })).statusCode).toBe(204);
    expect(asked).toMatchObject([{ userName: impi, reason: 0, reasonInfo: 'the subscription was removed' }]);
    expect(await scscf.locationInfo({ publicIdentity: impu }, { cause: null })).toMatchObject({
      answer: { result: { vendor: 10415, code: 5001 } },
    });
  });

  it('when the services of a user change', async () => {
    const criteria = (await store.byImsi(ECHO))?.initialFilterCriteria ?? [];
    const url = `/api/v1/subscribers/${IMSI}/initial-filter-criteria`;
    expect((await app.inject({ method: 'PUT', url, payload: [...criteria] })).statusCode).toBe(200);
    expect(asked).toEqual([{ userName: impi, userData: expect.stringContaining(`sip:as.${realm}:5080`) }]);
    expect(await stateOf(IMSI)).toBe('REGISTERED');
  });
});
