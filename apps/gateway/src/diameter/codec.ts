import type { Avp } from '@imslab/ims-core/protocols/diameter/avp';
import { decodeValue } from '@imslab/ims-core/protocols/diameter/avp-types';
import { APPLICATION_BASE } from '@imslab/ims-core/protocols/diameter/commands';
import {
  type DiameterHeader,
  type DiameterMessage,
  MAX_MESSAGE_OCTETS,
} from '@imslab/ims-core/protocols/diameter/message';
import {
  type AvpLayout,
  checkStructure,
  type MessageLayout,
} from '@imslab/ims-core/protocols/diameter/structural-check';
import { writeMessage } from './message-writer.ts';
import { decodeWithPackage, encodeWithPackage } from './package-codec.ts';

/**
 * The octets of a message, with version, length and padding. The messages of the connection itself are the npm package's work,
 * those of Cx, of which a registration has eight, are written straight; both give the same octets.
 * Throws a TypeError when an AVP holds a value of another format than the table says, a RangeError when it is too long.
 * @see RFC 6733 §3, §4
 */
export function encodeMessage(header: DiameterHeader, avps: readonly Avp[]): Uint8Array {
  if (header.applicationId !== APPLICATION_BASE) return writeMessage(header, avps);
  const octets = encodeWithPackage({ ...header, avps });
  if (octets.length > MAX_MESSAGE_OCTETS) throw new RangeError(`a message of ${octets.length} octets is too long`);
  return octets;
}

/** A message that was read; `message` is undefined when `layout.error` says why. */
export interface DecodedMessage {
  readonly layout: MessageLayout;
  readonly message: DiameterMessage | undefined;
}

/** Reads one message that the framer cut out. The structural check goes first, whoever reads the values. Never throws. */
export function decodeMessage(octets: Uint8Array): DecodedMessage {
  const layout = checkStructure(octets);
  if (layout.error !== undefined) return { layout, message: undefined };
  const { request, proxiable, error, retransmitted, commandCode, applicationId, hopByHop, endToEnd } = layout.header;
  const avps =
    applicationId === APPLICATION_BASE
      ? decodeWithPackage(octets, layout)
      : avpsOf(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength), layout.avps);
  return {
    layout,
    message: { request, proxiable, error, retransmitted, commandCode, applicationId, hopByHop, endToEnd, avps },
  };
}

function avpsOf(octets: Buffer, layouts: readonly AvpLayout[]): readonly Avp[] {
  return layouts.map((layout) => avpOf(octets, layout));
}

function avpOf(octets: Buffer, layout: AvpLayout): Avp {
  const { code, vendor, mandatory, type, start, end } = layout;
  switch (type) {
    case 'Grouped':
      return { code, vendor, mandatory, type, value: avpsOf(octets, layout.children) };
    case 'UTF8String':
    case 'DiameterIdentity':
    case 'DiameterURI':
      // The check has seen that it is UTF-8.
      return { code, vendor, mandatory, type, value: octets.toString('utf8', start, end) };
    case 'Unsigned32':
      return { code, vendor, mandatory, type, value: octets.readUInt32BE(start) };
    case 'Enumerated':
      return { code, vendor, mandatory, type, value: octets.readInt32BE(start) };
    default:
      return { code, vendor, mandatory, type, value: decodeValue(type, layout.data) } as Avp;
  }
}
