import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSubscriberStore } from '../src/store/subscriber-store.ts';

const KILLS = 25;
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

describe('the subscriber store of a process that is killed', () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'imslab-kill-'));
    // Beside node_modules, so that libsql is found.
    const outDir = mkdtempSync(here('../node_modules/.hand-out-sqns-'));
    program = join(outDir, 'hand-out-sqns.mjs');
    await build({
      configFile: false,
      logLevel: 'error',
      root: here('..'),
      build: {
        ssr: here('./kit/hand-out-sqns.ts'),
        outDir,
        rollupOptions: { output: { entryFileNames: '[name].mjs' } },
      },
      ssr: { noExternal: true, external: ['libsql'] },
    });
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(join(program, '..'), { recursive: true, force: true });
  });

  /** Starts the program, kills it when it said `lines` lines, and returns all that it said. */
  async function runAndKill(file: string, lines: number, whileItRuns?: () => Promise<void>): Promise<string[]> {
    const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8');
    let said = '';
    for await (const text of child.stdout) {
      said += text;
      if (child.killed || said.split('\n').length <= lines) continue;
      await whileItRuns?.();
      child.kill('SIGKILL');
    }
    expect(child.killed).toBe(true);
    // A line may be broken off by the kill.
    return said.split('\n').slice(0, -1);
  }

  it(`never gives an SQN twice and forgets nothing it accepted, in ${KILLS} kills`, async () => {
    const file = join(folder, 'imslab.sqlite');
    const given = new Map<string, bigint[]>();
    let accepted = 0;
    for (let round = 0; round < KILLS; round += 1) {
      // Kills at the first SQN, inside a reserved range, at its end and many ranges later.
      const lines = await runAndKill(file, 2 + round * 11);
      const [found = '', ...rest] = lines;
      expect(Number(found.slice('found sip:'.length))).toBeGreaterThanOrEqual(accepted);
      for (const line of rest) {
        const [what, subject = '', sqn = ''] = line.split(' ');
        if (what === 'name') accepted = Number(subject);
        else given.set(subject, [...(given.get(subject) ?? []), BigInt(sqn)]);
      }
    }
    expect(given.size).toBe(3);
    for (const sqns of given.values()) {
      expect(sqns.length).toBeGreaterThan(KILLS);
      expect(new Set(sqns).size).toBe(sqns.length);
      // Each SEQ is higher than all before it, so that a card that saw them takes every one.
      expect(sqns.every((sqn, index) => index === 0 || sqn >> 5n > (sqns[index - 1] ?? 0n) >> 5n)).toBe(true);
    }
  });

  it('is locked for everybody else while the process lives, and free when it is dead', async () => {
    const file = join(folder, 'locked.sqlite');
    await runAndKill(file, 2, async () => {
      await expect(openSubscriberStore({ file })).rejects.toThrow(expect.objectContaining({ code: 'STORE_LOCKED' }));
    });
    const store = await openSubscriberStore({ file });
    expect(await store.list()).toHaveLength(11);
    await store.close();
  });
});
