import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { MachineRun, machine } from './machine.ts';
import type { ServerOptions, ServerTransaction } from './server.ts';
import { TimerSet, transactionLifeMs } from './timers.ts';

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
export class InviteServer implements ServerTransaction {
  readonly #options: ServerOptions;
  readonly #timers: TimerSet<'G' | 'H' | 'I' | 'L'>;
  readonly #run: MachineRun<
    (typeof inviteServerTable.states)[number],
    (typeof inviteServerTable.events)[number],
    (typeof inviteServerTable.rows)[number][3][number]
  >;
  #timerGMs: number;
  /** What the transaction user hands over; the table decides whether it goes out. */
  #offered: { response: Edited<SipResponse>; cause: number | null } | undefined;
  #sent: { response: Edited<SipResponse>; cause: number | null } | undefined;
  #ack: { request: SipRequest; arrival: number } | undefined;

  constructor(options: ServerOptions) {
    const { timers, reliable, user } = options;
    this.#options = options;
    this.#timers = new TimerSet(options.clock);
    this.#timerGMs = timers.t1Ms;
    this.#run = new MachineRun(inviteServerTable, {
      send: () => {
        this.#sent = this.#offered;
        this.#transmit();
      },
      resend: () => this.#transmit(),
      startTimerG: () => {
        if (!reliable) this.#timers.start('G', this.#timerGMs, () => this.#raise('timerG'));
      },
      doubleTimerG: () => {
        this.#timerGMs = Math.min(2 * this.#timerGMs, timers.t2Ms);
        this.#timers.start('G', this.#timerGMs, () => this.#raise('timerG'));
      },
      stopTimerG: () => this.#timers.stop('G'),
      startTimerH: () => this.#timers.start('H', transactionLifeMs(timers), () => this.#raise('timerH')),
      stopTimerH: () => this.#timers.stop('H'),
      startTimerI: () => this.#timers.start('I', reliable ? 0 : timers.t4Ms, () => this.#raise('timerI')),
      startTimerL: () => this.#timers.start('L', transactionLifeMs(timers), () => this.#raise('timerL')),
      passAckUp: () => {
        if (this.#ack !== undefined) user.ack(this.#ack.request, this.#ack.arrival);
      },
      informTimeout: () => user.failed('timeout'),
      informTransport: () => user.failed('transport'),
    });
  }

  get state(): string {
    return this.#run.state;
  }

  retransmit(): void {
    this.#raise('INVITE');
  }

  ack(request: SipRequest, arrival: number): void {
    this.#ack = { request, arrival };
    this.#raise('ACK');
  }

  respond(response: Edited<SipResponse>, cause: number | null): void {
    const { status } = response.message;
    this.#offered = { response, cause };
    this.#raise(status < 200 ? 'send 1xx' : status < 300 ? 'send 2xx' : 'send 300-699');
  }

  giveUp(): void {
    this.#raise('giveUp');
  }

  stop(): void {
    this.#timers.stopAll();
  }

  #transmit(): void {
    if (this.#sent === undefined) return;
    const { response, cause } = this.#sent;
    if (!this.#options.transmit(response, cause)) this.#raise('transportError');
  }

  #raise(event: (typeof inviteServerTable.events)[number]): void {
    if (!this.#run.raise(event) || !this.#run.ended) return;
    this.#timers.stopAll();
    this.#options.ended();
  }
}
