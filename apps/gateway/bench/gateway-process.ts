import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SeededSubscriber } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import nodeFlags from '../node-flags.json' with { type: 'json' };
import { insertSubscribers } from '../src/store/insert-subscribers.ts';
import { openDatabase } from '../src/store/open-database.ts';
import { processorTimeMs } from './processor-time.ts';

const START_LIMIT_MS = 15_000;

export interface GatewayOptions {
  /** Whom its HSS knows; the ten seeded ones when absent. */
  readonly subscribers?: readonly SeededSubscriber[];
  /** Where its CSCFs find the HSS: another gateway, or nobody. Its own when absent. */
  readonly hss?: { readonly host: string; readonly port: number };
  readonly env?: Readonly<Record<string, string>>;
}

/** The built gateway on a loopback address and with a data folder of its own. */
export class Gateway {
  readonly host = `127.${randomInt(2, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
  readonly #dataDir: string;
  readonly #child: ChildProcess;

  private constructor(dataDir: string, options: GatewayOptions) {
    this.#dataDir = dataDir;
    const boxes = ['HTTP', 'PCSCF', 'ICSCF', 'SCSCF', 'HSS', 'AS'].map((box) => [`IMSLAB_${box}_HOST`, this.host]);
    const { hss } = options;
    this.#child = spawn(process.execPath, [...nodeFlags, fileURLToPath(new URL('../dist/main.js', import.meta.url))], {
      env: {
        ...process.env,
        ...Object.fromEntries(boxes),
        ...(hss === undefined ? {} : { IMSLAB_CX_HOST: hss.host, IMSLAB_CX_PORT: String(hss.port) }),
        IMSLAB_MEDIA_ADDRESS: '127.0.0.1',
        IMSLAB_MEDIA_PORT: String(randomInt(32_000, 60_000)),
        IMSLAB_DATA_DIR: this.#dataDir,
        IMSLAB_LOG_LEVEL: 'error',
        ...options.env,
      },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  /** @throws Error when it does not come up */
  static async start(options: GatewayOptions = {}): Promise<Gateway> {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'imslab-bench-'));
    const { subscribers } = options;
    if (subscribers !== undefined) {
      const database = await openDatabase(path.join(dataDir, 'imslab.sqlite'), (db) =>
        insertSubscribers(db, subscribers),
      );
      await database.close();
    }
    const gateway = new Gateway(dataDir, options);
    try {
      await gateway.#ready();
      return gateway;
    } catch (error) {
      await gateway.close();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** CPU time of the gateway until now, its media worker included, milliseconds; undefined where there is no /proc. */
  cpuMs(): number | undefined {
    return processorTimeMs([this.pid]);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.send('close');
      await ended;
    }
    rmSync(this.#dataDir, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const ended = once(this.#child, 'exit').then(() => Promise.reject(new Error('the gateway ended before it was up')));
    await Promise.race([once(this.#child, 'message', { signal: AbortSignal.timeout(START_LIMIT_MS) }), ended]);
  }
}
