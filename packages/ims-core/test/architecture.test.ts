import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MAX_SOURCE_LINES, violations } from './architecture/rules.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Source files without tests, as paths from the root. */
const sources = ['packages/ims-core/src', 'apps/gateway/src', 'apps/web/src'].flatMap((folder) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name))
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/'))),
);

const NODES = 'packages/ims-core/src/nodes';
const PROTOCOLS = 'packages/ims-core/src/protocols';

describe('the source tree', () => {
  it('keeps the import rule, the purity of the core and the limit of lines', () => {
    expect(sources.length).toBeGreaterThan(200);
    const found = sources.flatMap((file) => violations(file, readFileSync(path.join(root, file), 'utf8')));
    expect(found).toEqual([]);
  });

  it('has a folder or file for every box of the table in docs/architecture.md', () => {
    const rows = tableRows(readFileSync(path.join(root, 'docs/architecture.md'), 'utf8'));
    expect(rows.map((row) => row.box)).toEqual(
      expect.arrayContaining(['P-CSCF with IMS-ALG', 'I-CSCF', 'S-CSCF', 'HSS with AuC', 'IMS access gateway']),
    );
    for (const { box, places } of rows) {
      expect(places, `${box} stands somewhere`).not.toEqual([]);
      for (const place of places) expect(existsSync(path.join(root, place)), `${box}: ${place}`).toBe(true);
    }
  });

  it('shows every node in that table', () => {
    const places = tableRows(readFileSync(path.join(root, 'docs/architecture.md'), 'utf8')).flatMap(
      (row) => row.places,
    );
    const nodes = readdirSync(path.join(root, NODES)).filter((name) =>
      statSync(path.join(root, NODES, name)).isDirectory(),
    );
    expect(places).toEqual(expect.arrayContaining(nodes.map((name) => `${NODES}/${name}`)));
  });
});

/** Rows of the first table; a place in back quotes is a path from the root, `protocols/...` one in ims-core, `port x` a port. */
function tableRows(markdown: string): readonly { readonly box: string; readonly places: readonly string[] }[] {
  const lines = markdown.split('\n');
  const first = lines.findIndex((line) => line.startsWith('|'));
  const count = lines.slice(first).findIndex((line) => !line.startsWith('|'));
  return lines.slice(first + 2, first + count).map((line) => {
    const [, box = '', where = ''] = line.split('|').map((cell) => cell.trim());
    return { box, places: [...where.matchAll(/(port )?`([^`]+)`/g)].flatMap(placesOf) };
  });
}

function placesOf([, port, place = '']: RegExpMatchArray | RegExpExecArray): readonly string[] {
  if (port !== undefined) return [`packages/ims-core/src/ports/${place}.ts`];
  const full = place.startsWith('protocols/') ? `packages/ims-core/src/${place}` : place;
  const choice = /^(.*)\{(.*)\}$/.exec(full);
  return choice === null ? [full] : (choice[2] ?? '').split(',').map((name) => `${choice[1]}${name}`);
}

describe('the checker', () => {
  it.each([
    [
      'protocols importing a node',
      `${PROTOCOLS}/sip/a.ts`,
      "import { x } from '../../nodes/hss/hss.ts';",
      'protocols may',
    ],
    ['ports importing protocols', 'packages/ims-core/src/ports/a.ts', "import '../protocols/sip/uri.ts';", 'ports may'],
    [
      'one node importing another',
      `${NODES}/icscf/a.ts`,
      "import { x } from '../hss/hss.ts';",
      'never import one another',
    ],
    [
      'a type import of another node',
      `${NODES}/icscf/a.ts`,
      "import type { X } from '../hss/hss.ts';",
      'never import one',
    ],
    [
      'a re-export of another node',
      `${NODES}/icscf/a.ts`,
      "export { x } from '../hss/hss.ts';",
      'never import one another',
    ],
    [
      'an import() of another node',
      `${NODES}/icscf/a.ts`,
      "await import('../hss/hss.ts');",
      'never import one another',
    ],
    [
      'a node importing the ladder',
      `${NODES}/hss/a.ts`,
      "import { x } from '../../trace/ladder.ts';",
      'nodes may import',
    ],
    ['trace importing a node', 'packages/ims-core/src/trace/a.ts', "import '../nodes/hss/hss.ts';", 'trace may import'],
    [
      'api importing protocols',
      'packages/ims-core/src/api/a.ts',
      "import '../protocols/sip/uri.ts';",
      'api may import',
    ],
    [
      'a package importing an app',
      `${PROTOCOLS}/sip/a.ts`,
      "import '../../../../../apps/web/src/x.ts';",
      'never import apps',
    ],
    ['a package naming an app', `${PROTOCOLS}/sip/a.ts`, "import '@imslab/gateway';", 'never import apps'],
    [
      'an app reaching into a package',
      'apps/web/src/a.ts',
      "import '../../../packages/ims-core/src/x.ts';",
      'out of its',
    ],
    ['a relative import without .ts', 'apps/web/src/a.ts', "import { x } from './b';", 'without its ending'],
    ['a module of Node in the core', `${PROTOCOLS}/sip/a.ts`, "import fs from 'node:fs';", 'the core is pure'],
    ['the clock', `${NODES}/hss/a.ts`, 'export const at = () => Date.now();', 'uses Date.now'],
    ['the clock in another way', `${NODES}/hss/a.ts`, 'export const at = () => new Date();', 'uses new Date()'],
    ['randomness', `${NODES}/hss/a.ts`, 'export const at = () => Math.random();', 'uses Math.random'],
    ['a timer', `${NODES}/hss/a.ts`, 'setTimeout(() => {}, 1);', 'uses setTimeout'],
    ['the console', `${NODES}/hss/a.ts`, "console.log('x');", 'uses console'],
    ['Buffer', `${NODES}/hss/a.ts`, "export const x = Buffer.from('x');", 'uses Buffer'],
    ['Buffer as a type', `${NODES}/hss/a.ts`, 'export interface X { readonly octets: Buffer }', 'uses Buffer'],
    ['the page', `${NODES}/hss/a.ts`, "document.title = 'x';", 'uses document'],
    ['a global by way of globalThis', `${NODES}/hss/a.ts`, 'globalThis.setTimeout(() => {}, 1);', 'uses globalThis'],
    ['a long file', 'apps/web/src/a.ts', 'export {};\n'.repeat(MAX_SOURCE_LINES + 1), 'has 401 lines'],
  ])('finds %s', (_, file, source, text) => {
    expect(violations(file, source)).toEqual([expect.stringContaining(text)]);
  });

  it.each([
    [
      'a node using ports, protocols, its own files and trace/event',
      `${NODES}/hss/a.ts`,
      [
        "import type { Clock } from '../../ports/clock.ts';",
        "import { x } from '../../protocols/sip/uri.ts';",
        "import { y } from './mar.ts';",
        "import type { TraceEvent } from '../../trace/event.ts';",
        "import type { CallView } from '../../api/lab-api.ts';",
      ],
    ],
    [
      'trace using protocols and itself',
      'packages/ims-core/src/trace/export/a.ts',
      ["import { x } from '../../protocols/sip/uri.ts';", "import { y } from '../ladder.ts';"],
    ],
    [
      'an app using a package, Node and the page',
      'apps/gateway/src/a.ts',
      [
        "import { x } from '@imslab/ims-core/nodes/hss/hss';",
        "import fs from 'node:fs';",
        "import './a.css';",
        'setTimeout(() => console.log(Date.now(), document, fs, x), 1);',
      ],
    ],
    [
      'names of its own that the page has too',
      `${NODES}/hss/a.ts`,
      [
        'export function f<Window>({ window }: { window: Window }, ...[document]: readonly string[]) {',
        '  // setTimeout and console.log in a comment',
        "  return [window, document, 'Date.now()', /Buffer/, { console: 1 }.console, new Date(0)];",
        '}',
      ],
    ],
  ])('lets %s pass', (_, file, lines) => {
    expect(violations(file, lines.join('\n'))).toEqual([]);
  });
});
