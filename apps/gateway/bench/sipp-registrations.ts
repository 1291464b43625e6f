/** Full AKA registrations a second that SIPp drives through the lab and through Kamailio's CSCFs with the lab's HSS, over UDP. */
import { type LoadUe, manySubscribers } from './many-subscribers.ts';
import { kamailio, labWithHssApart, type Network, wholeLab } from './networks-under-load.ts';
import { type Run, ratio, risingRates, type Step, stepAt, words } from './rising-rates.ts';
import { percentile, runLoad } from './sipp-load.ts';

const UES = 500;
const WARM_UP_PER_S = 150;
/** How often each UE registers before anything is measured: V8 compiles what ran some thousand times. */
const WARM_UP_ROUNDS = 4;
const LOW_RATE_PER_S = 20;
const RATES_PER_S = [100, 200, 300, 400, 500, 600, 750, 900, 1_100, 1_350, 1_700, 2_000];
/** What Kamailio's CSCFs with PyHSS 2.0 on SQLite did on two cores: PyHSS cannot be installed here. */
const PYHSS_STACK_PER_S = 19;

interface Measured {
  readonly low: Step;
  /** The highest rate that was sustained. */
  readonly best: Step | undefined;
}

function runOf(network: Network, ues: readonly LoadUe[]): Run {
  const scenario = 'register-from-own-address.xml';
  return (ratePerS, calls) =>
    runLoad({ scenario, ues, target: network.target, ratePerS, calls, keys: { expires: '600' } });
}

/** The first registrations of each UE, which are also time for the compilers. */
async function warmUp(network: Network, ues: readonly LoadUe[]): Promise<void> {
  await runOf(network, ues)(WARM_UP_PER_S, UES * WARM_UP_ROUNDS);
}

async function measure(network: Network, ues: readonly LoadUe[]): Promise<Measured> {
  const run = runOf(network, ues);
  await warmUp(network, ues);
  const low = await stepAt(network, run, LOW_RATE_PER_S);
  console.log(words(network, low, 'registrations'));
  const good = await risingRates(network, run, RATES_PER_S, { what: 'registrations' });
  return { low, best: good.at(-1) };
}

export async function run(): Promise<void> {
  const ues = manySubscribers(UES);
  const lab = await wholeLab(ues);
  const ours = await measure(lab, ues).finally(() => lab.close());
  const most = ours.best?.ratePerS ?? 0;
  const pyhss = `${(most / PYHSS_STACK_PER_S).toFixed(1)} times the ${PYHSS_STACK_PER_S}/s of Kamailio's CSCFs with PyHSS (measured before)`;
  console.log(`highest rate of the lab: ${most} registrations/s, ${pyhss}`);

  // First with the same procedures as the lab's, then without the subscription of the P-CSCF to each registration.
  for (const watchesRegistrations of [true, false]) {
    const peer = await kamailio(ues, watchesRegistrations);
    if (peer === undefined) return;
    try {
      const theirs = await measure(peer, ues);
      const best = theirs.best?.ratePerS ?? 0;
      const p50 = ({ low }: Measured) => percentile(low.times, 0.5);
      console.log(ratio(`highest rate, the lab against ${peer.name}`, most, best, 0, 'registrations/s'));
      console.log(ratio(`p50 at ${LOW_RATE_PER_S}/s, the lab against ${peer.name}`, p50(ours), p50(theirs), 1, 'ms'));
      await compareProcessors(peer, ues, Math.round(Math.min(most, best) / 20) * 10);
    } finally {
      await peer.close();
    }
  }
}

/** CPU for each registration of the three CSCFs alone, ours and Kamailio's, at the low rate and at half of what both sustain. */
async function compareProcessors(peer: Network, ues: readonly LoadUe[], halfRatePerS: number): Promise<void> {
  const cscfs = await labWithHssApart(ues);
  try {
    await warmUp(cscfs, ues);
    for (const rate of [LOW_RATE_PER_S, halfRatePerS]) {
      if (rate === 0) continue;
      const ours = await stepAt(cscfs, runOf(cscfs, ues), rate);
      const theirs = await stepAt(peer, runOf(peer, ues), rate);
      console.log(words(cscfs, ours, 'registrations'));
      console.log(words(peer, theirs, 'registrations'));
      console.log(ratio(`CPU a registration at ${rate}/s, against ${peer.name}`, ours.cpuMs, theirs.cpuMs, 2, 'ms'));
    }
  } finally {
    await cscfs.close();
  }
}
