import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { serializeMessage } from '../sip/serialize.ts';
import { MachineRun, machine, type RunOf } from './machine.ts';
import { type ServerTransaction, type ServerUser, sentBefore } from './server.ts';
import { transactionLifeMs } from './timers.ts';
import { Transaction, type TransactionHome } from './transaction.ts';

/**
 * INVITE server transaction. A transport error does not end it: its timers do.
 * The 100 Trying is the transaction user's first response, so the 200 ms rule needs no timer here.
 * @see RFC 3261 §17.2.1, RFC 6026 §7.1 and §8.4
 */
export const inviteServerTable = machine({
  name: 'INVITE server',
  states: ['Proceeding', 'Completed', 'Confirmed', 'Accepted', 'Terminated'],
  events: [
    'INVITE',
    'ACK',
    'send 1xx',
    'send 2xx',
    'send 300-699',
    'timerG',
    'timerH',
    'timerI',
    'timerL',
    'transportError',
    /** The transaction user answers no more. */
    'giveUp',
  ],
  initial: 'Proceeding',
  start: [],
  final: 'Terminated',
  rows: [
    ['Proceeding', 'INVITE', 'Proceeding', ['resend'], 'RFC 3261 §17.2.1'],
    ['Proceeding', 'send 1xx', 'Proceeding', ['send'], 'RFC 3261 §17.2.1'],
    ['Proceeding', 'send 2xx', 'Accepted', ['startTimerL', 'send'], 'RFC 6026 §7.1'],
    ['Proceeding', 'send 300-699', 'Completed', ['startTimerG', 'startTimerH', 'send'], 'RFC 3261 §17.2.1'],
    ['Proceeding', 'transportError', 'Proceeding', ['informTransport'], 'RFC 6026 §8.4'],
    ['Proceeding', 'giveUp', 'Terminated', [], 'RFC 3261 §17.2.1'],
    ['Completed', 'INVITE', 'Completed', ['resend'], 'RFC 3261 §17.2.1'],
    ['Completed', 'timerG', 'Completed', ['doubleTimerG', 'resend'], 'RFC 3261 §17.2.1'],
    ['Completed', 'timerH', 'Terminated', ['informTimeout'], 'RFC 3261 §17.2.1'],
    ['Completed', 'ACK', 'Confirmed', ['stopTimerG', 'stopTimerH', 'startTimerI'], 'RFC 3261 §17.2.1'],
    ['Completed', 'transportError', 'Completed', ['informTransport'], 'RFC 6026 §8.4'],
    ['Confirmed', 'timerI', 'Terminated', [], 'RFC 3261 §17.2.1'],
    ['Accepted', 'send 2xx', 'Accepted', ['send'], 'RFC 6026 §7.1'],
    ['Accepted', 'ACK', 'Accepted', ['passAckUp'], 'RFC 6026 §7.1'],
    ['Accepted', 'transportError', 'Accepted', ['informTransport'], 'RFC 6026 §8.4'],
    ['Accepted', 'timerL', 'Terminated', [], 'RFC 6026 §7.1'],
  ],
  ignored: [
    ['Proceeding', 'ACK'],
    ['Proceeding', 'timerG'],
    ['Proceeding', 'timerH'],
    ['Proceeding', 'timerI'],
    ['Proceeding', 'timerL'],
    ['Completed', 'send 1xx'],
    ['Completed', 'send 2xx'],
    ['Completed', 'send 300-699'],
    ['Completed', 'timerI'],
    ['Completed', 'timerL'],
    ['Completed', 'giveUp'],
    ['Confirmed', 'INVITE'],
    ['Confirmed', 'ACK'],
    ['Confirmed', 'send 1xx'],
    ['Confirmed', 'send 2xx'],
    ['Confirmed', 'send 300-699'],
    ['Confirmed', 'timerG'],
    ['Confirmed', 'timerH'],
    ['Confirmed', 'timerL'],
    ['Confirmed', 'transportError'],
    ['Confirmed', 'giveUp'],
    ['Accepted', 'INVITE'],
    ['Accepted', 'send 1xx'],
    ['Accepted', 'send 300-699'],
    ['Accepted', 'timerG'],
    ['Accepted', 'timerH'],
    ['Accepted', 'timerI'],
    ['Accepted', 'giveUp'],
  ],
});

/** Answers an INVITE, repeats a refusal until its ACK comes, and lets every 2xx pass. */
export class InviteServer extends Transaction<(typeof inviteServerTable.events)[number]> implements ServerTransaction {
  readonly user: ServerUser;
  protected readonly run: RunOf<typeof inviteServerTable> = new MachineRun(inviteServerTable, this);
  readonly #reliable: boolean;
  #timerGMs: number;
  /** What the transaction user hands over; the table decides whether it goes out. */
  #offered: Edited<SipResponse> | undefined;
  #offeredCause: number | null = null;
  #sent: Uint8Array | undefined;
  #sentCause: number | null = null;
  #ack: SipRequest | undefined;
  #ackArrival = 0;

  constructor(home: TransactionHome, key: string, reliable: boolean, user: ServerUser) {
    super(home, key);
    this.#reliable = reliable;
    this.user = user;
    this.#timerGMs = home.values.t1Ms;
  }

  retransmit(): void {
    this.raise('INVITE');
  }

  ack(ack: SipRequest, arrival: number): void {
    this.#ack = ack;
    this.#ackArrival = arrival;
    this.raise('ACK');
    this.#ack = undefined;
  }

  respond(response: Edited<SipResponse>, cause: number | null): void {
    const { status } = response.message;
    this.#offered = response;
    this.#offeredCause = cause;
    this.raise(status < 200 ? 'send 1xx' : status < 300 ? 'send 2xx' : 'send 300-699');
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

  startTimerG(): void {
    if (!this.#reliable) this.repeatAfter(this.#timerGMs, 'timerG');
  }

  doubleTimerG(): void {
    this.#timerGMs = Math.min(2 * this.#timerGMs, this.home.values.t2Ms);
    this.repeatAfter(this.#timerGMs, 'timerG');
  }

  stopTimerG(): void {
    this.stopRepeating();
  }

  startTimerH(): void {
    this.waitFor(transactionLifeMs(this.home.values), 'timerH');
  }

  stopTimerH(): void {
    this.stopWaiting();
  }

  startTimerI(): void {
    this.waitFor(this.#reliable ? 0 : this.home.values.t4Ms, 'timerI');
  }

  startTimerL(): void {
    this.waitFor(transactionLifeMs(this.home.values), 'timerL');
  }

  passAckUp(): void {
    if (this.#ack !== undefined) this.user.ack(this.#ack, this.#ackArrival);
  }

  informTimeout(): void {
    this.user.failed('timeout');
  }

  informTransport(): void {
    this.user.failed('transport');
  }

  #transmit(response: Edited<SipResponse>, wire: Uint8Array): void {
    if (!this.user.transmit(response, wire, this.#sentCause)) this.raise('transportError');
  }
}
