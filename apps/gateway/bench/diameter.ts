import type { CxHandlers } from '@imslab/ims-core/ports/cx-handlers';
import { TraceHistory } from '@imslab/ims-core/trace/history';
import { createCxClient } from '../src/diameter/cx-client.ts';
import { createCxServer } from '../src/diameter/cx-server.ts';
import { systemClock } from '../src/system-clock.ts';
import { systemRandom } from '../src/system-random.ts';

const OUTSTANDING = 64;
const WARM_UP = 2_000;
const REQUESTS = 20_000;
const realm = 'ims.mnc001.mcc001.3gppnetwork.org';

const silent = { info: () => {}, warn: () => {}, error: () => {} };

const vector = {
  itemNumber: 1,
  authenticationScheme: 'Digest-AKAv1-MD5' as const,
  authenticate: systemRandom.bytes(32),
  authorization: systemRandom.bytes(8),
  confidentialityKey: systemRandom.bytes(16),
  integrityKey: systemRandom.bytes(16),
};

const notAsked = () => Promise.reject(new Error('only MAR is measured'));

const handlers: CxHandlers = {
  userAuthorization: notAsked,
  locationInfo: notAsked,
  serverAssignment: notAsked,
  multimediaAuth: async ({ userName, publicIdentity }) => ({
    result: { vendor: 0, code: 2001 },
    userName,
    publicIdentity,
    authDataItems: [vector],
  }),
};

/** Prints how many MAR/MAA per second cross a loopback connection with 64 outstanding, both ends and both traces in this process. */
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

  const request = {
    userName: `001010000000001@${realm}`,
    publicIdentity: `sip:+15550001001@${realm}`,
    serverName: `sip:scscf.${realm}:6060`,
    authenticationScheme: 'Digest-AKAv1-MD5',
    numberAuthItems: 1,
  };
  const ask = async (total: number): Promise<number> => {
    let left = total;
    let failed = 0;
    const one = async () => {
      while (left > 0) {
        left -= 1;
        const outcome = await client.multimediaAuth(request, { cause: null });
        if (!outcome.ok) failed += 1;
      }
    };
    await Promise.all(Array.from({ length: OUTSTANDING }, one));
    return failed;
  };

  await ask(WARM_UP);
  const began = performance.now();
  const failed = await ask(REQUESTS);
  const seconds = (performance.now() - began) / 1000;
  await client.close();
  await server.close();
  const rate = Math.round(REQUESTS / seconds);
  console.log(`Diameter MAR/MAA, ${OUTSTANDING} outstanding: ${rate}/s, ${failed} of ${REQUESTS} failed`);
}
