import type { Clock } from '../../ports/clock.ts';
import { type Edited, unchanged } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { buildAck } from './ack.ts';
import type { ClientTransaction, ClientUser, Transmit } from './client.ts';
import { MachineRun, machine } from './machine.ts';
import { TimerSet, type TransactionTimers, transactionLifeMs } from './timers.ts';

/** INVITE client transaction. @see RFC 3261 §17.1.1, RFC 6026 §7.2 */
export const inviteClientTable = machine({
  name: 'INVITE client',
  states: ['Calling', 'Proceeding', 'Completed', 'Accepted', 'Terminated'],
  events: [
    '1xx',
    '2xx',
    '300-699',
    'timerA',
    'timerB',
    'timerD',
    'timerM',
    'transportError',
    /** The transaction user waits no longer for a final response to what it cancelled (§9.1, §16.8). */
    'abandon',
  ],
  initial: 'Calling',
  start: ['startTimerA', 'startTimerB', 'send'],
  final: 'Terminated',
  rows: [
    ['Calling', 'timerA', 'Calling', ['doubleTimerA', 'resend'], 'RFC 3261 §17.1.1.2'],
    ['Calling', 'timerB', 'Terminated', ['informTimeout'], 'RFC 3261 §17.1.1.2'],
    ['Calling', 'transportError', 'Terminated', ['informTransport'], 'RFC 3261 §17.1.4'],
    ['Calling', 'abandon', 'Terminated', [], 'RFC 3261 §9.1'],
    ['Calling', '1xx', 'Proceeding', ['stopTimerA', 'stopTimerB', 'passUp'], 'RFC 3261 §17.1.1.2'],
    ['Calling', '2xx', 'Accepted', ['stopTimerA', 'stopTimerB', 'startTimerM', 'passUp'], 'RFC 6026 §7.2'],
    [
      'Calling',
      '300-699',
      'Completed',
      ['stopTimerA', 'stopTimerB', 'startTimerD', 'passUp', 'sendAck'],
      'RFC 3261 §17.1.1.2',
    ],
    ['Proceeding', '1xx', 'Proceeding', ['passUp'], 'RFC 3261 §17.1.1.2'],
    ['Proceeding', '2xx', 'Accepted', ['startTimerM', 'passUp'], 'RFC 6026 §7.2'],
    ['Proceeding', '300-699', 'Completed', ['startTimerD', 'passUp', 'sendAck'], 'RFC 3261 §17.1.1.2'],
    ['Proceeding', 'transportError', 'Terminated', ['informTransport'], 'RFC 3261 §17.1.4'],
    ['Proceeding', 'abandon', 'Terminated', [], 'RFC 3261 §9.1'],
    ['Completed', '300-699', 'Completed', ['sendAck'], 'RFC 3261 §17.1.1.2'],
    ['Completed', 'timerD', 'Terminated', [], 'RFC 3261 §17.1.1.2'],
    ['Completed', 'transportError', 'Terminated', ['informTransport'], 'RFC 3261 §17.1.1.2'],
    ['Accepted', '2xx', 'Accepted', ['passUp'], 'RFC 6026 §7.2'],
    ['Accepted', 'timerM', 'Terminated', [], 'RFC 6026 §7.2'],
  ],
  ignored: [
    ['Calling', 'timerD'],
    ['Calling', 'timerM'],
    ['Proceeding', 'timerA'],
    ['Proceeding', 'timerB'],
    ['Proceeding', 'timerD'],
    ['Proceeding', 'timerM'],
    ['Completed', '1xx'],
    ['Completed', '2xx'],
    ['Completed', 'timerA'],
    ['Completed', 'timerB'],
    ['Completed', 'timerM'],
    ['Completed', 'abandon'],
    ['Accepted', '1xx'],
    ['Accepted', '300-699'],
    ['Accepted', 'timerA'],
    ['Accepted', 'timerB'],
    ['Accepted', 'timerD'],
    ['Accepted', 'transportError'],
    ['Accepted', 'abandon'],
  ],
});

export interface InviteClientOptions {
  readonly request: Edited<SipRequest>;
  readonly cause: number | null;
  readonly reliable: boolean;
  readonly timers: TransactionTimers;
  readonly clock: Clock;
  readonly transmit: Transmit;
  readonly user: ClientUser;
  readonly ended: () => void;
}

/** Sends an INVITE, repeats it where the transport may lose it, and acknowledges a refusal. */
export class InviteClient implements ClientTransaction {
  readonly #options: InviteClientOptions;
  readonly #timers: TimerSet<'A' | 'B' | 'D' | 'M'>;
  readonly #run: MachineRun<
    (typeof inviteClientTable.states)[number],
    (typeof inviteClientTable.events)[number],
    (typeof inviteClientTable.rows)[number][3][number] | (typeof inviteClientTable.start)[number]
  >;
  #timerAMs: number;
  #latest: { response: SipResponse; arrival: number } | undefined;

  constructor(options: InviteClientOptions) {
    const { timers, reliable, user } = options;
    this.#options = options;
    this.#timers = new TimerSet(options.clock);
    this.#timerAMs = timers.t1Ms;
    this.#run = new MachineRun(inviteClientTable, {
      send: () => this.#send(options.request, options.cause),
      resend: () => this.#send(options.request, options.cause),
      startTimerA: () => {
        if (!reliable) this.#timers.start('A', this.#timerAMs, () => this.#raise('timerA'));
      },
      doubleTimerA: () => {
        this.#timerAMs *= 2;
        this.#timers.start('A', this.#timerAMs, () => this.#raise('timerA'));
      },
      stopTimerA: () => this.#timers.stop('A'),
      startTimerB: () => this.#timers.start('B', transactionLifeMs(timers), () => this.#raise('timerB')),
      stopTimerB: () => this.#timers.stop('B'),
      startTimerD: () => this.#timers.start('D', reliable ? 0 : timers.timerDMs, () => this.#raise('timerD')),
      startTimerM: () => this.#timers.start('M', transactionLifeMs(timers), () => this.#raise('timerM')),
      passUp: () => {
        if (this.#latest !== undefined) user.response(this.#latest.response, this.#latest.arrival);
      },
      sendAck: () => {
        if (this.#latest === undefined) return;
        const ack = buildAck(options.request.message, this.#latest.response);
        this.#send(unchanged(ack), this.#latest.arrival);
      },
      informTimeout: () => user.failed('timeout'),
      informTransport: () => user.failed('transport'),
    });
  }

  get state(): string {
    return this.#run.state;
  }

  start(): void {
    this.#run.start();
  }

  receive(response: SipResponse, arrival: number): void {
    this.#latest = { response, arrival };
    this.#raise(response.status < 200 ? '1xx' : response.status < 300 ? '2xx' : '300-699');
  }

  transportError(): void {
    this.#raise('transportError');
  }

  abandon(): void {
    this.#raise('abandon');
  }

  stop(): void {
    this.#timers.stopAll();
  }

  #send(message: Edited<SipRequest>, cause: number | null): void {
    if (!this.#options.transmit(message, cause)) this.#raise('transportError');
  }

  #raise(event: (typeof inviteClientTable.events)[number]): void {
    if (!this.#run.raise(event) || !this.#run.ended) return;
    this.#timers.stopAll();
    this.#options.ended();
  }
}
