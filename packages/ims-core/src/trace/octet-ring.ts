/** Memory is taken in pieces of this size, as it is needed. Nothing longer can be kept in one piece. */
export const SLAB_OCTETS = 1_048_576;
/** With one, all would be gone whenever it is full. */
const MIN_SLABS = 2;

/**
 * Octets in the order in which they came, in memory of a fixed size outside the JavaScript heap: the newest take the place of
 * the oldest. A position counts the octets from the very first one on, so it never comes back.
 */
export class OctetRing {
  readonly capacity: number;
  readonly #slabs: (Uint8Array | undefined)[];
  #end = 0;

  /** @param limitOctets what may be kept, rounded up to whole slabs. */
  constructor(limitOctets: number) {
    const count = Math.max(MIN_SLABS, Math.ceil(limitOctets / SLAB_OCTETS));
    this.capacity = count * SLAB_OCTETS;
    this.#slabs = new Array<Uint8Array | undefined>(count).fill(undefined);
  }

  /** Where the next octets begin. */
  get end(): number {
    return this.#end;
  }

  /** Where so many octets, at most SLAB_OCTETS, lie in one piece. What is `capacity` before their end is overwritten. */
  place(octets: number): number {
    const left = SLAB_OCTETS - offsetIn(this.#end);
    if (octets > left) this.#end += left;
    return this.#end;
  }

  /** The octets from the last place up to this position are taken. */
  take(end: number): void {
    this.#end = end;
  }

  /** The memory in which a position lies, at `offsetIn(position)`. */
  slabAt(position: number): Uint8Array {
    const at = Math.floor(position / SLAB_OCTETS) % this.#slabs.length;
    const slab = this.#slabs[at] ?? new Uint8Array(SLAB_OCTETS);
    this.#slabs[at] = slab;
    return slab;
  }

  /** Gives the memory back. */
  clear(): void {
    this.#slabs.fill(undefined);
  }
}

/** Where in its slab a position lies. */
export function offsetIn(position: number): number {
  // A power of two: this takes the lowest bits, also of positions that no longer fit 32 bits.
  return position & (SLAB_OCTETS - 1);
}
