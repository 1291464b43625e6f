import { HEADER_OCTETS, MAX_MESSAGE_OCTETS } from '@imslab/ims-core/protocols/diameter/message';

/** What the framer found: a whole message, or a header after which the stream can not be read on. */
export type Frame =
  | { readonly kind: 'message'; readonly octets: Uint8Array }
  | { readonly kind: 'broken'; readonly text: string };

/** The only version of the header. @see RFC 6733 §3 */
export const VERSION = 1;
/** Octets of a header up to the end of the length. */
const LENGTH_OCTETS = 4;
const NOTHING = new Uint8Array();

/**
 * Cuts a TCP stream into messages, whatever the segments. A good message before a bad header in the same segment is not lost.
 * After `broken` nothing more comes: where the next message would begin can not be known.
 * @see RFC 6733 §3
 */
export class DiameterFramer {
  #buffered: Uint8Array = NOTHING;
  #broken = false;

  /** The messages that are whole with this segment. They lie in the segment's own memory. */
  push(segment: Uint8Array): readonly Frame[] {
    if (this.#broken) return [];
    const octets = this.#buffered.length === 0 ? segment : joined(this.#buffered, segment);
    const frames: Frame[] = [];
    let at = 0;
    while (octets.length - at >= LENGTH_OCTETS) {
      const fault = headerFault(octets, at);
      if (fault !== undefined) {
        this.#broken = true;
        this.#buffered = NOTHING;
        frames.push({ kind: 'broken', text: fault });
        return frames;
      }
      const end = at + messageLength(octets, at);
      if (octets.length < end) break;
      frames.push({ kind: 'message', octets: octets.subarray(at, end) });
      at = end;
    }
    this.#buffered = at === octets.length ? NOTHING : octets.subarray(at);
    return frames;
  }
}

function headerFault(octets: Uint8Array, at: number): string | undefined {
  if (octets[at] !== VERSION) return `version ${octets[at]} is not 1`;
  const length = messageLength(octets, at);
  if (length < HEADER_OCTETS) return `a message can not have ${length} octets`;
  if (length > MAX_MESSAGE_OCTETS) return `a message of ${length} octets is too long`;
  if (length % 4 !== 0) return `a message can not have ${length} octets: no multiple of 4`;
  return undefined;
}

function messageLength(octets: Uint8Array, at: number): number {
  return ((octets[at + 1] ?? 0) << 16) | ((octets[at + 2] ?? 0) << 8) | (octets[at + 3] ?? 0);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const octets = new Uint8Array(first.length + second.length);
  octets.set(first);
  octets.set(second, first.length);
  return octets;
}
