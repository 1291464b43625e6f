import type { Edited } from '../sip/edit.ts';
import type { SipResponse } from '../sip/message.ts';
import { serializeMessage } from '../sip/serialize.ts';
import { MachineRun, machine, type RunOf } from './machine.ts';
import { type ServerTransaction, type ServerUser, sentBefore } from './server.ts';
import { transactionLifeMs } from './timers.ts';
import { Transaction, type TransactionHome } from './transaction.ts';

/** Server transaction of every request but INVITE and ACK. @see RFC 3261 §17.2.2, RFC 6026 §8.4 */
export const nonInviteServerTable = machine({
  name: 'non-INVITE server',
  states: ['Trying', 'Proceeding', 'Completed', 'Terminated'],
  events: ['request', 'send 1xx', 'send 200-699', 'timerJ', 'transportError', 'giveUp'],
  initial: 'Trying',
  start: [],
  final: 'Terminated',
  rows: [
    ['Trying', 'send 1xx', 'Proceeding', ['send'], 'RFC 3261 §17.2.2'],
    ['Trying', 'send 200-699', 'Completed', ['startTimerJ', 'send'], 'RFC 3261 §17.2.2'],
    ['Trying', 'giveUp', 'Terminated', [], 'RFC 4320 §4.2'],
    ['Proceeding', 'request', 'Proceeding', ['resend'], 'RFC 3261 §17.2.2'],
    ['Proceeding', 'send 1xx', 'Proceeding', ['send'], 'RFC 3261 §17.2.2'],
    ['Proceeding', 'send 200-699', 'Completed', ['startTimerJ', 'send'], 'RFC 3261 §17.2.2'],
    ['Proceeding', 'transportError', 'Proceeding', ['informTransport'], 'RFC 6026 §8.4'],
    ['Proceeding', 'giveUp', 'Terminated', [], 'RFC 4320 §4.2'],
    ['Completed', 'request', 'Completed', ['resend'], 'RFC 3261 §17.2.2'],
    ['Completed', 'transportError', 'Completed', ['informTransport'], 'RFC 6026 §8.4'],
    ['Completed', 'timerJ', 'Terminated', [], 'RFC 3261 §17.2.2'],
  ],
  ignored: [
    ['Trying', 'request'],
    ['Trying', 'timerJ'],
    ['Trying', 'transportError'],
    ['Proceeding', 'timerJ'],
    ['Completed', 'send 1xx'],
    ['Completed', 'send 200-699'],
    ['Completed', 'giveUp'],
  ],
});

/** Answers a request once, and the same way whenever it comes again: of the answer, its octets are kept. */
export class NonInviteServer
  extends Transaction<(typeof nonInviteServerTable.events)[number]>
  implements ServerTransaction
{
  readonly user: ServerUser;
  protected readonly run: RunOf<typeof nonInviteServerTable> = new MachineRun(nonInviteServerTable, this);
  readonly #reliable: boolean;
  /** What the transaction user hands over; the table decides whether it goes out. */
  #offered: Edited<SipResponse> | undefined;
  #offeredCause: number | null = null;
  #sent: Uint8Array | undefined;
  #sentCause: number | null = null;

  constructor(home: TransactionHome, key: string, reliable: boolean, user: ServerUser) {
    super(home, key);
    this.#reliable = reliable;
    this.user = user;
  }

  retransmit(): void {
    this.raise('request');
  }

  /** An ACK never belongs to such a transaction: the match rules bring it to an INVITE's. */
  ack(): void {}

  respond(response: Edited<SipResponse>, cause: number | null): void {
    this.#offered = response;
    this.#offeredCause = cause;
    this.raise(response.message.status < 200 ? 'send 1xx' : 'send 200-699');
    this.#offered = undefined;
  }

  giveUp(): void {
    this.raise('giveUp');
  }

  send(): void {
    const response = this.#offered;
    if (response === undefined) return;
    this.#sent = serializeMessage(response.message);
    this.#sentCause = this.#offeredCause;
    this.#transmit(response, this.#sent);
  }

  resend(): void {
    if (this.#sent === undefined) return;
    const response = sentBefore(this.#sent);
    if (response !== undefined) this.#transmit(response, this.#sent);
  }

  startTimerJ(): void {
    this.waitFor(this.#reliable ? 0 : transactionLifeMs(this.home.values), 'timerJ');
  }

  informTransport(): void {
    this.user.failed('transport');
  }

  #transmit(response: Edited<SipResponse>, wire: Uint8Array): void {
    if (!this.user.transmit(response, wire, this.#sentCause)) this.raise('transportError');
  }
}
