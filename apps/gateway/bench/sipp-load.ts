import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

export interface LoadOptions {
  /** File of bench/sipp. */
  readonly scenario: string;
  readonly ues: readonly LoadUe[];
  /** Address of the P-CSCF. */
  readonly target: string;
  readonly ratePerS: number;
  readonly calls: number;
}

/** What a run of SIPp came to. */
export interface LoadOutcome {
  /** Milliseconds that the network took for each call that succeeded, shortest first. */
  readonly times: readonly number[];
  readonly failed: number;
  readonly seconds: number;
  /** What SIPp wrote when it was not content. */
  readonly words: string;
}

/** Runs a scenario at a rate. Each UE takes its turn; the scenario's log has two times, seconds and microseconds, around each wait. */
export async function runLoad(options: LoadOptions): Promise<LoadOutcome> {
  const { ues, ratePerS, calls } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'imslab-load-'));
  try {
    const csv = path.join(folder, 'ues.csv');
    const log = path.join(folder, 'times.log');
    writeFileSync(csv, ['SEQUENTIAL', ...ues.map(line), ''].join('\n'));
    const scenario = fileURLToPath(new URL(`../bench/sipp/${options.scenario}`, import.meta.url));
    const began = performance.now();
    const words = await sipp([
      ...['-sf', scenario, '-inf', csv, '-t', 'ui', '-ip_field', '3', '-p', '5060'],
      ...['-m', String(calls), '-r', String(ratePerS), '-l', String(calls), '-max_socket', String(MAX_SOCKETS)],
      ...['-recv_timeout', String(ANSWER_LIMIT_MS), '-nostdin', '-trace_logs', '-log_file', log],
      options.target,
    ]);
    const times = readTimes(log);
    return {
      times,
      failed: calls - times.length,
      seconds: (performance.now() - began) / 1_000,
      words,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function line({ imsi, address, kHex }: LoadUe): string {
  const order = `[authentication username=${imsi}@${LAB_DOMAIN} password=unused aka_OP=0x${OP_HEX} aka_K=0x${kHex} aka_AMF=0x8000]`;
  return [imsi, LAB_DOMAIN, order, address].join(';');
}

/** Resolves with its complaint; empty when all calls went well. */
function sipp(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('sipp', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve(status === 0 ? '' : `SIPp ended with ${status}: ${errors.slice(0, 2_000)}`));
  });
}

/** The sum of the waits of each call, shortest first. */
function readTimes(log: string): readonly number[] {
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
