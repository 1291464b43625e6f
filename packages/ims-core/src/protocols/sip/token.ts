/**
 * Characters of SIP's basic rules.
 * @see RFC 3261 §25.1
 */
export const LF = 10;
export const CR = 13;
export const TAB = 9;
export const SPACE = 32;
export const COLON = 58;
export const SEMICOLON = 59;
export const EQUALS = 61;
export const DOUBLE_QUOTE = 34;
export const COMMA = 44;
export const OPEN_ANGLE = 60;
export const CLOSE_ANGLE = 62;

const TOKEN_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~";

/** A look-up table of 128 entries, 1 for each character of `characters`. */
export function characterTable(characters: string): Uint8Array {
  const table = new Uint8Array(128);
  for (let i = 0; i < characters.length; i += 1) {
    table[characters.charCodeAt(i)] = 1;
  }
  return table;
}

/** First index at or after `from` whose character is not in the table. */
export function skipCharacters(text: string, from: number, table: Uint8Array): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code > 127 || table[code] !== 1) {
      break;
    }
    at += 1;
  }
  return at;
}

const tokenTable = characterTable(TOKEN_CHARACTERS);

/** First index at or after `from` that is no token character. */
export function skipToken(text: string, from: number): number {
  return skipCharacters(text, from, tokenTable);
}

/** True for one or more token characters. */
export function isToken(text: string): boolean {
  return text.length > 0 && skipToken(text, 0) === text.length;
}

/** First index at or after `from` that is neither space nor tab; values are unfolded already. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code !== SPACE && code !== TAB) {
      break;
    }
    at += 1;
  }
  return at;
}
