import { randomFillSync } from 'node:crypto';
import type { Random } from '@imslab/ims-core/ports/random';

/** Octets fetched at once: a request takes 8 to 16 of them several times, and each fetch costs a system call. */
const POOL_OCTETS = 4_096;

const pool = new Uint8Array(POOL_OCTETS);
let used = POOL_OCTETS;

/** Octets from the operating system's generator, each given once. */
export const systemRandom: Random = {
  bytes(length) {
    if (length > POOL_OCTETS) return randomFillSync(new Uint8Array(length));
    if (used + length > POOL_OCTETS) {
      randomFillSync(pool);
      used = 0;
    }
    const octets = pool.slice(used, used + length);
    // Keys are made of them: none stays behind.
    pool.fill(0, used, used + length);
    used += length;
    return octets;
  },
};
