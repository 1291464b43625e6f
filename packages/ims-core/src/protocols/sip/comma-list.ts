import { readQuotedString } from './quoted-string.ts';

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
    const character = text[at];
    if (character === '"' && !inBrackets) {
      at = (readQuotedString(text, at)?.end ?? text.length) - 1;
    } else if (character === '<') {
      inBrackets = true;
    } else if (character === '>') {
      inBrackets = false;
    } else if (character === ',' && !inBrackets) {
      values.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  values.push(text.slice(start).trim());
  return values;
}
