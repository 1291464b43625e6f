import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = path.resolve(fileURLToPath(import.meta.url), '../../..');

export const say = (text) => console.log(`imslab: ${text}`);

/** A step failed; the message is for people and names what to do. */
export class StepError extends Error {}

/** Runs a program to its end with our own standard streams. Resolves with its exit status. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal === null ? (code ?? 1) : 128));
  });
}

/** Like `run`; a status other than 0 ends the whole command with these words. */
export async function mustRun(words, command, args, options) {
  const status = await run(command, args, options);
  if (status !== 0) throw new StepError(`${words} failed (${command} ended with status ${status}).`);
}

/** Runs `main` and ends the process with its status; a StepError becomes one line. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(`imslab: ${error.message}`);
    process.exitCode = 1;
  }
}
