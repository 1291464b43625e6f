import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { deviationsIn, deviationsPage } from './deviations.mjs';
import { root } from './run.mjs';

describe('docs/deviations.md', () => {
  it('shows what the sources confess (npm run docs writes it)', () => {
    expect(readFileSync(path.join(root, 'docs/deviations.md'), 'utf8')).toBe(deviationsPage(root));
  });

  it('shows some, each with a sentence', () => {
    const rows = deviationsPage(root)
      .split('\n')
      .filter((line) => line.startsWith('| ['));
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) expect(row).toMatch(/\|[^|]*\| \S.{20,} \|$/);
  });
});

describe('the deviations of a source', () => {
  it.each([
    ['a line comment', ['  // Deviation: RFC 1 §2 wants more.', '  const x = 1;'], ['RFC 1 §2 wants more.']],
    ['two line comments', ['// Deviation: RFC 1 §2', '// wants more.', 'x();'], ['RFC 1 §2 wants more.']],
    ['a one-line docstring', ['/** Deviation: this. */', 'export const x = 1;'], ['this.']],
    ['the end of a docstring', ['/**', ' * Does it.', ' *', ' * Deviation: not', ' * all.', ' */', 'x'], ['not all.']],
    ['a docstring that goes on with a tag', ['/**', ' * Deviation: a.', ' * @see RFC 1', ' */'], ['a.']],
    ['two in one comment', ['/**', ' * Deviation: a.', ' * Deviation: b.', ' */'], ['a.', 'b.']],
    ['no comment at all', ["const text = 'Deviation: none';"], []],
    ['a comment without one', ['// No deviation here', 'x();'], []],
  ])('are found in %s', (_, lines, texts) => {
    expect(deviationsIn(lines.join('\n')).map(({ text }) => text)).toEqual(texts);
  });
});
