import type { Clock } from '../../ports/clock.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { TransactionTimers } from './timers.ts';

/** Puts a response on the wire. Returns false when the transport refuses it. */
export type TransmitResponse = (response: Edited<SipResponse>, cause: number | null) => boolean;

/** Who answers the request. */
export interface ServerUser {
  /** An ACK of a 2xx that came on the INVITE's own branch. @see RFC 6026 §7.1 */
  ack(ack: SipRequest, arrival: number): void;
  /** No ACK came for a refusal (timer H), or a response could not be sent. */
  failed(kind: 'timeout' | 'transport'): void;
}

export interface ServerOptions {
  readonly reliable: boolean;
  readonly timers: TransactionTimers;
  readonly clock: Clock;
  readonly transmit: TransmitResponse;
  readonly user: ServerUser;
  readonly ended: () => void;
}

/** What the INVITE and the non-INVITE server transaction have in common. @see RFC 3261 §17.2 */
export interface ServerTransaction {
  readonly state: string;
  /** The same request came again. */
  retransmit(): void;
  ack(ack: SipRequest, arrival: number): void;
  respond(response: Edited<SipResponse>, cause: number | null): void;
  /** Ends it without an answer. @see RFC 4320 §4.2 */
  giveUp(): void;
  /** Stops the timers when the node closes. */
  stop(): void;
}
