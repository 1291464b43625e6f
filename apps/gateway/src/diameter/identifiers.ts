import type { Clock } from '@imslab/ims-core/ports/clock';
import type { Random } from '@imslab/ims-core/ports/random';

const WRAP = 2 ** 32;
const COUNTER_BITS = 20;

function random32(random: Random): number {
  const octets = random.bytes(4);
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength).getUint32(0);
}

/** Identifiers of the requests that one node makes. */
export class RequestIdentifiers {
  readonly #startSeconds: number;
  readonly #originHost: string;
  #hopByHop: number;
  #endToEnd: number;
  #session: number;

  constructor(originHost: string, clock: Clock, random: Random) {
    this.#originHost = originHost;
    this.#startSeconds = Math.floor(clock.now() / 1000) % WRAP;
    this.#hopByHop = random32(random);
    this.#endToEnd = random32(random) % 2 ** COUNTER_BITS;
    this.#session = random32(random);
  }

  /** The next Hop-by-Hop identifier that no waiting request has. @see RFC 6733 §3 */
  nextHopByHop(inUse: { has(id: number): boolean }): number {
    do this.#hopByHop = (this.#hopByHop + 1) % WRAP;
    while (inUse.has(this.#hopByHop));
    return this.#hopByHop;
  }

  /** The low 12 bits of the start time, then a counter: unique for four minutes also over a restart. @see RFC 6733 §3 */
  nextEndToEnd(): number {
    this.#endToEnd = (this.#endToEnd + 1) % 2 ** COUNTER_BITS;
    return (this.#startSeconds % 2 ** 12) * 2 ** COUNTER_BITS + this.#endToEnd;
  }

  /** `<DiameterIdentity>;<high 32 bits>;<low 32 bits>`: a new one for each Cx dialogue. @see RFC 6733 §8.8 */
  nextSessionId(): string {
    this.#session = (this.#session + 1) % WRAP;
    return `${this.#originHost};${this.#startSeconds};${this.#session}`;
  }
}
