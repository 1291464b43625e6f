import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LabProcess } from './lab-process.ts';
import { type Ended, runProgram } from './programs.ts';

export const DOMAIN = 'ims.mnc001.mcc001.3gppnetwork.org';
/** The operator's OP, of the seeded subscribers. */
const OP = 'cdc202d5123e20f62b6d676ac72cb318';

const imsi = (n: number) => `0010100000000${String(n).padStart(2, '0')}`;
/** K of the seeded subscriber n: its last octet is n in decimal digits. */
const k = (n: number) => `fec86ba6eb707ed08905757b1bb44b${String(n).padStart(2, '0')}`;

/** SIPp's file of subscribers 1 to 10: IMSI, domain, and the order to answer an AKA challenge. */
function users(): string {
  const lines = Array.from({ length: 10 }, (_, index) => {
    const n = index + 1;
    const order = `[authentication username=${imsi(n)}@${DOMAIN} password=unused aka_OP=0x${OP} aka_K=0x${k(n)} aka_AMF=0x8000]`;
    return `${imsi(n)};${DOMAIN};${order}`;
  });
  return ['SEQUENTIAL', ...lines, ''].join('\n');
}

export interface SippRun extends Ended {
  readonly successful: number;
  readonly failed: number;
}

/** Runs a scenario of test/sipp against the P-CSCF over UDP. */
export async function runSipp(lab: LabProcess, scenario: string, calls: number, ratePerS: number): Promise<SippRun> {
  const folder = mkdtempSync(path.join(tmpdir(), 'imslab-sipp-'));
  try {
    const csv = path.join(folder, 'users.csv');
    writeFileSync(csv, users());
    const file = path.resolve(import.meta.dirname, '../sipp', scenario);
    const args = [
      '-sf',
      file,
      '-inf',
      csv,
      '-m',
      String(calls),
      '-r',
      String(ratePerS),
      '-t',
      'u1',
      '-i',
      lab.host,
      '-p',
      '5090',
    ];
    const ended = await runProgram(
      'sipp',
      [...args, '-nostdin', '-timeout', '100s', '-recv_timeout', '10000', `${lab.host}:5060`],
      120_000,
    );
    const number = (label: string) => {
      // SIPp's last screen: label | since the last screen | in all.
      const rows = [...ended.stdout.matchAll(new RegExp(`${label}\\s*\\|\\s*\\d+\\s*\\|\\s*(\\d+)`, 'g'))];
      return Number(rows.at(-1)?.[1] ?? -1);
    };
    return { ...ended, successful: number('Successful call'), failed: number('Failed call') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
