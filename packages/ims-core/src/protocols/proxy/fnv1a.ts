const hexPairs = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));
const encoder = new TextEncoder();

/** FNV-1a over the UTF-8 octets of a text, twice with different bases, as 16 hex digits. Tells things apart; it is no secure digest. */
export function fnv1aText(text: string): string {
  const octets = encoder.encode(text);
  let high = 0x811c9dc5;
  let low = 0x01000193;
  for (let at = 0; at < octets.length; at += 1) {
    const octet = octets[at] ?? 0;
    high = Math.imul(high ^ octet, 0x01000193);
    low = Math.imul(low ^ octet, 0x01000193);
  }
  return hexWord(high) + hexWord(low);
}

function hexWord(word: number): string {
  return `${hexPairs[word >>> 24]}${hexPairs[(word >>> 16) & 0xff]}${hexPairs[(word >>> 8) & 0xff]}${hexPairs[word & 0xff]}`;
}
