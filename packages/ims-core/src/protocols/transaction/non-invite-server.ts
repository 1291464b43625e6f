import type { Edited } from '../sip/edit.ts';
import type { SipResponse } from '../sip/message.ts';
import { MachineRun, machine } from './machine.ts';
import type { ServerOptions, ServerTransaction } from './server.ts';
import { TimerSet, transactionLifeMs } from './timers.ts';

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

/** Answers a request once, and the same way whenever it comes again. */
export class NonInviteServer implements ServerTransaction {
  readonly #options: ServerOptions;
  readonly #timers: TimerSet<'J'>;
  readonly #run: MachineRun<
    (typeof nonInviteServerTable.states)[number],
    (typeof nonInviteServerTable.events)[number],
    (typeof nonInviteServerTable.rows)[number][3][number]
  >;
  /** What the transaction user hands over; the table decides whether it goes out. */
  #offered: { response: Edited<SipResponse>; cause: number | null } | undefined;
  #sent: { response: Edited<SipResponse>; cause: number | null } | undefined;

  constructor(options: ServerOptions) {
    const { timers, reliable, user } = options;
    this.#options = options;
    this.#timers = new TimerSet(options.clock);
    this.#run = new MachineRun(nonInviteServerTable, {
      send: () => {
        this.#sent = this.#offered;
        this.#transmit();
      },
      resend: () => this.#transmit(),
      startTimerJ: () => this.#timers.start('J', reliable ? 0 : transactionLifeMs(timers), () => this.#raise('timerJ')),
      informTransport: () => user.failed('transport'),
    });
  }

  get state(): string {
    return this.#run.state;
  }

  retransmit(): void {
    this.#raise('request');
  }

  /** An ACK never belongs to such a transaction: the match rules bring it to an INVITE's. */
  ack(): void {}

  respond(response: Edited<SipResponse>, cause: number | null): void {
    this.#offered = { response, cause };
    this.#raise(response.message.status < 200 ? 'send 1xx' : 'send 200-699');
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

  #raise(event: (typeof nonInviteServerTable.events)[number]): void {
    if (!this.#run.raise(event) || !this.#run.ended) return;
    this.#timers.stopAll();
    this.#options.ended();
  }
}
