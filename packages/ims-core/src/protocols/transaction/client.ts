import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';

/** Who sends the request and waits for what becomes of it. */
export interface ClientUser {
  /** Puts a request on the wire. Returns false when the transport refuses it. */
  transmit(message: Edited<SipRequest>, cause: number | null): boolean;
  /** @param arrival trace number of the response's arrival. */
  response(response: SipResponse, arrival: number): void;
  failed(kind: 'timeout' | 'transport'): void;
}

/** A request on its way out. */
export interface ClientStart {
  /** With this node's Via on top. */
  readonly request: Edited<SipRequest>;
  /** Of that Via. */
  readonly branch: string;
  readonly cause: number | null;
  readonly reliable: boolean;
  readonly user: ClientUser;
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
