import fs from 'node:fs';
import path from 'node:path';

/** Where `Deviation:` comments are looked for. */
const FOLDERS = ['packages', 'apps'];
const SKIPPED = new Set(['node_modules', 'dist', '.bench', 'bench', 'test', 'shims']);
const SOURCE = /(?<!\.test)\.(?:tsx?|mjs)$/;

const HEAD = `# Where the lab does other than the clause says

Each shortcut stands as a \`Deviation:\` comment beside its code; \`npm run docs\` gathers them here, and a test compares.
`;

/**
 * The deviations that a source's comments confess, each as one line of text, with the line on which it begins.
 * A deviation ends with its comment, at an empty line or at a tag (`@see`).
 */
export function deviationsIn(source) {
  const found = [];
  let open;
  for (const [index, line] of source.split('\n').entries()) {
    const isComment = /^\s*(?:\/\*\*?|\*|\/\/)|\/\*\*/.test(line);
    const text = line
      .replace(/^\s*(?:\/\*\*|\*(?!\/)|\/\/)?\s?/, '')
      .replace(/\s*\*\/\s*$/, '')
      .trim();
    const begins = isComment ? /\bDeviation: *(.*)$/.exec(text) : null;
    if (begins !== null) {
      open = { line: index + 1, words: [begins[1]] };
      found.push(open);
    } else if (!isComment || text === '' || text.startsWith('@') || /^\s*\*\/\s*$/.test(line)) {
      open = undefined;
    } else {
      open?.words.push(text);
    }
    if (/\*\/\s*$/.test(line)) open = undefined;
  }
  return found.map(({ line, words }) => ({ line, text: words.join(' ').trim() }));
}

function sourceFiles(root, folder) {
  return fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourceFiles(root, name);
    return SOURCE.test(entry.name) ? [name] : [];
  });
}

const CLAUSE = /\b(?:RFC \d{4}|TS \d\d\.\d{3})(?: (?:§|table |annex )?[A-Z]?[\d.]*\d[A-Z]?)?|§[\d.]*\d/g;

/** The clause that a deviation names, with its section where it has one; a bare section is RFC 3261's. */
function clauseOf(text) {
  const named = [...text.matchAll(CLAUSE)].map(([clause]) => (clause.startsWith('§') ? `RFC 3261 ${clause}` : clause));
  return named.find((clause) => clause.split(' ').length > 2) ?? named[0] ?? '';
}

/** The text of docs/deviations.md for the tree under `root`. */
export function deviationsPage(root) {
  const rows = FOLDERS.flatMap((folder) => sourceFiles(root, folder))
    .sort()
    .flatMap((file) => deviationsIn(fs.readFileSync(path.join(root, file), 'utf8')).map(({ text }) => ({ file, text })))
    .map(({ file, text }) => {
      const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replaceAll('|', '\\|');
      return `| [${file}](../${file}) | ${clauseOf(text)} | ${sentence} |`;
    });
  return `${HEAD}\n| file | clause | what |\n|---|---|---|\n${rows.join('\n')}\n`;
}
