import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';

/** Puts a request on the wire. Returns false when the transport refuses it. */
export type Transmit = (message: Edited<SipRequest>, cause: number | null) => boolean;

/** Who sent the request and waits for what becomes of it. */
export interface ClientUser {
  /** @param arrival trace number of the response's arrival. */
  response(response: SipResponse, arrival: number): void;
  failed(kind: 'timeout' | 'transport'): void;
}

/** What the INVITE and the non-INVITE client transaction have in common. @see RFC 3261 §17.1 */
export interface ClientTransaction {
  readonly state: string;
  start(): void;
  receive(response: SipResponse, arrival: number): void;
  /** The flow was lost, or a message could not be sent. */
  transportError(): void;
  /** Ends it without waiting for a final response any longer. */
  abandon(): void;
  /** Stops the timers when the node closes. */
  stop(): void;
}
