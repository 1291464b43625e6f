import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LabProcess } from './lab-process.ts';
import { runProgram } from './programs.ts';
import { type ScenarioValues, sippScenario } from './sipp-scenario.ts';

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
  /** For the places `{name}` of the scenario. */
  readonly values?: ScenarioValues;
  readonly calls: number;
  readonly ratePerS?: number;
  readonly sockets?: SippSockets;
  readonly port?: number;
  /** Numbers of the seeded subscribers, taken in turn. Default 1 to 10. */
  readonly subscribers?: readonly number[];
  /** What they prove themselves with in place of a card. */
  readonly password?: string;
  /** Whom each of them calls: number of a seeded subscriber, or a URI. */
  readonly callees?: readonly (number | string)[];
  /** A P-CSCF other than the lab's. */
  readonly target?: { readonly host: string; readonly port: number };
  /** Gives each subscriber a loopback address of its own, with this port: fields 4 and 5 of the CSV. */
  readonly ownAddressesPort?: number;
  /** Values of the scenario's own keywords. */
  readonly keys?: Readonly<Record<string, string>>;
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

/** Debian's SIPp 3.6.1 now and then takes what it finds behind an AKA key in memory for words of the scenario, before it has sent an answer. */
const CONFUSED = 'Syntax error or invalid [keyword] in scenario while parsing';
const MAX_ATTEMPTS = 5;

/** Runs a scenario against the P-CSCF. */
export async function runSipp(lab: LabProcess, options: SippOptions): Promise<SippOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await runOnce(lab, options);
    const confused = outcome.words.includes(CONFUSED) && outcome.successful <= 0;
    if (!confused || attempt === MAX_ATTEMPTS) return outcome;
  }
}

async function runOnce(lab: LabProcess, options: SippOptions): Promise<SippOutcome> {
  const { calls, ratePerS = 20, atOnce = 4, target = { host: lab.host, port: 5060 }, keys = {} } = options;
  const { sockets = 'u1', port = 5090, ownAddressesPort } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'imslab-sipp-'));
  try {
    const csv = path.join(folder, 'subscribers.csv');
    writeFileSync(csv, subscriberFile(options, lab.host));
    const scenario = path.join(folder, options.scenario);
    writeFileSync(scenario, sippScenario(options.scenario, options.values));
    const ended = await runProgram(
      'sipp',
      [
        ...['-sf', scenario, '-inf', csv, '-m', String(calls), '-r', String(ratePerS)],
        ...(ownAddressesPort === undefined
          ? ['-t', sockets, '-i', lab.host, '-p', String(port)]
          : ['-t', 'ui', '-ip_field', '4', '-p', String(ownAddressesPort)]),
        ...['-l', String(atOnce), '-max_socket', '1000'],
        ...Object.entries(keys).flatMap(([name, value]) => ['-key', name, value]),
        ...['-nostdin', '-recv_timeout', '10000', '-timeout', '90s'],
        `${target.host}:${target.port}`,
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

/** The loopback address of subscriber n where each has its own: in the network of the lab's. */
function ownAddress(labHost: string, n: number): string {
  return labHost.replace(/\d+$/, String(n));
}

/**
 * SIPp's file of subscribers: IMSI, domain, the order to answer a challenge, the identity to call, the subscriber's own
 * address, and the same with its port.
 */
function subscriberFile(options: SippOptions, labHost: string): string {
  const { subscribers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], callees = [], ownAddressesPort = 0, password } = options;
  const lines = subscribers.map((n, index) => {
    const secret = password ?? `unused aka_OP=0x${OP} aka_K=0x${k(n)} aka_AMF=0x8000`;
    const order = `[authentication username=${imsi(n)}@${DOMAIN} password=${secret}]`;
    const callee = callees[index];
    const called = typeof callee === 'number' ? impu(callee) : (callee ?? '');
    const address = ownAddress(labHost, n);
    return [imsi(n), DOMAIN, order, called, address, `${address}:${ownAddressesPort}`].join(';');
  });
  return ['SEQUENTIAL', ...lines, ''].join('\n');
}
