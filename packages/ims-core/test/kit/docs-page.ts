import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { MachineTable } from '../../src/protocols/transaction/machine.ts';
import { machinePage } from '../../src/protocols/transaction/mermaid.ts';

const FOLDER = new URL('../../../../docs/state-machines/', import.meta.url);

/**
 * Holds a page of docs/ against what it is made from. `npm run docs` (UPDATE_DOCS=1) writes it.
 * @param file path from docs/state-machines/
 */
export function expectPage(file: string, text: string): void {
  const page = new URL(file, FOLDER);
  if (process.env['UPDATE_DOCS'] === '1') {
    mkdirSync(dirname(page.pathname), { recursive: true });
    writeFileSync(page, text);
  }
  expect(readFileSync(page, 'utf8')).toBe(text);
}

/**
 * The page of one state machine is its table.
 * @param source path of the table from the root of the project
 */
export function describeStateMachinePage<State extends string, Event extends string, Action extends string>(
  file: string,
  source: string,
  table: MachineTable<State, Event, Action>,
): void {
  describe(`docs/state-machines/${file}`, () => {
    it('shows the table as it is (npm run docs writes it)', () => {
      expectPage(file, machinePage(table, source));
    });
  });
}
