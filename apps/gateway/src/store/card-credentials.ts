import type { StoredCredentials } from '@imslab/ims-core/ports/subscriber-store';

const K_OCTETS = 16;
const OPC_OCTETS = 16;
const AMF_OCTETS = 2;
const CARD_OCTETS = K_OCTETS + OPC_OCTETS + AMF_OCTETS;
/** Room for so many cards at first; it doubles when it is full. */
const FIRST_CARDS = 64;

/** The secrets of all cards, by IMSI, side by side in one piece of memory: three small arrays a card would take six hundred octets more. */
export class CardCredentials {
  #octets = new Uint8Array(FIRST_CARDS * CARD_OCTETS);
  readonly #placeOf = new Map<string, number>();
  /** Places that were given back. */
  readonly #free: number[] = [];

  /** A copy; undefined for an IMSI without a card. */
  get(imsi: string): StoredCredentials | undefined {
    const place = this.#placeOf.get(imsi);
    if (place === undefined) return undefined;
    const octets = this.#octets.slice(place, place + CARD_OCTETS);
    return {
      k: octets.subarray(0, K_OCTETS),
      opc: octets.subarray(K_OCTETS, K_OCTETS + OPC_OCTETS),
      amf: octets.subarray(K_OCTETS + OPC_OCTETS),
    };
  }

  set(imsi: string, { k, opc, amf }: StoredCredentials): void {
    const place = this.#placeOf.get(imsi) ?? this.#free.pop() ?? this.#placeOf.size * CARD_OCTETS;
    if (place === this.#octets.length) {
      const larger = new Uint8Array(2 * this.#octets.length);
      larger.set(this.#octets);
      this.#octets = larger;
    }
    this.#octets.set(k, place);
    this.#octets.set(opc, place + K_OCTETS);
    this.#octets.set(amf, place + K_OCTETS + OPC_OCTETS);
    this.#placeOf.set(imsi, place);
  }

  delete(imsi: string): void {
    const place = this.#placeOf.get(imsi);
    if (place === undefined) return;
    this.#octets.fill(0, place, place + CARD_OCTETS);
    this.#placeOf.delete(imsi);
    this.#free.push(place);
  }
}
