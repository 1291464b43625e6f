import { readFileSync } from 'node:fs';
import path from 'node:path';

const folder = path.resolve(import.meta.dirname, '../sipp');

/** Values for the places `{name}` of a scenario and its parts. */
export type ScenarioValues = Readonly<Record<string, string>>;

/**
 * A scenario with its parts put in. `<part name="invite" headers="Supported: timer" />` stands for test/sipp/parts/invite.xml with
 * `{headers}` replaced; `{cseq=1}` is 1 where nothing is given. A line that a value leaves empty goes; `|` begins another line.
 * @throws when a part is not there or a place has no value
 */
export function sippScenario(file: string, values: ScenarioValues = {}): string {
  return withParts(filled(readFileSync(path.join(folder, file), 'utf8'), values, file));
}

function withParts(text: string): string {
  return text.replaceAll(/^ *<part ([^>]*)\/>\n/gm, (_line, attributes: string) => {
    const given = new Map(
      [...attributes.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const file = `parts/${given.get('name')}.xml`;
    return withParts(filled(readFileSync(path.join(folder, file), 'utf8'), Object.fromEntries(given), file));
  });
}

function filled(text: string, values: ScenarioValues, file: string): string {
  return text
    .replaceAll(/\{(\w+)(?:=([^}]*))?\}/g, (_place, name: string, otherwise: string | undefined) => {
      const value = values[name] ?? otherwise;
      if (value === undefined) throw new Error(`${file} has no ${name}`);
      return value === '' ? EMPTY : unescaped(value);
    })
    .replaceAll(`\n${EMPTY}\n`, '\n')
    .replaceAll(EMPTY, '');
}

/** Values stand in attributes, but go into SIP messages. */
function unescaped(value: string): string {
  return value.replaceAll('|', '\n').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"');
}

/** Marks a value that leaves nothing; no scenario has it otherwise. */
const EMPTY = '\u0000';
