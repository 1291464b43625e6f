import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { LAB_DOMAIN } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import { type LoadUe, OP_HEX } from './many-subscribers.ts';

/** What an answer may take before SIPp counts its call as failed, milliseconds. */
const ANSWER_LIMIT_MS = 5_000;
/** Below the limit of open files of a usual shell. */
const MAX_SOCKETS = 15_000;
const UE_PORT = 5060;
/** SIPp listens this long after it was started, milliseconds. */
const LISTENING_AFTER_MS = 1_000;

export interface LoadOptions {
  /** File of test/sipp. */
  readonly scenario: string;
  readonly ues: readonly LoadUe[];
  /** Whom each of them calls, in the same order. */
  readonly callees?: readonly LoadUe[];
  /** Address of the P-CSCF. */
  readonly target: string;
  readonly ratePerS: number;
  readonly calls: number;
  /** Values of the scenario's own keywords. */
  readonly keys?: Readonly<Record<string, string>>;
}

/** What a run of SIPp came to. */
export interface LoadOutcome {
  /** Milliseconds that the network took for each call that succeeded, shortest first. */
  readonly times: readonly number[];
  readonly failed: number;
  readonly seconds: number;
}

/** Debian's SIPp 3.6.1 now and then takes what it finds behind an AKA key in memory for words of the scenario, and ends before it made a call. */
const MAX_ATTEMPTS = 5;

/** Runs a scenario at a rate. Each UE takes its turn; the scenario's log has two times, seconds and microseconds, around each wait. */
export async function runLoad(options: LoadOptions): Promise<LoadOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await runOnce(options);
    const madeNoCall = outcome.times.length === 0 && outcome.seconds < options.calls / options.ratePerS;
    if (!madeNoCall || attempt === MAX_ATTEMPTS) return outcome;
  }
}

async function runOnce(options: LoadOptions): Promise<LoadOutcome> {
  const { ratePerS, calls, keys = {} } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'imslab-load-'));
  try {
    const log = path.join(folder, 'times.log');
    const began = performance.now();
    const child = startSipp(folder, options, [
      ...['-m', String(calls), '-r', String(ratePerS), '-l', String(calls)],
      ...Object.entries(keys).flatMap(([name, value]) => ['-key', name, value]),
      ...['-recv_timeout', String(ANSWER_LIMIT_MS), '-trace_logs', '-log_file', log],
      options.target,
    ]);
    await once(child, 'close');
    const times = readTimes(log);
    return { times, failed: calls - times.length, seconds: (performance.now() - began) / 1_000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lets these UEs answer every call until it is stopped. */
export async function answerCalls(ues: readonly LoadUe[]): Promise<{ stop(): Promise<void> }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'imslab-load-'));
  const child = startSipp(folder, { scenario: 'answer-anyone.xml', ues }, []);
  await new Promise((resolve) => setTimeout(resolve, LISTENING_AFTER_MS));
  return {
    stop: async () => {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function startSipp(
  folder: string,
  { scenario, ues, callees = [] }: Pick<LoadOptions, 'scenario' | 'ues' | 'callees'>,
  args: readonly string[],
): ChildProcess {
  const csv = path.join(folder, 'ues.csv');
  writeFileSync(csv, ['SEQUENTIAL', ...ues.map((ue, index) => line(ue, callees[index])), ''].join('\n'));
  const file = fileURLToPath(new URL(`../../../test/sipp/${scenario}`, import.meta.url));
  return spawn(
    'sipp',
    [
      ...['-sf', file, '-inf', csv, '-t', 'ui', '-ip_field', '4', '-p', String(UE_PORT)],
      ...['-max_socket', String(MAX_SOCKETS), '-nostdin', ...args],
    ],
    { stdio: 'ignore' },
  );
}

/** Fields as in test/kit/sipp.ts: IMSI, domain, the order to answer a challenge, whom to call, address, address with port. */
function line({ imsi, address, kHex }: LoadUe, callee: LoadUe | undefined): string {
  const order = `[authentication username=${imsi}@${LAB_DOMAIN} password=unused aka_OP=0x${OP_HEX} aka_K=0x${kHex} aka_AMF=0x8000]`;
  const called = callee === undefined ? '' : `sip:${callee.imsi}@${LAB_DOMAIN}`;
  return [imsi, LAB_DOMAIN, order, called, address, `${address}:${UE_PORT}`].join(';');
}

/** The sum of the waits of each call, shortest first. */
function readTimes(log: string): readonly number[] {
  if (!existsSync(log)) return [];
  return readFileSync(log, 'utf8')
    .split('\n')
    .map((text) => text.split(' ').map(Number))
    .filter((numbers) => numbers.length >= 4 && numbers.length % 4 === 0)
    .map((numbers) => {
      let ms = 0;
      for (let i = 0; i < numbers.length; i += 4) {
        const [fromS = 0, fromUs = 0, toS = 0, toUs = 0] = numbers.slice(i, i + 4);
        ms += (toS - fromS) * 1_000 + (toUs - fromUs) / 1_000;
      }
      return ms;
    })
    .sort((a, b) => a - b);
}
