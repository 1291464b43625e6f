const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SEXTETS: ReadonlyMap<string, number> = new Map([...ALPHABET].map((letter, value) => [letter, value]));

/** Base64 text of octets, padded with `=`. @see RFC 4648 §4 */
export function encodeBase64(octets: Uint8Array): string {
  const letters: string[] = [];
  for (let index = 0; index < octets.length; index += 3) {
    const group = ((octets[index] ?? 0) << 16) | ((octets[index + 1] ?? 0) << 8) | (octets[index + 2] ?? 0);
    letters.push(letter(group >> 18), letter(group >> 12), letter(group >> 6), letter(group));
  }
  const text = letters.join('');
  const missing = (3 - (octets.length % 3)) % 3;
  return missing === 0 ? text : text.slice(0, -missing) + '='.repeat(missing);
}

/** Of the lowest 6 bits. */
function letter(bits: number): string {
  return ALPHABET.charAt(bits & 63);
}

/** Octets of base64 text; undefined when a letter, the padding or an unused bit is wrong. @see RFC 4648 §4 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const letters = text.slice(0, text.length - padding);
  const octets = new Uint8Array((text.length / 4) * 3 - padding);
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (const letter of letters) {
    const sextet = SEXTETS.get(letter);
    if (sextet === undefined) return undefined;
    bits = ((bits << 6) | sextet) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      octets[length] = (bits >> bitCount) & 0xff;
      length += 1;
    }
  }
  const unusedBits = bits & ((1 << bitCount) - 1);
  return unusedBits === 0 ? octets : undefined;
}
