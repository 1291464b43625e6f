const UNRESERVED_CHARACTER = /^[A-Za-z0-9\-_.!~*'()]$/;

/**
 * The text with `%hh` of unreserved characters resolved and the hex of all others in upper case, for comparison only.
 * @see RFC 3261 §19.1.4
 * @see RFC 2396 §2.4.2
 */
export function normalizeEscapes(text: string): string {
  if (!text.includes('%')) {
    return text;
  }
  return text.replace(/%([0-9A-Fa-f]{2})/g, (whole, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return UNRESERVED_CHARACTER.test(character) ? character : whole.toUpperCase();
  });
}
