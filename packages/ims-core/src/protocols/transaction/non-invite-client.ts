import type { Clock } from '../../ports/clock.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { ClientTransaction, ClientUser, Transmit } from './client.ts';
import { MachineRun, machine } from './machine.ts';
import { TimerSet, type TransactionTimers, transactionLifeMs } from './timers.ts';

/** Client transaction of every request but INVITE and ACK. @see RFC 3261 §17.1.2 */
export const nonInviteClientTable = machine({
  name: 'non-INVITE client',
  states: ['Trying', 'Proceeding', 'Completed', 'Terminated'],
  events: ['1xx', '200-699', 'timerE', 'timerF', 'timerK', 'transportError', 'abandon'],
  initial: 'Trying',
  start: ['startTimerE', 'startTimerF', 'send'],
  final: 'Terminated',
  rows: [
    ['Trying', 'timerE', 'Trying', ['doubleTimerE', 'resend'], 'RFC 3261 §17.1.2.2'],
    ['Trying', 'timerF', 'Terminated', ['informTimeout'], 'RFC 3261 §17.1.2.2'],
    ['Trying', 'transportError', 'Terminated', ['informTransport'], 'RFC 3261 §17.1.4'],
    ['Trying', 'abandon', 'Terminated', [], 'RFC 3261 §16.8'],
    ['Trying', '1xx', 'Proceeding', ['passUp'], 'RFC 3261 §17.1.2.2'],
    ['Trying', '200-699', 'Completed', ['stopTimerE', 'stopTimerF', 'startTimerK', 'passUp'], 'RFC 3261 §17.1.2.2'],
    ['Proceeding', 'timerE', 'Proceeding', ['startTimerEAtT2', 'resend'], 'RFC 3261 §17.1.2.2'],
    ['Proceeding', 'timerF', 'Terminated', ['informTimeout'], 'RFC 3261 §17.1.2.2'],
    ['Proceeding', 'transportError', 'Terminated', ['informTransport'], 'RFC 3261 §17.1.4'],
    ['Proceeding', 'abandon', 'Terminated', [], 'RFC 3261 §16.8'],
    ['Proceeding', '1xx', 'Proceeding', ['passUp'], 'RFC 3261 §17.1.2.2'],
    ['Proceeding', '200-699', 'Completed', ['stopTimerE', 'stopTimerF', 'startTimerK', 'passUp'], 'RFC 3261 §17.1.2.2'],
    ['Completed', 'timerK', 'Terminated', [], 'RFC 3261 §17.1.2.2'],
  ],
  ignored: [
    ['Trying', 'timerK'],
    ['Proceeding', 'timerK'],
    ['Completed', '1xx'],
    ['Completed', '200-699'],
    ['Completed', 'timerE'],
    ['Completed', 'timerF'],
    ['Completed', 'transportError'],
    ['Completed', 'abandon'],
  ],
});

export interface NonInviteClientOptions {
  readonly request: Edited<SipRequest>;
  readonly cause: number | null;
  readonly reliable: boolean;
  readonly timers: TransactionTimers;
  readonly clock: Clock;
  readonly transmit: Transmit;
  readonly user: ClientUser;
  readonly ended: () => void;
}

/** Sends a request and repeats it, where the transport may lose it, until its final response comes. */
export class NonInviteClient implements ClientTransaction {
  readonly #options: NonInviteClientOptions;
  readonly #timers: TimerSet<'E' | 'F' | 'K'>;
  readonly #run: MachineRun<
    (typeof nonInviteClientTable.states)[number],
    (typeof nonInviteClientTable.events)[number],
    (typeof nonInviteClientTable.rows)[number][3][number] | (typeof nonInviteClientTable.start)[number]
  >;
  #timerEMs: number;
  #latest: { response: SipResponse; arrival: number } | undefined;

  constructor(options: NonInviteClientOptions) {
    const { timers, reliable, user } = options;
    this.#options = options;
    this.#timers = new TimerSet(options.clock);
    this.#timerEMs = timers.t1Ms;
    this.#run = new MachineRun(nonInviteClientTable, {
      send: () => this.#send(),
      resend: () => this.#send(),
      startTimerE: () => {
        if (!reliable) this.#timers.start('E', this.#timerEMs, () => this.#raise('timerE'));
      },
      doubleTimerE: () => {
        this.#timerEMs = Math.min(2 * this.#timerEMs, timers.t2Ms);
        this.#timers.start('E', this.#timerEMs, () => this.#raise('timerE'));
      },
      startTimerEAtT2: () => this.#timers.start('E', timers.t2Ms, () => this.#raise('timerE')),
      stopTimerE: () => this.#timers.stop('E'),
      startTimerF: () => this.#timers.start('F', transactionLifeMs(timers), () => this.#raise('timerF')),
      stopTimerF: () => this.#timers.stop('F'),
      startTimerK: () => this.#timers.start('K', reliable ? 0 : timers.t4Ms, () => this.#raise('timerK')),
      passUp: () => {
        if (this.#latest !== undefined) user.response(this.#latest.response, this.#latest.arrival);
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
    this.#raise(response.status < 200 ? '1xx' : '200-699');
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

  #send(): void {
    const { transmit, request, cause } = this.#options;
    if (!transmit(request, cause)) this.#raise('transportError');
  }

  #raise(event: (typeof nonInviteClientTable.events)[number]): void {
    if (!this.#run.raise(event) || !this.#run.ended) return;
    this.#timers.stopAll();
    this.#options.ended();
  }
}
