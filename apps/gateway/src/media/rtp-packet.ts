/** An RTP packet; contributing sources and header extensions are not kept. @see RFC 3550 §5.1 */
export interface RtpPacket {
  readonly marker: boolean;
  /** 0 to 127. */
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequence: number;
  /** 32 bits, in units of the codec's clock. */
  readonly timestamp: number;
  /** 32 bits. */
  readonly ssrc: number;
  readonly payload: Uint8Array;
}

export const RTP_HEADER_OCTETS = 12;
const VERSION_2 = 0x80;
const VERSION_BITS = 0xc0;
const PADDING_BIT = 0x20;
const EXTENSION_BIT = 0x10;
const CSRC_COUNT_BITS = 0x0f;
const MARKER_BIT = 0x80;

/** Reads a packet; undefined when it is none. Never throws. @see RFC 3550 §5.1, §5.3.1, Appendix A.1 */
export function parseRtp(octets: Uint8Array): RtpPacket | undefined {
  if (octets.length < RTP_HEADER_OCTETS) return undefined;
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const first = view.getUint8(0);
  if ((first & VERSION_BITS) !== VERSION_2) return undefined;
  let start = RTP_HEADER_OCTETS + 4 * (first & CSRC_COUNT_BITS);
  if ((first & EXTENSION_BIT) !== 0) {
    if (start + 4 > octets.length) return undefined;
    start += 4 + 4 * view.getUint16(start + 2);
  }
  const padding = (first & PADDING_BIT) === 0 ? 0 : view.getUint8(octets.length - 1);
  const end = octets.length - padding;
  if (end < start || ((first & PADDING_BIT) !== 0 && padding === 0)) return undefined;
  const second = view.getUint8(1);
  return {
    marker: (second & MARKER_BIT) !== 0,
    payloadType: second & ~MARKER_BIT,
    sequence: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    payload: octets.subarray(start, end),
  };
}

/** @see RFC 3550 §5.1 */
export function writeRtp({ marker, payloadType, sequence, timestamp, ssrc, payload }: RtpPacket): Uint8Array {
  const octets = new Uint8Array(RTP_HEADER_OCTETS + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint8(0, VERSION_2);
  view.setUint8(1, (marker ? MARKER_BIT : 0) | payloadType);
  view.setUint16(2, sequence & 0xffff);
  view.setUint32(4, timestamp >>> 0);
  view.setUint32(8, ssrc >>> 0);
  octets.set(payload, RTP_HEADER_OCTETS);
  return octets;
}
