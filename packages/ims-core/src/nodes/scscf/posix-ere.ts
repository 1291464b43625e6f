import { RE2JS, RE2JSException } from 're2js';

/** A compiled pattern. Its time grows with the length of the text, whatever the pattern: nothing a profile holds can stop this box. */
export interface Ere {
  /** True when the pattern matches somewhere in the text; `^` and `$` are the ends of the text. */
  test(text: string): boolean;
}

export type EreResult =
  | { readonly ok: true; readonly value: Ere }
  | { readonly ok: false; readonly error: { readonly code: 'IFC_PATTERN_UNUSABLE'; readonly text: string } };

export interface EreOptions {
  readonly ignoreCase?: boolean;
  /** The pattern has to match the whole text. */
  readonly whole?: boolean;
}

/** Longest pattern that is compiled. */
export const MAX_PATTERN_CHARACTERS = 1_024;
/** Largest count of a repetition, as POSIX has it for RE_DUP_MAX. */
const MAX_REPETITIONS = 255;
/** Largest program of a pattern; each takes its turn at each character: the longest header is matched in about a fifth of a second. */
const MAX_PROGRAM_INSTRUCTIONS = 300;
/** Compiled patterns that are kept; profiles of many users share them. */
const MAX_KEPT_PATTERNS = 1_000;

const kept = new Map<string, EreResult>();

/**
 * Compiles a POSIX extended regular expression. One that is malformed, too long, or of a meaning that POSIX leaves open
 * (`\d`, back-references, `(?`) is an error.
 * @see IEEE Std 1003.1 §9.4, TS 29.228 Annex C
 */
export function posixEre(pattern: string, options: EreOptions = {}): EreResult {
  const key = `${options.ignoreCase === true ? 'i' : ''}${options.whole === true ? 'w' : ''} ${pattern}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const result = compile(pattern, options);
  if (kept.size >= MAX_KEPT_PATTERNS) {
    const oldest = kept.keys().next();
    if (!oldest.done) kept.delete(oldest.value);
  }
  kept.set(key, result);
  return result;
}

/** A pattern in which every character stands for itself, as names of headers are. */
const LITERAL = /^[A-Za-z0-9 _:;,=@/-]*$/;

function compile(pattern: string, options: EreOptions): EreResult {
  if (pattern.length <= MAX_PATTERN_CHARACTERS && LITERAL.test(pattern)) {
    return { ok: true, value: literalEre(pattern, options) };
  }
  return compileExpression(pattern, options);
}

function literalEre(pattern: string, { ignoreCase = false, whole = false }: EreOptions): Ere {
  const folded = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const wanted = folded(pattern);
  return { test: (text) => (whole ? folded(text) === wanted : folded(text).includes(wanted)) };
}

function compileExpression(pattern: string, { ignoreCase = false, whole = false }: EreOptions): EreResult {
  if (pattern.length > MAX_PATTERN_CHARACTERS) return unusable(`longer than ${MAX_PATTERN_CHARACTERS} characters`);
  const translated = toRe2(pattern);
  if (!translated.ok) return unusable(translated.text);
  try {
    const text = whole ? `^(${translated.value})$` : translated.value;
    const compiled = RE2JS.compile(text, RE2JS.DOTALL | (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0));
    if (compiled.programSize() > MAX_PROGRAM_INSTRUCTIONS) return unusable('its repetitions multiply too far');
    return { ok: true, value: compiled };
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    // The library repeats the translated pattern behind its reason.
    return unusable(error.message.replace(/: `[\s\S]*$/, ''));
  }
}

function unusable(text: string): EreResult {
  return { ok: false, error: { code: 'IFC_PATTERN_UNUSABLE', text } };
}

type Translated = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly text: string };

/** One part of an expression: an escape, a group that Perl would read otherwise, a count, a bracket expression, or anything else. */
const PART = /\\(?<escaped>[\s\S]?)|(?<perl>\(\?)|\{(?<count>[0-9,]+)\}|(?<bracket>\[)|[\s\S]/y;

/** The same expression in the syntax of RE2, which differs inside brackets and knows more after `\` and `(?`. */
function toRe2(pattern: string): Translated {
  let out = '';
  for (let at = 0; at < pattern.length; ) {
    PART.lastIndex = at;
    const part = PART.exec(pattern);
    const { escaped, perl, count, bracket } = part?.groups ?? {};
    if (escaped !== undefined && !/^[\^.[\]$()|*+?{}\\/-]$/.test(escaped)) {
      return { ok: false, text: `\\${escaped} has no meaning in an extended regular expression` };
    }
    if (perl !== undefined) return { ok: false, text: '(? has no meaning in an extended regular expression' };
    if (count?.split(',').some((times) => Number(times) > MAX_REPETITIONS) === true) {
      return { ok: false, text: `a part is repeated more than ${MAX_REPETITIONS} times` };
    }
    if (bracket === undefined) {
      out += part?.[0] ?? '';
      at = PART.lastIndex;
      continue;
    }
    const read = readBracket(pattern, at);
    if (!read.ok) return read;
    out += read.value;
    at = read.end;
  }
  return { ok: true, value: out };
}

/** One element of a bracket expression: a class, a collating symbol or equivalence class of one character, or a character. */
const ELEMENT = /\[:(?<name>[a-z]+):\]|\[(?<kind>[.=])(?<single>[^.=])\k<kind>\]|(?<character>[^[]|\[(?![.:=]))/suy;
const CLASSES: ReadonlySet<string> = new Set(
  'alnum alpha blank cntrl digit graph lower print punct space upper xdigit'.split(' '),
);

/** A bracket expression: inside, only `]`, `^` in front, `-` between two, and `[.` `[=` `[:` are special. @see IEEE Std 1003.1 §9.3.5 */
function readBracket(pattern: string, start: number): (Translated & { readonly ok: false }) | BracketRead {
  let at = start + 1;
  const negated = pattern[at] === '^';
  if (negated) at += 1;
  let out = negated ? '[^' : '[';
  for (let first = true; first || pattern[at] !== ']'; first = false) {
    ELEMENT.lastIndex = at;
    const element = ELEMENT.exec(pattern);
    if (element === null) return { ok: false, text: 'a bracket expression has no end or an unknown element' };
    const { name, single, character } = element.groups ?? {};
    if (name !== undefined && !CLASSES.has(name)) return { ok: false, text: `there is no class [:${name}:]` };
    const isRange = character === '-' && !first && pattern[ELEMENT.lastIndex] !== ']';
    out += name !== undefined ? `[:${name}:]` : isRange ? '-' : literal(single ?? character ?? '');
    at = ELEMENT.lastIndex;
  }
  return { ok: true, value: `${out}]`, end: at + 1 };
}

interface BracketRead {
  readonly ok: true;
  readonly value: string;
  /** Index behind the closing bracket. */
  readonly end: number;
}

/** A character that stands for itself inside brackets of RE2. */
function literal(character: string): string {
  return /[\\\]^[-]/.test(character) ? `\\${character}` : character;
}
