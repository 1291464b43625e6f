import type { Network } from './networks-under-load.ts';
import { processorTimeMs } from './processor-time.ts';
import { type LoadOutcome, percentile } from './sipp-load.ts';

/** Longest time at one rate, seconds. */
const STEP_S = 2;
/** A low rate runs until this many calls, so that its percentiles mean something. */
const FEWEST_CALLS = 160;
/** Nobody keeps up who ends this much later than the last call began, seconds. */
const LATE_S = 1.5;
/** After a rate that was too high, a network may first get rid of what waits, milliseconds. */
const SETTLE_MS = 2_000;

export interface Step {
  readonly ratePerS: number;
  readonly sustained: boolean;
  readonly times: readonly number[];
  readonly failed: number;
  readonly seconds: number;
  /** CPU of the counted processes for each call, milliseconds; NaN where there is no /proc. */
  readonly cpuMs: number;
}

/** Runs so many calls, or registrations, at a rate. */
export type Run = (ratePerS: number, calls: number) => Promise<LoadOutcome>;

/** One rate. `extraS` is what a call lasts beside the network's work. */
export async function stepAt(network: Network, run: Run, ratePerS: number, extraS = 0): Promise<Step> {
  const calls = Math.max(FEWEST_CALLS, ratePerS * STEP_S);
  const before = processorTimeMs(network.counted) ?? Number.NaN;
  const outcome = await run(ratePerS, calls);
  const after = processorTimeMs(network.counted) ?? Number.NaN;
  const expectedS = calls / ratePerS + extraS;
  return {
    ...outcome,
    ratePerS,
    sustained: outcome.failed === 0 && outcome.seconds < expectedS + LATE_S,
    cpuMs: (after - before) / outcome.times.length,
  };
}

/**
 * Rising rates until the first that is not sustained at the second try either, then one between. Says each; returns those that
 * were sustained.
 */
export async function risingRates(
  network: Network,
  run: Run,
  rates: readonly number[],
  { what, extraS = 0 }: { readonly what: string; readonly extraS?: number },
): Promise<readonly Step[]> {
  const good: Step[] = [];
  const once = async (rate: number) => {
    const step = await stepAt(network, run, rate, extraS);
    console.log(words(network, step, what));
    if (step.sustained) good.push(step);
    else await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return step.sustained;
  };
  const isSustained = async (rate: number) => (await once(rate)) || (await once(rate));
  for (const rate of rates) {
    if (await isSustained(rate)) continue;
    const last = good.at(-1)?.ratePerS ?? 0;
    const between = Math.round((last + rate) / 20) * 10;
    if (between > last && between < rate) await isSustained(between);
    break;
  }
  return good;
}

export function words(network: Network, step: Step, what: string): string {
  const { ratePerS, times, failed, cpuMs, seconds, sustained } = step;
  const p = (share: number) => percentile(times, share).toFixed(1);
  const verdict = sustained ? '' : ` — not sustained: ${failed} failed, ${seconds.toFixed(1)} s`;
  return `${network.name}: ${ratePerS} ${what}/s, p50 ${p(0.5)} ms, p99 ${p(0.99)} ms, ${cpuMs.toFixed(2)} ms CPU each${verdict}`;
}

/** `label: a against b, ratio`; the ratio says how many times the first is the second. */
export function ratio(label: string, ours: number, theirs: number, digits: number, unit: string): string {
  return `${label}: ${ours.toFixed(digits)} against ${theirs.toFixed(digits)} ${unit}, ratio ${(ours / theirs).toFixed(2)}`;
}
