import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { configurationFolder } from './configuration-folder.ts';
import { freePort } from './lab-process.ts';
import { DOMAIN } from './sipp.ts';
import { waitUntil } from './wait-until.ts';

const START_LIMIT_MS = 10_000;
const END_LIMIT_MS = 20_000;

/** freeDiameter as the relay agent between the CSCFs and the HSS of a lab. */
export class FreeDiameter {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  /** Everything it wrote. */
  output = '';

  private constructor(port: number, hssHost: string) {
    this.port = port;
    const configuration = path.resolve(import.meta.dirname, '../freediameter');
    const values = { domain: DOMAIN, hss: hssHost, port: String(port) };
    this.#folder = configurationFolder(configuration, values);
    certificate(this.#folder);
    this.#child = spawn('freeDiameterd', ['-c', path.join(this.#folder, 'agent.conf')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer) => {
      this.output += chunk.toString();
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
  }

  /** Started before the lab, so that its CSCFs find it at once; it connects to the HSS as soon as that listens. */
  static async start(hssHost: string): Promise<FreeDiameter> {
    const agent = new FreeDiameter(await freePort(), hssHost);
    await waitUntil('freeDiameter listens', () => agent.output.includes('daemon initialized'), START_LIMIT_MS);
    return agent;
  }

  /** Resolves when it is connected to the HSS. */
  async connected(): Promise<void> {
    await waitUntil('freeDiameter is connected to the HSS', () => this.output.includes(`Connected to 'hss.${DOMAIN}'`));
  }

  /** What it complained of. */
  get complaints(): readonly string[] {
    return this.output.split('\n').filter((line) => /ERROR|FATAL|parse|invalid|malformed/i.test(line));
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      const limit = setTimeout(() => this.#child.kill('SIGKILL'), END_LIMIT_MS);
      this.#child.kill('SIGTERM');
      await ended;
      clearTimeout(limit);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** A certificate that it asks for though nothing here uses TLS. */
function certificate(folder: string): void {
  const out = ['-keyout', path.join(folder, 'agent.key'), '-out', path.join(folder, 'agent.pem')];
  const subject = ['-days', '2', '-subj', `/CN=agent.${DOMAIN}`];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...out], { stdio: 'ignore' });
}
