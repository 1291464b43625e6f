const OFFSET_BASIS = 0x811c9dc5;
/** Of the second half, so that the two differ. */
const OTHER_BASIS = 0x01000193;
const PRIME = 0x01000193;
const LINE_END = 10;
const hexPairs = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

/** FNV-1a over the characters of texts, twice with different bases. Tells things apart; it is no secure digest. */
export class Fnv1a {
  #high = OFFSET_BASIS;
  #low = OTHER_BASIS;

  /** Takes a text and where it ends: two texts are not the same as one. */
  add(text: string): this {
    let high = this.#high;
    let low = this.#low;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      high = Math.imul(high ^ code, PRIME);
      low = Math.imul(low ^ code, PRIME);
    }
    this.#high = Math.imul(high ^ LINE_END, PRIME);
    this.#low = Math.imul(low ^ LINE_END, PRIME);
    return this;
  }

  /** 16 hex digits. */
  digest(): string {
    return hexWord(this.#high) + hexWord(this.#low);
  }
}

function hexWord(word: number): string {
  return `${hexPairs[word >>> 24]}${hexPairs[(word >>> 16) & 0xff]}${hexPairs[(word >>> 8) & 0xff]}${hexPairs[word & 0xff]}`;
}
