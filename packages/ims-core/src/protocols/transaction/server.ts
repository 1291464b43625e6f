import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { parseMessage } from '../sip/parse.ts';

/** Who answers the request. */
export interface ServerUser {
  /** Puts a response, whose octets are `wire`, on the wire. Returns false when the transport refuses it. */
  transmit(response: Edited<SipResponse>, wire: Uint8Array, cause: number | null): boolean;
  /** An ACK of a 2xx that came on the INVITE's own branch. @see RFC 6026 §7.1 */
  ack(ack: SipRequest, arrival: number): void;
  /** No ACK came for a refusal (timer H), or a response could not be sent. */
  failed(kind: 'timeout' | 'transport'): void;
}

/** What the INVITE and the non-INVITE server transaction have in common. @see RFC 3261 §17.2 */
export interface ServerTransaction {
  readonly state: string;
  readonly user: ServerUser;
  /** The same request came again. */
  retransmit(): void;
  ack(ack: SipRequest, arrival: number): void;
  respond(response: Edited<SipResponse>, cause: number | null): void;
  /** Ends it without an answer. @see RFC 4320 §4.2 */
  giveUp(): void;
  /** Stops the timers when the node closes. */
  stop(): void;
}

/** A response that was sent before, read from the octets that are all a transaction keeps of it; what was changed on the way is told once. */
export function sentBefore(wire: Uint8Array): Edited<SipResponse> | undefined {
  const parsed = parseMessage(wire);
  return parsed.ok && parsed.value.kind === 'response' ? { message: parsed.value, changes: [] } : undefined;
}
