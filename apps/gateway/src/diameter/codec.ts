import type { Avp } from '@imslab/ims-core/protocols/diameter/avp';
import { type DiameterMessage, MAX_MESSAGE_OCTETS } from '@imslab/ims-core/protocols/diameter/message';
import {
  type AvpLayout,
  checkStructure,
  type MessageLayout,
} from '@imslab/ims-core/protocols/diameter/structural-check';
import codec, { type Pair } from 'diameter/lib/diameter-codec.js';
import { codecName, installDictionary } from './dictionary.ts';

installDictionary();

const VERSION = 1;

/**
 * The octets of a message, with version, length and padding.
 * Throws a TypeError when an AVP holds a value of another format than the table says, a RangeError when it is too long.
 * @see RFC 6733 §3, §4
 */
export function encodeMessage(message: DiameterMessage): Uint8Array {
  const octets = codec.encodeMessage({
    header: {
      version: VERSION,
      commandCode: message.commandCode,
      // The package writes the flags in the order of these keys.
      flags: {
        request: message.request,
        proxiable: message.proxiable,
        error: message.error,
        potentiallyRetransmitted: message.retransmitted,
      },
      applicationId: message.applicationId,
      hopByHopId: message.hopByHop,
      endToEndId: message.endToEnd,
    },
    body: message.avps.map(pairOf),
  });
  if (octets.length > MAX_MESSAGE_OCTETS) throw new RangeError(`a message of ${octets.length} octets is too long`);
  return octets;
}

/** A message that was read; `message` is absent when `layout.error` says why. */
export interface DecodedMessage {
  readonly layout: MessageLayout;
  readonly message?: DiameterMessage;
}

/**
 * Reads one message that the framer cut out. The structural check goes first: the package's decoder loops for ever on an
 * AVP of length 0 and reads beyond the message on one that is too long. Never throws.
 */
export function decodeMessage(octets: Uint8Array): DecodedMessage {
  const layout = checkStructure(octets);
  if (layout.error !== undefined) return { layout };
  const { body } = codec.decodeMessage(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength));
  return { layout, message: { ...layout.header, avps: joinAll(layout.avps, body) } };
}

function pairOf(avp: Avp): Pair {
  return [codecName(avp), avp.type === 'Grouped' ? avp.value.map(pairOf) : avp.value];
}

/** The decoder gives values by position, the layout gives codes and flags: both walked the same octets. */
function joinAll(layouts: readonly AvpLayout[], pairs: readonly Pair[]): readonly Avp[] {
  return layouts.map((layout, index) => join(layout, pairs[index]?.[1]));
}

function join({ code, vendor, mandatory, type, children }: AvpLayout, value: unknown): Avp {
  const decoded = type === 'Grouped' ? joinAll(children, Array.isArray(value) ? value : []) : value;
  return { code, vendor, mandatory, type, value: decoded } as Avp;
}
