import { HEADER_OCTETS, MAX_MESSAGE_OCTETS } from '@imslab/ims-core/protocols/diameter/message';

/** What the framer found: a whole message, or a header after which the stream can not be read on. */
export type Frame =
  | { readonly kind: 'message'; readonly octets: Uint8Array }
  | { readonly kind: 'broken'; readonly text: string };

/** The only version of the header. @see RFC 6733 §3 */
export const VERSION = 1;

/**
 * Cuts a TCP stream into messages, whatever the segments. A good message before a bad header in the same segment is not lost.
 * After `broken` nothing more comes: where the next message would begin can not be known.
 * @see RFC 6733 §3
 */
export class DiameterFramer {
  #buffered: Uint8Array = new Uint8Array();
  #broken = false;

  /** The messages that are whole with this segment, one by one. */
  *push(segment: Uint8Array): Generator<Frame> {
    if (this.#broken) return;
    this.#buffered = this.#buffered.length === 0 ? segment : joined(this.#buffered, segment);
    while (this.#buffered.length >= 4) {
      const fault = headerFault(this.#buffered);
      if (fault !== undefined) {
        this.#broken = true;
        this.#buffered = new Uint8Array();
        yield { kind: 'broken', text: fault };
        return;
      }
      const length = messageLength(this.#buffered);
      if (this.#buffered.length < length) return;
      const octets = new Uint8Array(this.#buffered.subarray(0, length));
      this.#buffered = this.#buffered.subarray(length);
      yield { kind: 'message', octets };
    }
  }
}

function headerFault(octets: Uint8Array): string | undefined {
  if (octets[0] !== VERSION) return `version ${octets[0]} is not 1`;
  const length = messageLength(octets);
  if (length < HEADER_OCTETS) return `a message can not have ${length} octets`;
  if (length > MAX_MESSAGE_OCTETS) return `a message of ${length} octets is too long`;
  if (length % 4 !== 0) return `a message can not have ${length} octets: no multiple of 4`;
  return undefined;
}

function messageLength(octets: Uint8Array): number {
  return ((octets[1] ?? 0) << 16) | ((octets[2] ?? 0) << 8) | (octets[3] ?? 0);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const octets = new Uint8Array(first.length + second.length);
  octets.set(first);
  octets.set(second, first.length);
  return octets;
}
