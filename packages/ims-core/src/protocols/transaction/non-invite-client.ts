import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { ClientStart, ClientTransaction, ClientUser } from './client.ts';
import { MachineRun, machine, type RunOf } from './machine.ts';
import { transactionLifeMs } from './timers.ts';
import { Transaction, type TransactionHome } from './transaction.ts';

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

/** Sends a request and repeats it, where the transport may lose it, until its final response comes. */
export class NonInviteClient
  extends Transaction<(typeof nonInviteClientTable.events)[number]>
  implements ClientTransaction
{
  protected readonly run: RunOf<typeof nonInviteClientTable> = new MachineRun(nonInviteClientTable, this);
  readonly #request: Edited<SipRequest>;
  readonly #cause: number | null;
  readonly #reliable: boolean;
  readonly #user: ClientUser;
  #timerEMs: number;
  #response: SipResponse | undefined;
  #arrival = 0;

  constructor(home: TransactionHome, key: string, start: ClientStart) {
    super(home, key);
    this.#request = start.request;
    this.#cause = start.cause;
    this.#reliable = start.reliable;
    this.#user = start.user;
    this.#timerEMs = home.values.t1Ms;
  }

  start(): void {
    this.run.start();
  }

  receive(response: SipResponse, arrival: number): void {
    this.#response = response;
    this.#arrival = arrival;
    this.raise(response.status < 200 ? '1xx' : '200-699');
  }

  transportError(): void {
    this.raise('transportError');
  }

  abandon(): void {
    this.raise('abandon');
  }

  send(): void {
    if (!this.#user.transmit(this.#request, this.#cause)) this.raise('transportError');
  }

  resend(): void {
    this.send();
  }

  startTimerE(): void {
    if (!this.#reliable) this.repeatAfter(this.#timerEMs, 'timerE');
  }

  doubleTimerE(): void {
    this.#timerEMs = Math.min(2 * this.#timerEMs, this.home.values.t2Ms);
    this.repeatAfter(this.#timerEMs, 'timerE');
  }

  startTimerEAtT2(): void {
    this.repeatAfter(this.home.values.t2Ms, 'timerE');
  }

  stopTimerE(): void {
    this.stopRepeating();
  }

  startTimerF(): void {
    this.waitFor(transactionLifeMs(this.home.values), 'timerF');
  }

  stopTimerF(): void {
    this.stopWaiting();
  }

  startTimerK(): void {
    this.waitFor(this.#reliable ? 0 : this.home.values.t4Ms, 'timerK');
  }

  passUp(): void {
    if (this.#response !== undefined) this.#user.response(this.#response, this.#arrival);
  }

  informTimeout(): void {
    this.#user.failed('timeout');
  }

  informTransport(): void {
    this.#user.failed('transport');
  }
}
