import type { Clock } from '@imslab/ims-core/ports/clock';
import type { Random } from '@imslab/ims-core/ports/random';
import type { CauseHolder } from '@imslab/ims-core/ports/trace-sink';
import type { Avp } from '@imslab/ims-core/protocols/diameter/avp';
import { utf8Text } from '@imslab/ims-core/protocols/diameter/avp-types';
import {
  baseRequestHeader,
  capabilitiesAvps,
  type DiameterNode,
  disconnectAnswerAvps,
  disconnectAvps,
  type ErrorAnswer,
  errorAnswerAvps,
  watchdogAvps,
} from '@imslab/ims-core/protocols/diameter/base-messages';
import { APPLICATION_BASE, commands, type DiameterCommand } from '@imslab/ims-core/protocols/diameter/commands';
import { answerHeader, type DiameterHeader, type DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import { isProtocolError, ResultCode } from '@imslab/ims-core/protocols/diameter/result-codes';
import type { MessageLayout } from '@imslab/ims-core/protocols/diameter/structural-check';
import { type Machine, MachineRun } from '@imslab/ims-core/protocols/transaction/machine';
import { type DiameterApplication, refusalOf } from './application.ts';
import { judgeCea, judgeCer } from './capabilities-exchange.ts';
import { type DecodedMessage, decodeMessage } from './codec.ts';
import type { RequestIdentifiers } from './identifiers.ts';
import { GOODBYE_MS, MAX_REQUESTS_IN_WORK, PEER_ANSWER_MS, REOPEN_WATCHDOGS } from './limits.ts';
import type { Log } from './log.ts';
import { withHopByHop } from './message-writer.ts';
import type { PeerAction, PeerEvent, PeerState } from './peer-machine.ts';
import { PeerTimers } from './peer-timers.ts';
import { PeerWire, type PeerWireOptions } from './peer-wire.ts';
import { PendingRequests, type RequestOutcome } from './pending-requests.ts';

export interface PeerOptions extends PeerWireOptions {
  readonly machine: Machine<PeerState, PeerEvent, PeerAction>;
  readonly node: DiameterNode;
  readonly identifiers: RequestIdentifiers;
  readonly application: DiameterApplication;
  readonly clock: Clock;
  readonly random: Random;
  /** Why a peer of this Origin-Host may not come in; undefined when it may. */
  readonly objection: (originHost: string) => string | undefined;
  readonly onChange: () => void;
  readonly log: Log;
}

const TOO_BUSY: ErrorAnswer = { resultCode: ResultCode.TOO_BUSY, text: 'too many requests are in work' };

/** The message that the machine's actions are about, and its trace number. */
interface Arrival extends DecodedMessage {
  readonly seq: number;
}

/** One peer: its connection, its state machine, the requests that wait on it. @see RFC 6733 §5 */
export class DiameterPeer {
  readonly #options: PeerOptions;
  readonly #run: MachineRun<PeerState, PeerEvent, PeerAction>;
  readonly #wire: PeerWire;
  readonly #pending: PendingRequests;
  readonly #timers: PeerTimers;
  /** Hop-by-Hop identifiers of our own CER, DWR and DPR that have no answer yet, by command code. */
  readonly #awaited = new Map<number, number>();
  readonly #ended: Promise<void>;
  #reportEnd: () => void = () => {};
  #arrival: Arrival | undefined;
  #refusal: ErrorAnswer | undefined;
  #originHost = '';
  /** True from a watchdog failure until a connection has proved itself. */
  #failed = false;
  #watchdogsAnswered = 0;
  #requestsInWork = 0;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#wire = new PeerWire(options);
    this.#pending = new PendingRequests(options.clock);
    this.#timers = new PeerTimers(options.clock, options.random, {
      onTw: () => this.#raise(this.#awaited.has(commands.DWR.code) ? 'timerTwPending' : 'timerTw'),
      onTc: () => this.#raise('timerTc'),
      onAnswer: () => this.#raise('timerAnswer'),
    });
    this.#ended = new Promise((resolve) => {
      this.#reportEnd = resolve;
    });
    this.#run = new MachineRun(options.machine, this.#actions());
  }

  get state(): PeerState {
    return this.#run.state;
  }

  /** Empty until CER or CEA told it. */
  get originHost(): string {
    return this.#originHost;
  }

  /** Connects; or waits for CER on the connection that came in. */
  start(): void {
    this.#raise('start');
  }

  /** Rejects what waits, says goodbye, and resolves when the connection is gone. */
  async close(): Promise<void> {
    this.#raise('stop');
    await this.#ended;
  }

  /** Sends a request of an application. `settle` is called once: with the answer, or with why there is none. */
  request(
    { code, applicationId }: DiameterCommand,
    avps: readonly Avp[],
    cause: number | null,
    settle: (outcome: RequestOutcome) => void,
  ): void {
    if (this.state !== 'Okay') {
      settle({ ok: false, failure: 'peer-down', text: `the peer is ${this.state}` });
      return;
    }
    if (this.#pending.full || this.#wire.congested) {
      settle({ ok: false, failure: 'overloaded', text: 'too many requests wait on this connection' });
      return;
    }
    const header: DiameterHeader = {
      request: true,
      proxiable: true,
      error: false,
      retransmitted: false,
      commandCode: code,
      applicationId,
      hopByHop: this.#options.identifiers.nextHopByHop(this.#pending),
      endToEnd: this.#options.identifiers.nextEndToEnd(),
    };
    let seq: number;
    try {
      seq = this.#wire.send(header, avps, cause);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      settle({ ok: false, failure: 'malformed', text: error.message });
      return;
    }
    this.#pending.add(header.hopByHop, code, seq, settle);
  }

  #raise(event: PeerEvent): void {
    const before = this.state;
    this.#run.raise(event);
    if (this.state !== before) this.#options.onChange();
    if (this.#run.ended) this.#reportEnd();
  }

  #actions(): Readonly<Record<PeerAction, () => void>> {
    const { node, log } = this.#options;
    return {
      connect: () => this.#connect(),
      sendCer: () => this.#sendBase('CER', capabilitiesAvps(node, this.#wire.hostIpAddress)),
      sendCea: () => this.#answer(capabilitiesAvps(node, this.#wire.hostIpAddress, ResultCode.SUCCESS)),
      sendCeaRefusal: () => this.#refuse(this.#refusal),
      sendDwr: () => this.#sendBase('DWR', watchdogAvps(node)),
      sendDwa: () => this.#answer(watchdogAvps(node, ResultCode.SUCCESS)),
      sendDpr: () => this.#sendBase('DPR', disconnectAvps(node)),
      sendDpa: () => this.#answer(disconnectAnswerAvps(node)),
      passUp: () => this.#passUp(),
      countDwa: () => {
        this.#watchdogsAnswered += 1;
      },
      rejectPending: () => this.#pending.rejectAll('the connection ended'),
      noteFailure: () => {
        this.#failed = true;
        log.warn({ peer: this.#originHost }, 'the Diameter peer does not answer');
      },
      drop: () => this.#wire.drop(),
      startTimerTw: () => this.#timers.startTw(),
      startTimerTc: () => this.#timers.startTc(),
      startTimerAnswer: () => this.#timers.startAnswer(this.#answerMs()),
      stopTimers: () => this.#timers.stopAll(),
      reportUp: () => {
        this.#failed = false;
        this.#timers.forgetFailures();
        log.info({ peer: this.#originHost }, 'the Diameter peer is up');
      },
      reportDown: () => log.info({ peer: this.#originHost }, 'the Diameter peer is down'),
    };
  }

  #answerMs(): number {
    return this.state === 'Closing' || this.state === 'Peer-Closing' ? GOODBYE_MS : PEER_ANSWER_MS;
  }

  #connect(): void {
    this.#awaited.clear();
    this.#watchdogsAnswered = 0;
    this.#wire.open({
      onConnected: () => this.#raise('connected'),
      onMessage: (octets) => this.#receive(octets),
      onBroken: (text) => this.#noteFault('DIAMETER_STREAM_BROKEN', text, null),
      onDisconnected: (reason) => {
        this.#options.log.info({ peer: this.#originHost, reason }, 'a Diameter connection ended');
        this.#raise('disconnected');
      },
    });
  }

  #receive(octets: Uint8Array): void {
    const decoded = decodeMessage(octets);
    const { header, error } = decoded.layout;
    const waiting = header.request ? undefined : this.#pending.get(header.hopByHop);
    const seq = this.#wire.traceReceived(octets, decoded.layout, waiting?.seq ?? null);
    if (error !== undefined) {
      this.#noteFault('DIAMETER_MESSAGE_MALFORMED', `${error.text} (octet ${error.offset}, ${error.reference})`, seq);
    }
    const arrival: Arrival = { layout: decoded.layout, message: decoded.message, seq };
    this.#arrival = arrival;
    this.#raise(header.request ? this.#requestEvent(arrival) : this.#answerEvent(arrival));
    this.#arrival = undefined;
  }

  /** The event that an arriving request is. A base request that could not be read is refused like any other message. */
  #requestEvent(arrival: Arrival): PeerEvent {
    const { applicationId, commandCode } = arrival.layout.header;
    if (applicationId !== APPLICATION_BASE) return 'message';
    if (commandCode === commands.CER.code) {
      const judgement = judgeCer(arrival, (host) =>
        host === this.#originHost ? undefined : this.#options.objection(host),
      );
      this.#refusal = judgement.ok ? undefined : judgement.refusal;
      if (judgement.ok) this.#meet(judgement.peer.originHost);
      return judgement.ok ? 'cer' : 'cerRefused';
    }
    if (arrival.message === undefined) return 'message';
    if (commandCode === commands.DWR.code) return 'dwr';
    return commandCode === commands.DPR.code ? 'dpr' : 'message';
  }

  /** The event that an arriving answer is. */
  #answerEvent(arrival: Arrival): PeerEvent {
    const { commandCode, hopByHop } = arrival.layout.header;
    if (this.#awaited.get(commandCode) !== hopByHop) return 'message';
    this.#awaited.delete(commandCode);
    if (commandCode === commands.DPR.code) return 'dpa';
    if (commandCode === commands.DWR.code) {
      return this.state === 'Reopen' && this.#watchdogsAnswered + 1 >= REOPEN_WATCHDOGS ? 'lastDwa' : 'dwa';
    }
    const peer = judgeCea(arrival);
    if (peer === undefined) {
      this.#options.log.warn({}, 'the Diameter peer refused the connection');
      return 'ceaRefused';
    }
    this.#meet(peer.originHost);
    return this.#failed ? 'ceaAfterFailure' : 'cea';
  }

  #meet(originHost: string): void {
    this.#originHost = originHost;
    this.#wire.name(originHost);
  }

  #passUp(): void {
    const arrival = this.#arrival;
    if (arrival === undefined) return;
    if (arrival.layout.header.request) this.#serve(arrival);
    else this.#settle(arrival);
  }

  #settle({ layout, message, seq }: Arrival): void {
    const { hopByHop, commandCode } = layout.header;
    const answersIt = this.#pending.get(hopByHop)?.commandCode === commandCode;
    const text = layout.error?.text ?? 'the answer is of another command';
    const settled = this.#pending.settle(
      hopByHop,
      message !== undefined && answersIt
        ? { ok: true, answer: message, seq }
        : { ok: false, failure: 'malformed', text, seq },
    );
    if (!settled) this.#options.log.info({ commandCode }, 'a Diameter answer came that nobody waits for');
  }

  #serve({ layout, message, seq }: Arrival): void {
    const full = this.#requestsInWork >= MAX_REQUESTS_IN_WORK;
    const refusal = refusalOf(layout, this.#options.application.commandCodes) ?? (full ? TOO_BUSY : undefined);
    if (refusal !== undefined || message === undefined) this.#refuse(refusal);
    else void this.#answerServed(message, layout, { cause: seq });
  }

  /** Lets the application serve a request and sends its answer. Never rejects. */
  async #answerServed(message: DiameterMessage, layout: MessageLayout, cause: CauseHolder): Promise<void> {
    const { application, log } = this.#options;
    // When the connection that the request came on is gone, its answer has no other way.
    const { connection } = this.#wire;
    this.#requestsInWork += 1;
    try {
      const answer = await application.serve(message, { peerHost: this.#originHost, cause });
      if (connection === undefined || connection !== this.#wire.connection) return;
      if (answer.ok) this.#wire.sendOctets(withHopByHop(answer.octets, layout.header.hopByHop), cause.cause);
      else this.#sendError(layout, answer.error, cause.cause);
    } catch (error) {
      log.error({ err: error }, 'a Diameter request could not be served');
      if (connection === undefined || connection !== this.#wire.connection) return;
      const text = 'the request could not be served';
      this.#sendError(layout, { resultCode: ResultCode.UNABLE_TO_COMPLY, text }, cause.cause);
    } finally {
      this.#requestsInWork -= 1;
    }
  }

  #refuse(refusal: ErrorAnswer | undefined): void {
    if (this.#arrival !== undefined && refusal !== undefined) {
      this.#sendError(this.#arrival.layout, refusal, this.#arrival.seq);
    }
  }

  #sendError(layout: MessageLayout, error: ErrorAnswer, cause: number | null): void {
    const session = layout.avps.find((avp) => avp.rule?.name === 'Session-Id');
    const sessionId = session === undefined ? undefined : utf8Text(session.data);
    const avps = errorAnswerAvps(this.#options.node, layout.header.applicationId, {
      resultCode: error.resultCode,
      text: error.text,
      ...(error.failedAvp === undefined ? {} : { failedAvp: error.failedAvp }),
      ...(sessionId === undefined ? {} : { sessionId }),
    });
    this.#wire.send(answerHeader(layout.header, isProtocolError(error.resultCode)), avps, cause);
  }

  #answer(avps: readonly Avp[]): void {
    if (this.#arrival === undefined) return;
    this.#wire.send(answerHeader(this.#arrival.layout.header, false), avps, this.#arrival.seq);
  }

  #sendBase(command: 'CER' | 'DWR' | 'DPR', avps: readonly Avp[]): void {
    const { identifiers } = this.#options;
    const hopByHop = identifiers.nextHopByHop(this.#pending);
    this.#awaited.set(commands[command].code, hopByHop);
    this.#wire.send(baseRequestHeader(command, { hopByHop, endToEnd: identifiers.nextEndToEnd() }), avps, null);
  }

  #noteFault(code: string, text: string, cause: number | null): void {
    this.#options.log.warn({ peer: this.#originHost, code, text }, 'a Diameter peer sent what can not be read');
    this.#wire.traceFault(code, text, cause);
  }
}
