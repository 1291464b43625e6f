/** What is left of the second half in the result: 32 + 21 = 53 bits, the most that a number holds. */
const LOW_BITS = 21;

/**
 * A number of 53 bits that tells octets apart; it is no secure digest. Reads four octets a step, each of them into two halves that
 * are multiplied and turned, so that every bit reaches all others.
 * @param seed such a number too: the same octets with another seed are told apart.
 */
export function octetHash(octets: Uint8Array, seed = 0): number {
  let high = (seed / 2 ** LOW_BITS) ^ 0x3c6ef372;
  let low = seed ^ 0x1f83d9ab;
  const whole = octets.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    const word = octets[at]! | (octets[at + 1]! << 8) | (octets[at + 2]! << 16) | (octets[at + 3]! << 24);
    high = Math.imul(high ^ word, 0x9e3779b1);
    high = (high << 13) | (high >>> 19);
    low = Math.imul(low + word, 0x85ebca77);
    low = (low << 17) | (low >>> 15);
  }
  let rest = octets.length;
  for (let at = whole; at < octets.length; at += 1) rest = (rest << 8) | octets[at]!;
  high = mixed(high ^ rest);
  low = mixed(low + rest);
  return (high >>> 0) * 2 ** LOW_BITS + (low >>> (32 - LOW_BITS));
}

function mixed(word: number): number {
  const once = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
  return once ^ (once >>> 13);
}
