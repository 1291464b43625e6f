import { randomBytes } from 'node:crypto';
import type { Random } from '@imslab/ims-core/ports/random';

/** Octets from the operating system's generator. */
export const systemRandom: Random = { bytes: (length) => new Uint8Array(randomBytes(length)) };
