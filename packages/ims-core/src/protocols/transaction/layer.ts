import type { Clock } from '../../ports/clock.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { topVia } from '../sip/read.ts';
import type { ClientTransaction, ClientUser, Transmit } from './client.ts';
import { InviteClient } from './invite-client.ts';
import { InviteServer } from './invite-server.ts';
import { answeredKey, branchOf, cancelledKey, clientKey, serverKey } from './match.ts';
import { NonInviteClient } from './non-invite-client.ts';
import { NonInviteServer } from './non-invite-server.ts';
import type { ServerTransaction, ServerUser, TransmitResponse } from './server.ts';
import type { TransactionTimers } from './timers.ts';

export interface ClientStart {
  /** With this node's Via on top. */
  readonly request: Edited<SipRequest>;
  readonly cause: number | null;
  readonly reliable: boolean;
  readonly transmit: Transmit;
  readonly user: ClientUser;
  /** Called once when the transaction is over. */
  readonly ended?: () => void;
}

export interface ServerStart {
  readonly request: SipRequest;
  readonly reliable: boolean;
  readonly transmit: TransmitResponse;
  readonly user: ServerUser;
}

/** All transactions of one node, found by the match rules of §17.1.3 and §17.2.3. */
export class TransactionLayer {
  readonly #clock: Clock;
  readonly #timers: TransactionTimers;
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #clients = new Map<string, ClientTransaction>();

  constructor(clock: Clock, timers: TransactionTimers) {
    this.#clock = clock;
    this.#timers = timers;
  }

  get serverCount(): number {
    return this.#servers.size;
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  /** The transaction that a repeated request or an ACK belongs to. */
  serverOf(request: SipRequest): ServerTransaction | undefined {
    return this.#servers.get(serverKey(request));
  }

  /** The INVITE's transaction that a CANCEL is meant for. */
  cancelledBy(cancel: SipRequest): ServerTransaction | undefined {
    return this.#servers.get(cancelledKey(cancel));
  }

  /** The transaction that waits for this response. */
  clientOf(response: SipResponse): ClientTransaction | undefined {
    const key = answeredKey(response);
    return key === undefined ? undefined : this.#clients.get(key);
  }

  /** Makes and keeps the server transaction of a new request. */
  serve(start: ServerStart): ServerTransaction {
    const key = serverKey(start.request);
    // Without the request: what is kept for 64*T1 is the answer.
    const options = {
      reliable: start.reliable,
      transmit: start.transmit,
      user: start.user,
      clock: this.#clock,
      timers: this.#timers,
      ended: () => void this.#servers.delete(key),
    };
    const made = start.request.method === 'INVITE' ? new InviteServer(options) : new NonInviteServer(options);
    this.#servers.set(key, made);
    return made;
  }

  /** Makes the client transaction of a request; the caller starts it. */
  client(start: ClientStart): ClientTransaction {
    const request = start.request.message;
    const key = clientKey(branchOf(topVia(request)), request.method);
    const options = {
      request: start.request,
      cause: start.cause,
      reliable: start.reliable,
      transmit: start.transmit,
      user: start.user,
      clock: this.#clock,
      timers: this.#timers,
      ended: () => {
        this.#clients.delete(key);
        start.ended?.();
      },
    };
    const made = request.method === 'INVITE' ? new InviteClient(options) : new NonInviteClient(options);
    this.#clients.set(key, made);
    return made;
  }

  /** Stops every timer and forgets all transactions. */
  close(): void {
    for (const one of this.#servers.values()) one.stop();
    for (const one of this.#clients.values()) one.stop();
    this.#servers.clear();
    this.#clients.clear();
  }
}
