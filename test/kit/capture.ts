import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProgram } from './programs.ts';
import { waitUntil } from './wait-until.ts';

/** A capture of one address on the loopback interface by tshark. */
export class Capture {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'imslab-capture-'));
  readonly file = path.join(this.#folder, 'lab.pcapng');
  #child: ChildProcess | undefined;

  /** Starts to capture; resolves when packets are being written. */
  async start(host: string): Promise<void> {
    const filter = `host ${host} and (port 5060 or port 4060 or port 6060 or port 3868)`;
    const child = spawn('tshark', ['-i', 'lo', '-q', '-f', filter, '-w', this.file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    let words = '';
    child.stderr?.on('data', (chunk) => {
      words += chunk;
    });
    await waitUntil('tshark captures', () => {
      if (child.exitCode !== null) throw new Error(`tshark ended: ${words}`);
      return words.includes('Capturing on') && existsSync(this.file);
    });
  }

  /** Ends the capture when the file does not grow any more. */
  async stop(): Promise<void> {
    let size = -1;
    await waitUntil('the capture is quiet', async () => {
      const before = size;
      size = statSync(this.file).size;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return size === before;
    });
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    await ended;
  }

  /** How many packets a display filter finds. */
  async count(filter: string): Promise<number> {
    const ended = await runProgram('tshark', [
      '-r',
      this.file,
      '-d',
      'tcp.port==4060,sip',
      '-d',
      'tcp.port==6060,sip',
      '-Y',
      filter,
    ]);
    if (ended.status !== 0) throw new Error(ended.stderr);
    return ended.stdout.split('\n').filter((line) => line !== '').length;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Whether this user may capture on loopback. */
export async function mayCapture(): Promise<boolean> {
  const ended = await runProgram('tshark', ['-i', 'lo', '-a', 'duration:0', '-c', '1', '-f', 'port 1']).catch(() => ({
    status: 1,
    stderr: '',
  }));
  const may = ended.status === 0 && !/permission/i.test(ended.stderr);
  if (!may)
    console.log(
      'skipped: tshark may not capture here; run the tests as root, or see dpkg-reconfigure wireshark-common',
    );
  return may;
}
