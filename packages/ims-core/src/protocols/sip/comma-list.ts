import { readQuotedString } from './quoted-string.ts';
import { CLOSE_ANGLE, COMMA, DOUBLE_QUOTE, OPEN_ANGLE } from './token.ts';

/**
 * Splits a comma list outside quoted strings and angle brackets; values trimmed, empty ones kept.
 * @see RFC 3261 §7.3.1
 */
export function splitCommaList(text: string): readonly string[] {
  if (!text.includes(',')) {
    return [text.trim()];
  }
  const values: string[] = [];
  let start = 0;
  let inBrackets = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === DOUBLE_QUOTE && !inBrackets) {
      at = (readQuotedString(text, at)?.end ?? text.length) - 1;
    } else if (code === OPEN_ANGLE) {
      inBrackets = true;
    } else if (code === CLOSE_ANGLE) {
      inBrackets = false;
    } else if (code === COMMA && !inBrackets) {
      values.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  values.push(text.slice(start).trim());
  return values;
}

/** The values of a comma list that are not empty. */
export function commaListValues(text: string): readonly string[] {
  const values = splitCommaList(text);
  return values.includes('') ? values.filter((value) => value !== '') : values;
}
