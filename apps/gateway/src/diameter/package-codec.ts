import type { Avp } from '@imslab/ims-core/protocols/diameter/avp';
import type { DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import type { AvpLayout, MessageLayout } from '@imslab/ims-core/protocols/diameter/structural-check';
import codec, { type Pair } from 'diameter/lib/diameter-codec.js';
import { codecName, installDictionary } from './dictionary.ts';
import { VERSION } from './framer.ts';

installDictionary();

/** The octets of a message, made by the npm package `diameter`. Throws a TypeError for a value of the wrong format. */
export function encodeWithPackage(message: DiameterMessage): Uint8Array {
  return codec.encodeMessage({
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
}

/**
 * The AVPs of a message, read by the npm package `diameter`. Only for what the structural check passed: the package loops for
 * ever on an AVP of length 0 and reads beyond the message on one that is too long.
 */
export function decodeWithPackage(octets: Uint8Array, layout: MessageLayout): readonly Avp[] {
  const { body } = codec.decodeMessage(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength));
  return joinAll(layout.avps, body);
}

function pairOf(avp: Avp): Pair {
  return [codecName(avp), avp.type === 'Grouped' ? avp.value.map(pairOf) : avp.value];
}

/** The package gives values by position, the layout gives codes and flags: both walked the same octets. */
function joinAll(layouts: readonly AvpLayout[], pairs: readonly Pair[]): readonly Avp[] {
  return layouts.map((layout, index) => join(layout, pairs[index]?.[1]));
}

function join({ code, vendor, mandatory, type, children }: AvpLayout, value: unknown): Avp {
  const decoded = type === 'Grouped' ? joinAll(children, Array.isArray(value) ? value : []) : value;
  return { code, vendor, mandatory, type, value: decoded } as Avp;
}
