import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LabProcess } from './lab-process.ts';
import { runProgram } from './programs.ts';

export const DOMAIN = 'ims.mnc001.mcc001.3gppnetwork.org';
/** The operator's OP, of the seeded subscribers. */
const OP = 'cdc202d5123e20f62b6d676ac72cb318';
/** Longest run, milliseconds. */
const RUN_LIMIT_MS = 100_000;

const imsi = (n: number) => `0010100000000${String(n).padStart(2, '0')}`;
/** K of the seeded subscriber n: its last octet is n in decimal digits. */
const k = (n: number) => `fec86ba6eb707ed08905757b1bb44b${String(n).padStart(2, '0')}`;

/** The default public identity of the seeded subscriber n. */
export const impu = (n: number) => `sip:+1555000${1000 + n}@${DOMAIN}`;

/**
 * How SIPp uses sockets: one for all calls (UDP, TCP), or one for each call (UDP, TCP).
 * On one TCP connection only one subscriber can register.
 */
export type SippSockets = 'u1' | 'un' | 't1' | 'tn';

export interface SippOptions {
  /** File of test/sipp. */
  readonly scenario: string;
  readonly calls: number;
  readonly ratePerS?: number;
  readonly sockets?: SippSockets;
  readonly port?: number;
  /** Numbers of the seeded subscribers, taken in turn. Default 1 to 10. */
  readonly subscribers?: readonly number[];
  /** Whom each of them calls. */
  readonly callees?: readonly number[];
  /** Calls at the same time. Must be well below the number of subscribers: one of them has one challenge at a time. */
  readonly atOnce?: number;
}

/** What SIPp's last screen counted; `words` is what it wrote when it was not content. */
export interface SippOutcome {
  readonly successful: number;
  readonly failed: number;
  readonly status: number;
  readonly words: string;
}

/** The outcome of a run in which every call went as the scenario says. */
export function allOf(calls: number): SippOutcome {
  return { successful: calls, failed: 0, status: 0, words: '' };
}

/** Runs a scenario against the P-CSCF. */
export async function runSipp(lab: LabProcess, options: SippOptions): Promise<SippOutcome> {
  const { calls, ratePerS = 20, sockets = 'u1', port = 5090, atOnce = 4 } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'imslab-sipp-'));
  try {
    const csv = path.join(folder, 'subscribers.csv');
    writeFileSync(csv, subscriberFile(options));
    const scenario = path.resolve(import.meta.dirname, '../sipp', options.scenario);
    const ended = await runProgram(
      'sipp',
      [
        ...['-sf', scenario, '-inf', csv, '-m', String(calls), '-r', String(ratePerS), '-t', sockets],
        ...['-l', String(atOnce), '-max_socket', '1000', '-i', lab.host, '-p', String(port)],
        ...['-nostdin', '-recv_timeout', '10000', '-timeout', '90s'],
        `${lab.host}:5060`,
      ],
      RUN_LIMIT_MS,
    );
    const counted = (label: string) => {
      // A row of the screen: label | since the last screen | in all.
      const rows = [...ended.stdout.matchAll(new RegExp(`${label}\\s*\\|\\s*\\d+\\s*\\|\\s*(\\d+)`, 'g'))];
      return Number(rows.at(-1)?.[1] ?? -1);
    };
    const failed = counted('Failed call');
    const content = ended.status === 0 && failed === 0;
    const words = content ? '' : `${ended.stderr}\n${ended.stdout.slice(-4_000)}`;
    return { successful: counted('Successful call'), failed, status: ended.status, words };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** SIPp's file of subscribers: IMSI, domain, the order to answer an AKA challenge, and the identity to call. */
function subscriberFile({ subscribers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], callees = [] }: SippOptions): string {
  const lines = subscribers.map((n, index) => {
    const order = `[authentication username=${imsi(n)}@${DOMAIN} password=unused aka_OP=0x${OP} aka_K=0x${k(n)} aka_AMF=0x8000]`;
    const callee = callees[index];
    return [imsi(n), DOMAIN, order, callee === undefined ? '' : impu(callee)].join(';');
  });
  return ['SEQUENTIAL', ...lines, ''].join('\n');
}
