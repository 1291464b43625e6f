/** FNV-1a over octets, twice with different bases, as 16 hex digits. Tells things apart; it is no secure digest. */
export function fnv1a(bytes: Uint8Array): string {
  let high = 0x811c9dc5;
  let low = 0x01000193;
  for (const byte of bytes) {
    high = Math.imul(high ^ byte, 0x01000193);
    low = Math.imul(low ^ byte, 0x01000193);
  }
  return hexWord(high) + hexWord(low);
}

/** The same over the UTF-8 octets of a text. */
export function fnv1aText(text: string): string {
  return fnv1a(new TextEncoder().encode(text));
}

function hexWord(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
