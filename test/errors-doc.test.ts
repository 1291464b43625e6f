import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
/** First words of the lab's own codes. Names of 3GPP and of Diameter results are not among them. */
const CODE =
  /'((?:SIP|SDP|AKA|IFC|ISC|UNREGISTERED_U|CX_USER|REGINFO|PROFILE|SUBSCRIPTION|MEDIA|STORE|REGISTRATION|FLOW|SESSION_[RE]|CALL|SIM|CONFIG|PORT|ORIGIN_F|TRACE|CLAIM|REQUEST|SUBSCRIBER|FILTER|REASON|SCSCF|INTERNAL|NOT_FOUND)[A-Z0-9_]*_[A-Z0-9_]+)'/g;
/** Words of 3GPP and of SQLite that look like codes. */
const OTHERS = new Set(['REGISTRATION_AND_CAPABILITIES']);

function codesInSource(): string[] {
  const files = ['packages/ims-core/src', 'apps/gateway/src', 'apps/gateway/media-worker', 'apps/web/src'].flatMap(
    (folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        path.join(root, folder, file),
      ),
  );
  const sources = files
    .filter((file) => /\.(?:tsx?|mjs)$/.test(file) && !file.includes('.test.'))
    .map((file) => readFileSync(file, 'utf8'));
  const codes = sources.flatMap((source) => [...source.matchAll(CODE)].map((match) => match[1] ?? ''));
  return [...new Set(codes)].filter((code) => !OTHERS.has(code)).sort();
}

describe('docs/errors.md', () => {
  const words = readFileSync(path.join(root, 'docs/errors.md'), 'utf8');

  it('finds codes in the source', () => {
    expect(codesInSource().length).toBeGreaterThan(80);
  });

  it('lists every stable code', () => {
    expect(codesInSource().filter((code) => !words.includes(`\`${code}\``))).toEqual([]);
  });
});
