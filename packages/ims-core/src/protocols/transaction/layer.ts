import type { Clock } from '../../ports/clock.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { ClientStart, ClientTransaction } from './client.ts';
import { InviteClient } from './invite-client.ts';
import { InviteServer } from './invite-server.ts';
import { answeredKey, cancelledKey, clientKey } from './match.ts';
import { NonInviteClient } from './non-invite-client.ts';
import { NonInviteServer } from './non-invite-server.ts';
import type { ServerTransaction, ServerUser } from './server.ts';
import { TimerLists } from './timer-lists.ts';
import type { TransactionTimers } from './timers.ts';
import type { TransactionHome } from './transaction.ts';

/** All transactions of one node, found by the match rules of §17.1.3 and §17.2.3. */
export class TransactionLayer {
  readonly #timers: TimerLists;
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #serverHome: TransactionHome;
  readonly #clientHome: TransactionHome;

  constructor(clock: Clock, values: TransactionTimers) {
    const timers = new TimerLists(clock);
    this.#timers = timers;
    this.#serverHome = { values, timers, ended: (key) => void this.#servers.delete(key) };
    this.#clientHome = { values, timers, ended: (key) => void this.#clients.delete(key) };
  }

  get serverCount(): number {
    return this.#servers.size;
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  /** The transaction that a repeated request or an ACK belongs to. @param key of `serverKey`. */
  server(key: string): ServerTransaction | undefined {
    return this.#servers.get(key);
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

  /** Makes and keeps the server transaction of a new request. @param key of `serverKey`. */
  serve(key: string, method: string, reliable: boolean, user: ServerUser): ServerTransaction {
    const made =
      method === 'INVITE'
        ? new InviteServer(this.#serverHome, key, reliable, user)
        : new NonInviteServer(this.#serverHome, key, reliable, user);
    this.#servers.set(key, made);
    return made;
  }

  /** Makes the client transaction of a request; the caller starts it. */
  client(start: ClientStart): ClientTransaction {
    const { method } = start.request.message;
    const key = clientKey(start.branch, method);
    const made =
      method === 'INVITE'
        ? new InviteClient(this.#clientHome, key, start)
        : new NonInviteClient(this.#clientHome, key, start);
    this.#clients.set(key, made);
    return made;
  }

  /** Stops every timer and forgets all transactions. */
  close(): void {
    this.#timers.close();
    for (const one of this.#servers.values()) one.stop();
    for (const one of this.#clients.values()) one.stop();
    this.#servers.clear();
    this.#clients.clear();
  }
}
