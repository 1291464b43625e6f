import { DOUBLE_QUOTE } from './token.ts';

const BACKSLASH = 92;

export interface QuotedString {
  /** Without the quotes, escapes resolved. */
  readonly value: string;
  /** Index after the closing quote. */
  readonly end: number;
}

/**
 * Reads the quoted-string that starts at `from`; undefined when it is not closed.
 * @see RFC 3261 §25.1
 */
export function readQuotedString(text: string, from: number): QuotedString | undefined {
  let escaped = false;
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) {
      escaped = true;
      at += 1;
    } else if (code === DOUBLE_QUOTE) {
      const inner = text.slice(from + 1, at);
      return { value: escaped ? inner.replace(/\\([\s\S])/g, '$1') : inner, end: at + 1 };
    }
  }
  return undefined;
}

/** The text as a quoted-string, `"` and `\` escaped. */
export function quotedString(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
