/** Full AKA registrations a second that SIPp drives through a network over UDP: latency at a low rate, and rising rates until the first failure. */
import { Gateway } from './gateway-process.ts';
import { type LoadUe, manySubscribers } from './many-subscribers.ts';
import { processorTimeMs } from './processor-time.ts';
import { type LoadOutcome, percentile, runLoad } from './sipp-load.ts';

const UES = 2_000;
const LOW_RATE_PER_S = 20;
const RATES_PER_S = [100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000, 1_200, 1_400, 1_700, 2_000];
const WARM_UP_PER_S = 200;
const STEP_S = 4;
/** Nobody keeps up who ends this much later than the last call began, seconds. */
const LATE_S = 1.5;

/** A network under load. */
interface Network {
  readonly name: string;
  /** Address of its P-CSCF. */
  readonly target: string;
  /** Processes of the CSCFs. */
  readonly cscfs: readonly number[];
}

interface Step extends LoadOutcome {
  readonly ratePerS: number;
  readonly sustained: boolean;
  readonly cpuMs: number | undefined;
}

async function step(network: Network, ues: readonly LoadUe[], ratePerS: number): Promise<Step> {
  const calls = ratePerS * STEP_S;
  const before = processorTimeMs(network.cscfs);
  const outcome = await runLoad({ scenario: 'register.xml', ues, target: network.target, ratePerS, calls });
  const after = processorTimeMs(network.cscfs);
  const sustained = outcome.failed === 0 && outcome.seconds < STEP_S + LATE_S;
  const cpuMs = before === undefined || after === undefined ? undefined : (after - before) / outcome.times.length;
  return { ...outcome, ratePerS, sustained, cpuMs };
}

function say(network: Network, { ratePerS, times, failed, cpuMs, seconds, sustained }: Step): void {
  const p = (share: number) => percentile(times, share).toFixed(1);
  const cpu = cpuMs === undefined ? '' : `, ${cpuMs.toFixed(2)} ms CPU each`;
  const verdict = sustained ? '' : ` (not sustained: ${failed} failed, ${seconds.toFixed(1)} s)`;
  console.log(`${network.name}, ${ratePerS} registrations/s: p50 ${p(0.5)} ms, p99 ${p(0.99)} ms${cpu}${verdict}`);
}

async function measure(network: Network, ues: readonly LoadUe[]): Promise<void> {
  // The first registration of each UE, and time for the compilers.
  await runLoad({ scenario: 'register.xml', ues, target: network.target, ratePerS: WARM_UP_PER_S, calls: UES });
  say(network, await step(network, ues, LOW_RATE_PER_S));
  for (const rate of RATES_PER_S) {
    const done = await step(network, ues, rate);
    say(network, done);
    if (!done.sustained) return;
  }
}

export async function run(): Promise<void> {
  const ues = manySubscribers(UES);
  const subscribers = ues.map(({ seeded }) => seeded);
  const env = { IMSLAB_AUTHENTICATION_AVOID_ZERO_OCTET_IN_RES: 'true' };
  const gateway = await Gateway.start({ subscribers, env });
  try {
    await measure({ name: 'the lab', target: `${gateway.host}:5060`, cscfs: [gateway.pid] }, ues);
  } finally {
    await gateway.close();
  }
}
