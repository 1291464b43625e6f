/** Text to octets without an allocation for each: small ones are cut from one block. A part is never written twice. */

const BLOCK_OCTETS = 16_384;
const encoder = new TextEncoder();
let block = new Uint8Array(0);
let used = 0;

/** UTF-8 of a text, followed by `tail`. */
export function textOctets(text: string, tail?: Uint8Array): Uint8Array {
  const tailLength = tail?.length ?? 0;
  if (used + text.length + tailLength > block.length) {
    block = new Uint8Array(Math.max(BLOCK_OCTETS, text.length + tailLength));
    used = 0;
  }
  const { read, written } = encoder.encodeInto(text, used === 0 ? block : block.subarray(used));
  const length = written + tailLength;
  if (read < text.length || used + length > block.length) {
    return joined(encoder.encode(text), tail);
  }
  const octets = block.subarray(used, used + length);
  if (tail !== undefined) {
    octets.set(tail, written);
  }
  used += length;
  return octets;
}

/** For a text beyond ASCII that was longer than its characters let expect. */
function joined(head: Uint8Array, tail: Uint8Array | undefined): Uint8Array {
  if (tail === undefined) {
    return head;
  }
  const octets = new Uint8Array(head.length + tail.length);
  octets.set(head);
  octets.set(tail, head.length);
  return octets;
}
