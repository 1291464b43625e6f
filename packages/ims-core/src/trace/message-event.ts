import type { MessageOnWire } from '../ports/trace-sink.ts';
import { checkStructure } from '../protocols/diameter/structural-check.ts';
import { traceDiameter } from './diameter-event.ts';
import type { TraceEventInput } from './event.ts';
import { traceSip } from './sip-event.ts';

/** The event that people read, made of the message's octets. Secrets are masked here: nothing else makes text of them. */
export function messageEvent(message: MessageOnWire, retransmission: boolean): TraceEventInput {
  const { from, to, time, cause, octets } = message;
  if (message.kind === 'sip') return { kind: 'sip', from, to, time, cause, sip: traceSip(message, retransmission) };
  const diameter = traceDiameter(checkStructure(octets), octets.length, message);
  return { kind: 'diameter', from, to, time, cause, diameter };
}
