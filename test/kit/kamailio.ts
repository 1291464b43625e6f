import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { configurationFolder } from './configuration-folder.ts';
import { hasProgram } from './programs.ts';
import { waitUntil } from './wait-until.ts';

/** Shared memory of each box, MiB: enough for ten thousand registrations. */
const SHARED_MEMORY_MIB = 512;
const START_LIMIT_MS = 40_000;
const END_LIMIT_MS = 10_000;
const DOMAIN = 'ims.mnc001.mcc001.3gppnetwork.org';

export type KamailioBox = 'pcscf' | 'icscf' | 'scscf';

/** Where the HSS is that they ask: a lab's. */
export interface KamailioHss {
  readonly host: string;
  readonly port?: number;
  /** Page of that lab, which tells who is connected. */
  readonly url: string;
}

export interface KamailioOptions {
  /** Folder of the configuration files: test/kamailio. */
  readonly folder: string;
  readonly hss: KamailioHss;
  /** Loopback address on which each box listens with its usual port. */
  readonly address: string;
  /** Default: all three. */
  readonly boxes?: readonly KamailioBox[];
  /** Address of the I-CSCF, port 4060, when it is not one of these boxes. */
  readonly icscf?: string;
  /** Whether its P-CSCF subscribes to each registration, as TS 24.229 5.2.3 asks. Default true. */
  readonly watchesRegistrations?: boolean;
}

/** Kamailio's CSCFs, each a process with its children, against the HSS of a lab. */
export class KamailioCscfs {
  readonly address: string;
  readonly #children = new Map<KamailioBox, ChildProcess>();
  readonly #folder: string;
  readonly #hss: KamailioHss;
  /** Everything they wrote: errors only. */
  output = '';

  private constructor(options: KamailioOptions) {
    const { address, hss, boxes = ['pcscf', 'icscf', 'scscf'], watchesRegistrations = true } = options;
    this.address = address;
    this.#hss = hss;
    const user = ordinaryUser();
    this.#folder = configurationFolder(options.folder, {
      address,
      domain: DOMAIN,
      hss: hss.host,
      hssPort: String(hss.port ?? 3868),
      icscf: options.icscf ?? address,
      watch: watchesRegistrations ? '1' : '0',
    });
    for (const box of boxes) {
      const runDir = path.join(this.#folder, `${box}.run`);
      mkdirSync(runDir);
      for (const owned of [this.#folder, runDir]) if (user !== undefined) chownSync(owned, user.uid, user.gid);
      const child = spawn(
        'kamailio',
        [
          '-DD',
          '-E',
          '-f',
          path.join(this.#folder, `${box}.cfg`),
          '-Y',
          runDir,
          '-w',
          runDir,
          '-m',
          String(SHARED_MEMORY_MIB),
        ],
        { stdio: ['ignore', 'ignore', 'pipe'], ...user },
      );
      child.stderr.on('data', (chunk) => {
        this.output += chunk;
      });
      this.#children.set(box, child);
    }
  }

  static async start(options: KamailioOptions): Promise<KamailioCscfs> {
    const cscfs = new KamailioCscfs(options);
    try {
      await waitUntil('Kamailio is connected to the HSS', () => cscfs.#connected(), START_LIMIT_MS);
      return cscfs;
    } catch (error) {
      await cscfs.close();
      throw new Error(`${String(error)}\n${cscfs.output}`);
    }
  }

  /** Their main processes; the others are below them. */
  get pids(): readonly number[] {
    return [...this.#children.values()].map(({ pid }) => pid ?? 0);
  }

  get running(): boolean {
    return [...this.#children.values()].every(isRunning);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#children.values()].map(end));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Whether the boxes with Cx have got their CEA. */
  async #connected(): Promise<boolean> {
    if (!this.running) throw new Error('Kamailio ended');
    const asking = [...this.#children.keys()].filter((box) => box !== 'pcscf');
    const response = await fetch(new URL('/api/v1/trace', this.#hss.url));
    const { events } = (await response.json()) as { events: TraceEvent[] };
    return asking.every((box) =>
      events.some(
        (event) =>
          event.kind === 'diameter' &&
          event.to.label.startsWith(`kamailio-${box}.`) &&
          event.diameter.command === 'CEA' &&
          event.diameter.resultCode === 2001,
      ),
    );
  }
}

/** Whether Kamailio and its IMS modules are on this machine. When not, its suite is skipped and says so. */
export function hasKamailio(): boolean {
  const modules = ['ims_icscf.so', 'presence.so'].map((file) => `/usr/lib/*/kamailio/modules/${file}`);
  const found = spawnSync('sh', ['-c', `ls ${modules.join(' ')}`], { stdio: 'ignore' }).status === 0;
  if (!found) console.log('skipped: kamailio-ims-modules and kamailio-presence-modules are not installed');
  return found && hasProgram('kamailio');
}

/** As root the IPsec module would delete the security associations of the whole machine, so it runs as the package's own user. */
function ordinaryUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync('id', [flag, 'kamailio'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const limit = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(limit);
}
