import { type Avp, wireType } from '@imslab/ims-core/protocols/diameter/avp';
import { encodeValue, isText, type SimpleAvpType } from '@imslab/ims-core/protocols/diameter/avp-types';
import { paddedLength } from '@imslab/ims-core/protocols/diameter/failed-avp';
import {
  AVP_FLAG,
  type DiameterHeader,
  HEADER_FLAG,
  HEADER_OCTETS,
  MAX_MESSAGE_OCTETS,
} from '@imslab/ims-core/protocols/diameter/message';
import { VERSION } from './framer.ts';

const HOP_BY_HOP_OFFSET = 12;
/** Most octets that one unit of a JavaScript string becomes. */
const MAX_UTF8_OCTETS = 3;

/** Each message is put together here and then copied once. */
const page = Buffer.alloc(MAX_MESSAGE_OCTETS);
const view = new DataView(page.buffer, page.byteOffset, page.byteLength);

/**
 * The octets of a message, AVP after AVP straight into their place: the same that the npm package makes of many small buffers.
 * Throws a TypeError for a value of another format than the AVP's, a RangeError for more octets than a message may have.
 * @see RFC 6733 §3, §4.1
 */
export function writeMessage(header: DiameterHeader, avps: readonly Avp[]): Uint8Array {
  const end = writeAvps(avps, HEADER_OCTETS);
  view.setUint32(0, (VERSION << 24) | end);
  view.setUint32(4, (flagsOf(header) << 24) | header.commandCode);
  view.setUint32(8, header.applicationId);
  view.setUint32(HOP_BY_HOP_OFFSET, header.hopByHop);
  view.setUint32(16, header.endToEnd);
  const octets = Buffer.allocUnsafe(end);
  page.copy(octets, 0, 0, end);
  return octets;
}

/** A message with another Hop-by-Hop identifier; the message itself when it has this one. */
export function withHopByHop(message: Uint8Array, hopByHop: number): Uint8Array {
  const octets = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  if (octets.readUInt32BE(HOP_BY_HOP_OFFSET) === hopByHop) return message;
  const copy = Buffer.from(octets);
  copy.writeUInt32BE(hopByHop, HOP_BY_HOP_OFFSET);
  return copy;
}

function flagsOf({ request, proxiable, error, retransmitted }: DiameterHeader): number {
  return (
    (request ? HEADER_FLAG.request : 0) |
    (proxiable ? HEADER_FLAG.proxiable : 0) |
    (error ? HEADER_FLAG.error : 0) |
    (retransmitted ? HEADER_FLAG.retransmitted : 0)
  );
}

/** Each of these writes from `at` on and returns where its octets end. */
function writeAvps(avps: readonly Avp[], at: number): number {
  let end = at;
  for (const avp of avps) end = writeAvp(avp, end);
  return end;
}

function writeAvp(avp: Avp, at: number): number {
  const { code, vendor, mandatory } = avp;
  const dataAt = at + (vendor === 0 ? 8 : 12);
  requireRoom(dataAt);
  const end = writeData(avp, dataAt);
  const flags = (vendor === 0 ? 0 : AVP_FLAG.vendor) | (mandatory ? AVP_FLAG.mandatory : 0);
  view.setUint32(at, code);
  view.setUint32(at + 4, (flags << 24) | (end - at));
  if (vendor !== 0) view.setUint32(at + 8, vendor);
  const next = at + paddedLength(end - at);
  for (let pad = end; pad < next; pad += 1) page[pad] = 0;
  return next;
}

function writeData(avp: Avp, at: number): number {
  const type = wireType(avp.vendor, avp.code);
  if (type !== 'Grouped') return writeValue(type, avp.value, at);
  if (avp.type !== 'Grouped') throw new TypeError(`${type} can not carry this ${avp.type}`);
  return writeAvps(avp.value, at);
}

function writeValue(type: SimpleAvpType, value: unknown, at: number): number {
  if (typeof value === 'string' && isText(type) && at + MAX_UTF8_OCTETS * value.length <= MAX_MESSAGE_OCTETS) {
    const written = page.write(value, at);
    // As many octets as characters: all of them are ASCII.
    if (written === value.length) return at + written;
  }
  const data = encodeValue(type, value);
  requireRoom(at + data.length);
  page.set(data, at);
  return at + data.length;
}

/** Throws before an octet is written beyond the longest message. The page ends at a whole AVP, so padding always has room. */
function requireRoom(end: number): void {
  if (end > MAX_MESSAGE_OCTETS) throw new RangeError(`a message has at most ${MAX_MESSAGE_OCTETS} octets`);
}
