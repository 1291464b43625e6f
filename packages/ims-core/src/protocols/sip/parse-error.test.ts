import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseErrorStatus } from './parse-error.ts';

const folder = new URL('./', import.meta.url);
const table = readFileSync(new URL('../../../../../docs/errors.md', import.meta.url), 'utf8');
const rows = new Map(
  [...table.matchAll(/^\| `(SIP_PARSE_\w+)` \|[^|]+\| (\d{3}) /gm)].map(([, code, status]) => [code, Number(status)]),
);

describe('docs/errors.md', () => {
  it('has every SIP_PARSE_ code with the status we answer', () => {
    expect(Object.fromEntries(rows)).toEqual(parseErrorStatus);
  });

  it('misses no code that stands in the source, and each is used', () => {
    const sources = readdirSync(folder)
      .filter((file) => file.endsWith('.ts') && !file.includes('.test.') && file !== 'parse-error.ts')
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .join('\n');
    const used = new Set([...sources.matchAll(/'(SIP_PARSE_\w+)'/g)].map(([, code]) => code));
    expect([...used].sort()).toEqual([...rows.keys()].sort());
  });
});
