import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import nodeFlags from '../../apps/gateway/node-flags.json' with { type: 'json' };

const root = path.resolve(import.meta.dirname, '../..');
/** Longest time that a lab may take to be up, milliseconds. */
const START_LIMIT_MS = 20_000;

/** A port of the loopback address that nothing uses now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no free port');
  return address.port;
}

export interface LabOptions {
  /** Loopback address on which every box listens with its usual port. Default: one of its own. */
  readonly host?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The built gateway as a process of its own, with a data folder of its own. */
export class LabProcess {
  readonly host: string;
  readonly dataDir: string;
  readonly url: string;
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  /** Everything it wrote. */
  output = '';

  private constructor(host: string, httpPort: number, mediaPort: number, env: Readonly<Record<string, string>>) {
    this.host = host;
    this.dataDir = mkdtempSync(path.join(tmpdir(), 'imslab-'));
    this.url = `http://${host}:${httpPort}`;
    this.#env = {
      IMSLAB_HTTP_HOST: host,
      IMSLAB_HTTP_PORT: String(httpPort),
      IMSLAB_PCSCF_HOST: host,
      IMSLAB_ICSCF_HOST: host,
      IMSLAB_SCSCF_HOST: host,
      IMSLAB_HSS_HOST: host,
      IMSLAB_AS_HOST: host,
      IMSLAB_MEDIA_CORE_ADDRESS: host,
      IMSLAB_MEDIA_PORT: String(mediaPort),
      IMSLAB_MEDIA_ADDRESS: '127.0.0.1',
      IMSLAB_DATA_DIR: this.dataDir,
      IMSLAB_LOG_LEVEL: 'info',
      ...env,
    };
  }

  static async start(options: LabOptions = {}): Promise<LabProcess> {
    const host = options.host ?? `127.${randomInt(2, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
    const lab = new LabProcess(host, 8080, await freePort(), options.env ?? {});
    await lab.boot();
    return lab;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the process, again after `kill`, with the same data and the same addresses. */
  async boot(): Promise<void> {
    const main = path.join(root, 'apps/gateway/dist/main.js');
    const child = spawn(process.execPath, [...nodeFlags, main], {
      cwd: root,
      env: { ...process.env, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    const keep = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the lab is not up after ${START_LIMIT_MS} ms\n${this.output}`)),
        START_LIMIT_MS,
      );
      child.once('message', () => {
        clearTimeout(timer);
        resolve();
      });
      child.once('exit', (code) => {
        clearTimeout(timer);
        reject(new Error(`the lab ended with status ${code}\n${this.output}`));
      });
    });
  }

  /** Ends it as a crash would: nothing is closed, nothing is written. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async close(): Promise<void> {
    if (this.running) await this.#end('SIGTERM');
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async json<T>(pathname: string, init?: RequestInit): Promise<T> {
    const response = await fetch(new URL(pathname, this.url), init);
    return (await response.json()) as T;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }
}
