import type { MessageChange, TraceEventInput, TraceParty } from '../trace/event.ts';
import type { SipTransportName } from './sip-transport.ts';

/** What both kinds of messages have on the wire. */
interface OnWire {
  /** Copied when they are kept: they may change afterwards. */
  readonly octets: Uint8Array;
  readonly from: TraceParty;
  readonly to: TraceParty;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Number of the event that made this one; null where it begins. */
  readonly cause: number | null;
}

export interface SipOnWire extends OnWire {
  readonly kind: 'sip';
  readonly transport: SipTransportName;
  /** What the sending box changed; nothing when the receiver tells of it. */
  readonly changes: readonly MessageChange[];
}

export interface DiameterOnWire extends OnWire {
  readonly kind: 'diameter';
  /** Lets readers see XRES, CK, IK and HA1. */
  readonly showSecrets: boolean;
}

/** A message as it went over a wire. Nothing of it is read before somebody looks at the event. */
export type MessageOnWire = SipOnWire | DiameterOnWire;

/** Which end of a message tells of it. */
export type Reporter = 'sender' | 'receiver';

/**
 * Where the nodes write what they did. Writing never fails and never blocks the network.
 * A message is reported by the box that sends it and by the box that receives it: the first report makes the event, the other
 * end's joins it.
 */
export interface TraceSink {
  /**
   * Stores what one end says of a message, unless the other end has told of it.
   * @param way number of the two addresses in the direction of travel: the same at both ends. Octets that are the same in all else
   * are another message on another way.
   * @returns the number of the message's event, for use as a cause.
   */
  message(message: MessageOnWire, by: Reporter, way: number): number;
  /** Stores an event that is no message: a note, or a fact of the media. Returns its number. */
  record(event: TraceEventInput): number;
}

/**
 * The event that the present work follows from. Whoever receives a message, an answer or a timer sets it; whoever sends,
 * records it as the cause of what is sent. One holder lives as long as one procedure.
 */
export interface CauseHolder {
  cause: number | null;
}
