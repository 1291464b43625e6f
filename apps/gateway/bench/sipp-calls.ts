/** Calls a second between UEs that SIPp plays, through the lab and through Kamailio's CSCFs with the lab's HSS, over UDP: INVITE to BYE. */
import { type LoadUe, manySubscribers } from './many-subscribers.ts';
import { kamailio, type Network, wholeLab } from './networks-under-load.ts';
import { type Run, ratio, risingRates, type Step, stepAt, words } from './rising-rates.ts';
import { answerCalls, percentile, runLoad } from './sipp-load.ts';

const UES = 200;
const REGISTRATIONS_PER_S = 80;
const LOW_RATE_PER_S = 5;
const RATES_PER_S = [20, 50, 100, 200, 300, 400, 600];
/** What a call lasts beside the network's work: it rings and is held for so long, seconds. */
const CALL_S = 0.13;

interface Measured {
  readonly low: Step;
  readonly best: Step | undefined;
}

async function measure(network: Network, ues: readonly LoadUe[]): Promise<Measured> {
  const { target } = network;
  const scenario = 'register-from-own-address.xml';
  const keys = { expires: '600' };
  const registered = await runLoad({ scenario, ues, target, ratePerS: REGISTRATIONS_PER_S, calls: UES, keys });
  if (registered.failed > 0) console.log(`${network.name}: ${registered.failed} of ${UES} UEs could not register`);
  const callers = ues.slice(0, UES / 2);
  const callees = ues.slice(UES / 2);
  const run: Run = (ratePerS, calls) =>
    runLoad({ scenario: 'call-from-own-address.xml', ues: callers, callees, target, ratePerS, calls });
  const answering = await answerCalls(callees);
  try {
    const low = await stepAt(network, run, LOW_RATE_PER_S, CALL_S);
    console.log(words(network, low, 'calls'));
    const good = await risingRates(network, run, RATES_PER_S, { what: 'calls', extraS: CALL_S });
    return { low, best: good.at(-1) };
  } finally {
    await answering.stop();
  }
}

export async function run(): Promise<void> {
  const ues = manySubscribers(UES);
  const lab = await wholeLab(ues);
  console.log('latency is from INVITE to 180; CPU of the lab holds its HSS, that of Kamailio does not');
  const ours = await measure(lab, ues).finally(() => lab.close());
  const peer = await kamailio(ues);
  if (peer === undefined) return;
  const theirs = await measure(peer, ues).finally(() => peer.close());
  const most = (measured: Measured) => measured.best?.ratePerS ?? 0;
  const p50 = ({ low }: Measured) => percentile(low.times, 0.5);
  console.log(ratio('highest rate, lab against Kamailio', most(ours), most(theirs), 0, 'calls/s'));
  console.log(ratio(`p50 INVITE to 180 at ${LOW_RATE_PER_S}/s, lab against Kamailio`, p50(ours), p50(theirs), 1, 'ms'));
}
