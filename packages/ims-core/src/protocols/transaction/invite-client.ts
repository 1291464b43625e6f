import { type Edited, unchanged } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { buildAck } from './ack.ts';
import type { ClientStart, ClientTransaction, ClientUser } from './client.ts';
import { MachineRun, machine, type RunOf } from './machine.ts';
import { transactionLifeMs } from './timers.ts';
import { Transaction, type TransactionHome } from './transaction.ts';

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

/** Sends an INVITE, repeats it where the transport may lose it, and acknowledges a refusal. */
export class InviteClient extends Transaction<(typeof inviteClientTable.events)[number]> implements ClientTransaction {
  protected readonly run: RunOf<typeof inviteClientTable> = new MachineRun(inviteClientTable, this);
  readonly #request: Edited<SipRequest>;
  readonly #cause: number | null;
  readonly #reliable: boolean;
  readonly #user: ClientUser;
  #timerAMs: number;
  #response: SipResponse | undefined;
  #arrival = 0;

  constructor(home: TransactionHome, key: string, start: ClientStart) {
    super(home, key);
    this.#request = start.request;
    this.#cause = start.cause;
    this.#reliable = start.reliable;
    this.#user = start.user;
    this.#timerAMs = home.values.t1Ms;
  }

  start(): void {
    this.run.start();
  }

  receive(response: SipResponse, arrival: number): void {
    this.#response = response;
    this.#arrival = arrival;
    this.raise(response.status < 200 ? '1xx' : response.status < 300 ? '2xx' : '300-699');
  }

  transportError(): void {
    this.raise('transportError');
  }

  abandon(): void {
    this.raise('abandon');
  }

  send(): void {
    this.#transmit(this.#request, this.#cause);
  }

  resend(): void {
    this.send();
  }

  startTimerA(): void {
    if (!this.#reliable) this.repeatAfter(this.#timerAMs, 'timerA');
  }

  doubleTimerA(): void {
    this.#timerAMs *= 2;
    this.repeatAfter(this.#timerAMs, 'timerA');
  }

  stopTimerA(): void {
    this.stopRepeating();
  }

  startTimerB(): void {
    this.waitFor(transactionLifeMs(this.home.values), 'timerB');
  }

  stopTimerB(): void {
    this.stopWaiting();
  }

  startTimerD(): void {
    this.waitFor(this.#reliable ? 0 : this.home.values.timerDMs, 'timerD');
  }

  startTimerM(): void {
    this.waitFor(transactionLifeMs(this.home.values), 'timerM');
  }

  passUp(): void {
    if (this.#response !== undefined) this.#user.response(this.#response, this.#arrival);
  }

  sendAck(): void {
    if (this.#response === undefined) return;
    this.#transmit(unchanged(buildAck(this.#request.message, this.#response)), this.#arrival);
  }

  informTimeout(): void {
    this.#user.failed('timeout');
  }

  informTransport(): void {
    this.#user.failed('transport');
  }

  #transmit(message: Edited<SipRequest>, cause: number | null): void {
    if (!this.#user.transmit(message, cause)) this.raise('transportError');
  }
}
