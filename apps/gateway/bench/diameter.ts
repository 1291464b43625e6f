import { type CxOutcome, ServerAssignmentType } from '@imslab/ims-core/ports/cx-client';
import type { CxHandlers } from '@imslab/ims-core/ports/cx-handlers';
import { TraceHistory } from '@imslab/ims-core/trace/history';
import { createCxClient } from '../src/diameter/cx-client.ts';
import { createCxServer } from '../src/diameter/cx-server.ts';
import { systemClock } from '../src/system-clock.ts';
import { systemRandom } from '../src/system-random.ts';

const OUTSTANDING = 64;
const WARM_UP = 2_000;
const REQUESTS = 20_000;
/** What the profile of a seeded subscriber takes. */
const USER_DATA_OCTETS = 1_500;
const realm = 'ims.mnc001.mcc001.3gppnetwork.org';
const userName = `001010000000001@${realm}`;
const publicIdentity = `sip:+15550001001@${realm}`;
const serverName = `sip:scscf.${realm}:6060`;

const silent = { info: () => {}, warn: () => {}, error: () => {} };

const vector = {
  itemNumber: 1,
  authenticationScheme: 'Digest-AKAv1-MD5' as const,
  authenticate: systemRandom.bytes(32),
  authorization: systemRandom.bytes(8),
  confidentialityKey: systemRandom.bytes(16),
  integrityKey: systemRandom.bytes(16),
};

const success = { vendor: 0, code: 2001 };

/** Answers at once, so that nothing but Diameter is measured. */
const handlers: CxHandlers = {
  userAuthorization: async () => ({ result: { vendor: 10415, code: 2002 }, serverName }),
  multimediaAuth: async ({ userName, publicIdentity }) => ({
    result: success,
    userName,
    publicIdentity,
    authDataItems: [vector],
  }),
  serverAssignment: async () => ({ result: success, userName, userData: 'x'.repeat(USER_DATA_OCTETS) }),
  locationInfo: async () => ({ result: success, serverName }),
};

/** Prints how many requests per second are answered over a loopback connection, both ends and their trace in this process. */
export async function run(): Promise<void> {
  const common = {
    originRealm: realm,
    trace: new TraceHistory(),
    clock: systemClock,
    random: systemRandom,
    log: silent,
  };
  const hss = { node: 'hss', id: '', label: 'HSS' } as const;
  const scscf = { node: 'scscf', id: '', label: 'S-CSCF' } as const;
  const partyOf = (originHost: string) => (originHost.startsWith('hss') ? hss : scscf);
  const server = createCxServer({
    ...common,
    host: '127.0.0.1',
    port: 0,
    originHost: `hss.${realm}`,
    handlers,
    partyOf,
  });
  await server.start();
  const client = createCxClient({
    ...common,
    host: '127.0.0.1',
    port: server.port,
    originHost: `scscf.${realm}`,
    destinationRealm: realm,
    party: scscf,
    hssParty: hss,
  });
  client.start();
  if (!(await client.ready(5_000))) throw new Error('the peer did not come up');

  const requests: Readonly<Record<string, () => Promise<CxOutcome<unknown>>>> = {
    'UAR/UAA': () =>
      client.userAuthorization(
        { userName, publicIdentity, visitedNetworkIdentifier: realm, userAuthorizationType: 0 },
        { cause: null },
      ),
    'MAR/MAA': () =>
      client.multimediaAuth(
        { userName, publicIdentity, serverName, authenticationScheme: 'Digest-AKAv1-MD5', numberAuthItems: 1 },
        { cause: null },
      ),
    'SAR/SAA': () =>
      client.serverAssignment(
        {
          userName,
          publicIdentities: [publicIdentity],
          serverName,
          serverAssignmentType: ServerAssignmentType.REGISTRATION,
          userDataAlreadyAvailable: false,
        },
        { cause: null },
      ),
  };
  for (const [name, request] of Object.entries(requests)) {
    await ask(request, WARM_UP);
    const [began, before] = [performance.now(), process.cpuUsage()];
    const failed = await ask(request, REQUESTS);
    const used = process.cpuUsage(before);
    const rate = Math.round((1000 * REQUESTS) / (performance.now() - began));
    const microseconds = ((used.user + used.system) / REQUESTS).toFixed(0);
    console.log(
      `Diameter ${name}, ${OUTSTANDING} outstanding: ${rate}/s, ${microseconds} µs of processor time each, ` +
        `${failed} of ${REQUESTS} failed`,
    );
  }
  await client.close();
  await server.close();
}

/** Sends so many, with OUTSTANDING of them on the way; resolves with how many failed. */
async function ask(request: () => Promise<CxOutcome<unknown>>, total: number): Promise<number> {
  let left = total;
  let failed = 0;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      const outcome = await request();
      if (!outcome.ok) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: OUTSTANDING }, one));
  return failed;
}
