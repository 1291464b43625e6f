/** Joins octet strings (the `‖` of TS 33.102). */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Exclusive or of two octet strings of equal length (the `⊕` of TS 33.102). */
export function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length !== b.length) throw new RangeError(`exclusive or of ${a.length} and ${b.length} octets`);
  const sum = new Uint8Array(a.length);
  for (let index = 0; index < a.length; index += 1) sum[index] = (a[index] ?? 0) ^ (b[index] ?? 0);
  return sum;
}

/** Compares in a time that depends on the lengths only, so that a guess learns nothing about the place of the difference. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index += 1) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
