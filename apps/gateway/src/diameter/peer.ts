import type { Clock, Timer } from '@imslab/ims-core/ports/clock';
import type { Random } from '@imslab/ims-core/ports/random';
import type { Avp } from '@imslab/ims-core/protocols/diameter/avp';
import { ipAddress, utf8Text } from '@imslab/ims-core/protocols/diameter/avp-types';
import {
  baseRequestHeader,
  capabilitiesAvps,
  type DiameterNode,
  disconnectAnswerAvps,
  disconnectAvps,
  type ErrorAnswer,
  errorAnswerAvps,
  judgeCapabilities,
  type PeerCapabilities,
  readCapabilities,
  readResultCode,
  watchdogAvps,
} from '@imslab/ims-core/protocols/diameter/base-messages';
import { APPLICATION_BASE, commands } from '@imslab/ims-core/protocols/diameter/commands';
import { answerHeader, type DiameterHeader, type DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import { isProtocolError, ResultCode } from '@imslab/ims-core/protocols/diameter/result-codes';
import { checkStructure, type MessageLayout } from '@imslab/ims-core/protocols/diameter/structural-check';
import { type Machine, MachineRun } from '@imslab/ims-core/protocols/transaction/machine';
import type { TraceParty } from '@imslab/ims-core/trace/event';
import { type DiameterApplication, refusalOf } from './application.ts';
import { decodeMessage, encodeMessage } from './codec.ts';
import type { ConnectionEvents, DiameterConnection } from './connection.ts';
import type { RequestIdentifiers } from './identifiers.ts';
import {
  FIRST_RECONNECT_MS,
  GOODBYE_MS,
  MAX_REQUESTS_IN_WORK,
  PEER_ANSWER_MS,
  RECONNECT_MS,
  REOPEN_WATCHDOGS,
  REQUEST_TIMEOUT_MS,
} from './limits.ts';
import type { Log } from './log.ts';
import type { PeerAction, PeerEvent, PeerState } from './peer-machine.ts';
import { PendingRequests, type RequestOutcome } from './pending-requests.ts';
import type { DiameterTracer } from './tracer.ts';
import { Watchdog } from './watchdog.ts';

export interface PeerOptions {
  readonly machine: Machine<PeerState, PeerEvent, PeerAction>;
  /** Makes the connection; the machine says when. The responder has one already. */
  readonly connect: (events: ConnectionEvents) => DiameterConnection;
  readonly node: DiameterNode;
  readonly identifiers: RequestIdentifiers;
  readonly application: DiameterApplication;
  readonly clock: Clock;
  readonly random: Random;
  readonly tracer: DiameterTracer;
  /** This end on the ladder. */
  readonly self: TraceParty;
  /** The other end on the ladder, by its Origin-Host (empty before it is known). */
  readonly partyOf: (originHost: string) => TraceParty;
  /** Why a peer of this Origin-Host may not come in; undefined when it may. */
  readonly objection: (originHost: string) => string | undefined;
  readonly onChange: () => void;
  readonly log: Log;
}

/** The message that the machine's actions are about. */
interface Arrival {
  readonly layout: MessageLayout;
  readonly message: DiameterMessage | undefined;
  readonly seq: number;
}

type BaseCommand = 'CER' | 'DWR' | 'DPR';

/** One peer: the connection, its state machine, the requests that wait on it. @see RFC 6733 §5 */
export class DiameterPeer {
  readonly #options: PeerOptions;
  readonly #run: MachineRun<PeerState, PeerEvent, PeerAction>;
  readonly #pending: PendingRequests;
  readonly #watchdog: Watchdog;
  /** Hop-by-Hop identifiers of our own CER, DWR and DPR that have no answer yet. */
  readonly #awaited = new Map<number, number>();
  readonly #ended: Promise<void>;
  #reportEnd: () => void = () => {};
  #connection: DiameterConnection | undefined;
  #arrival: Arrival | undefined;
  #refusal: ErrorAnswer | undefined;
  #capabilities: PeerCapabilities | undefined;
  #timerTc: Timer | undefined;
  #timerAnswer: Timer | undefined;
  #reconnectMs = FIRST_RECONNECT_MS;
  #failed = false;
  #watchdogsAnswered = 0;
  #inWork = 0;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.#pending = new PendingRequests(options.clock);
    this.#watchdog = new Watchdog(options.clock, options.random, () => {
      this.#raise(this.#awaited.has(commands.DWR.code) ? 'timerTwPending' : 'timerTw');
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
    return this.#capabilities?.originHost ?? '';
  }

  /** Connects; or waits for CER on the connection that came in. */
  start(): void {
    if (this.#options.machine.initial === 'Wait-CER') this.#connect();
    this.#raise('start');
  }

  /** Rejects what waits, says goodbye, and resolves when the connection is gone. */
  async close(): Promise<void> {
    this.#raise('stop');
    await this.#ended;
  }

  /** Sends a request of an application and waits for its answer. Never rejects. */
  async request(
    command: { readonly commandCode: number; readonly applicationId: number; readonly avps: readonly Avp[] },
    cause: number | null,
  ): Promise<RequestOutcome> {
    const connection = this.#connection;
    if (this.state !== 'Okay' || connection === undefined) {
      return { ok: false, failure: 'peer-down', text: `the peer is ${this.state}` };
    }
    if (this.#pending.full || connection.congested) {
      return { ok: false, failure: 'overloaded', text: 'too many requests wait on this connection' };
    }
    const hopByHop = this.#options.identifiers.nextHopByHop(this.#pending);
    const endToEnd = this.#options.identifiers.nextEndToEnd();
    const flags = { request: true, proxiable: true, error: false, retransmitted: false };
    try {
      const octets = encodeMessage({ ...flags, ...command, hopByHop, endToEnd });
      const seq = this.#traceSent(octets, cause);
      const outcome = this.#pending.add(hopByHop, command.commandCode, seq, REQUEST_TIMEOUT_MS);
      connection.send(octets);
      return await outcome;
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      return { ok: false, failure: 'malformed', text: error.message };
    }
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
      sendCer: () => this.#sendBase('CER', capabilitiesAvps(node, this.#hostIpAddress())),
      sendCea: () => this.#answer(capabilitiesAvps(node, this.#hostIpAddress(), ResultCode.SUCCESS)),
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
        log.warn({ peer: this.originHost }, 'the Diameter peer does not answer');
      },
      drop: () => this.#drop(),
      startTimerTw: () => this.#watchdog.restart(),
      startTimerTc: () => this.#startTimerTc(),
      startTimerAnswer: () => this.#startTimerAnswer(),
      stopTimers: () => this.#stopTimers(),
      reportUp: () => {
        this.#reconnectMs = FIRST_RECONNECT_MS;
        this.#failed = false;
        log.info({ peer: this.originHost }, 'the Diameter peer is up');
      },
      reportDown: () => log.info({ peer: this.originHost }, 'the Diameter peer is down'),
    };
  }

  #connect(): void {
    this.#awaited.clear();
    this.#watchdogsAnswered = 0;
    const connection = this.#options.connect({
      onConnected: () => this.#raise('connected'),
      onMessage: (octets) => this.#receive(octets),
      onBroken: (text) => this.#noteFault('DIAMETER_STREAM_BROKEN', text, null),
      onDisconnected: (reason) => {
        this.#options.log.info({ peer: this.originHost, reason }, 'a Diameter connection ended');
        this.#connection = undefined;
        this.#raise('disconnected');
      },
    });
    this.#connection = connection;
  }

  #drop(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #startTimerTc(): void {
    this.#timerTc = this.#options.clock.after(this.#reconnectMs, () => this.#raise('timerTc'));
    this.#reconnectMs = Math.min(this.#reconnectMs * 2, RECONNECT_MS);
  }

  #startTimerAnswer(): void {
    const goodbye = this.state === 'Closing' || this.state === 'Peer-Closing';
    this.#timerAnswer?.stop();
    this.#timerAnswer = this.#options.clock.after(goodbye ? GOODBYE_MS : PEER_ANSWER_MS, () =>
      this.#raise('timerAnswer'),
    );
  }

  #stopTimers(): void {
    this.#watchdog.stop();
    this.#timerTc?.stop();
    this.#timerAnswer?.stop();
  }

  #receive(octets: Uint8Array): void {
    const { layout, message } = decodeMessage(octets);
    const waiting = layout.header.request ? undefined : this.#pending.get(layout.header.hopByHop);
    const from = this.#peerParty(layout);
    const seq = this.#options.tracer.message(from, this.#selfParty(), octets, layout, waiting?.seq ?? null);
    if (layout.error !== undefined) {
      this.#noteFault('DIAMETER_MESSAGE_MALFORMED', `${layout.error.text} (octet ${layout.error.offset})`, seq);
    }
    this.#arrival = { layout, message, seq };
    this.#raise(layout.header.request ? this.#requestEvent() : this.#answerEvent());
    this.#arrival = undefined;
  }

  /** The event that an arriving request is. A base request that could not be read is refused like any other message. */
  #requestEvent(): PeerEvent {
    const { layout, message } = this.#arrival ?? {};
    if (layout === undefined || layout.header.applicationId !== APPLICATION_BASE) return 'message';
    const code = layout.header.commandCode;
    if (code === commands.CER.code) return this.#judgeCer(layout, message);
    if (message === undefined) return 'message';
    if (code === commands.DWR.code) return 'dwr';
    return code === commands.DPR.code ? 'dpr' : 'message';
  }

  #judgeCer(layout: MessageLayout, message: DiameterMessage | undefined): PeerEvent {
    const reading = message === undefined ? undefined : readCapabilities(message.avps);
    if (reading === undefined) this.#refusal = layout.error;
    else if (!reading.ok) this.#refusal = reading.problem;
    else this.#refusal = this.#objection(reading.value);
    if (this.#refusal !== undefined || reading?.ok !== true) return 'cerRefused';
    this.#capabilities = reading.value;
    return 'cer';
  }

  #objection(peer: PeerCapabilities): ErrorAnswer | undefined {
    const resultCode = judgeCapabilities(peer);
    if (resultCode !== ResultCode.SUCCESS) return { resultCode, text: 'the peers have nothing in common' };
    const text = peer.originHost === this.originHost ? undefined : this.#options.objection(peer.originHost);
    return text === undefined ? undefined : { resultCode: ResultCode.UNABLE_TO_COMPLY, text };
  }

  #answerEvent(): PeerEvent {
    const { layout, message } = this.#arrival ?? {};
    if (layout === undefined) return 'message';
    const { commandCode, hopByHop } = layout.header;
    if (this.#awaited.get(commandCode) !== hopByHop) return 'message';
    this.#awaited.delete(commandCode);
    if (commandCode === commands.CER.code) return this.#judgeCea(message);
    if (commandCode === commands.DPR.code) return 'dpa';
    return this.state === 'Reopen' && this.#watchdogsAnswered + 1 >= REOPEN_WATCHDOGS ? 'lastDwa' : 'dwa';
  }

  #judgeCea(message: DiameterMessage | undefined): PeerEvent {
    const reading = message === undefined ? undefined : readCapabilities(message.avps);
    const resultCode = message === undefined ? undefined : readResultCode(message.avps);
    if (reading?.ok !== true || resultCode !== ResultCode.SUCCESS) {
      this.#options.log.warn({ resultCode }, 'the Diameter peer refused the connection');
      return 'ceaRefused';
    }
    this.#capabilities = reading.value;
    return this.#failed ? 'ceaAfterFailure' : 'cea';
  }

  #passUp(): void {
    const arrival = this.#arrival;
    if (arrival === undefined) return;
    if (arrival.layout.header.request) this.#serve(arrival);
    else this.#settle(arrival);
  }

  #settle({ layout, message, seq }: Arrival): void {
    const { hopByHop, commandCode } = layout.header;
    const waiting = this.#pending.get(hopByHop);
    const answersIt = waiting?.commandCode === commandCode;
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
    const { application } = this.#options;
    const refusal = refusalOf(layout, application.commandCodes);
    if (refusal !== undefined || message === undefined) {
      this.#refuse(refusal);
      return;
    }
    if (this.#inWork >= MAX_REQUESTS_IN_WORK) {
      this.#refuse({ resultCode: ResultCode.TOO_BUSY, text: 'too many requests are in work' });
      return;
    }
    const connection = this.#connection;
    this.#inWork += 1;
    void application
      .serve(message, this.originHost)
      .catch((): { ok: false; error: ErrorAnswer } => ({
        ok: false,
        error: { resultCode: ResultCode.UNABLE_TO_COMPLY, text: 'the request could not be served' },
      }))
      .then((answer) => {
        this.#inWork -= 1;
        // The connection that the request came on may be gone; its answer has no other way.
        if (connection === undefined || connection !== this.#connection) return;
        if (answer.ok) this.#send(answerHeader(layout.header, false), answer.avps, seq);
        else this.#sendError(layout, answer.error, seq);
      })
      .catch((error: unknown) => {
        this.#options.log.error({ err: error }, 'a Diameter answer could not be written');
        this.#sendError(
          layout,
          { resultCode: ResultCode.UNABLE_TO_COMPLY, text: 'the answer could not be written' },
          seq,
        );
      });
  }

  #refuse(refusal: ErrorAnswer | undefined): void {
    const arrival = this.#arrival;
    if (arrival === undefined || refusal === undefined) return;
    this.#sendError(arrival.layout, refusal, arrival.seq);
  }

  #sendError(layout: MessageLayout, { resultCode, text, failedAvp, sessionId }: ErrorAnswer, seq: number): void {
    const session = sessionId ?? sessionIdOf(layout);
    const avps = errorAnswerAvps(this.#options.node, layout.header.applicationId, {
      resultCode,
      text,
      ...(failedAvp === undefined ? {} : { failedAvp }),
      ...(session === undefined ? {} : { sessionId: session }),
    });
    this.#send(answerHeader(layout.header, isProtocolError(resultCode)), avps, seq);
  }

  #answer(avps: readonly Avp[]): void {
    const arrival = this.#arrival;
    if (arrival !== undefined) this.#send(answerHeader(arrival.layout.header, false), avps, arrival.seq);
  }

  #sendBase(command: BaseCommand, avps: readonly Avp[]): void {
    const { identifiers } = this.#options;
    const hopByHop = identifiers.nextHopByHop(this.#pending);
    this.#awaited.set(commands[command].code, hopByHop);
    this.#send(baseRequestHeader(command, { hopByHop, endToEnd: identifiers.nextEndToEnd() }), avps, null);
  }

  #send(header: DiameterHeader, avps: readonly Avp[], cause: number | null): void {
    const octets = encodeMessage({ ...header, avps });
    this.#traceSent(octets, cause);
    this.#connection?.send(octets);
  }

  #traceSent(octets: Uint8Array, cause: number | null): number {
    return this.#options.tracer.message(this.#selfParty(), this.#peerParty(), octets, checkStructure(octets), cause);
  }

  #noteFault(code: string, text: string, cause: number | null): void {
    this.#options.log.warn({ peer: this.originHost, code, text }, 'a Diameter peer sent what can not be read');
    this.#options.tracer.note(this.#peerParty(), this.#selfParty(), code, text, cause);
  }

  #hostIpAddress(): Uint8Array {
    return ipAddress(this.#connection?.localHost ?? '127.0.0.1');
  }

  #selfParty(): TraceParty {
    return withAddress(this.#options.self, this.#connection?.localAddress);
  }

  /** The other end; before CER was read, as the Origin-Host of the message at hand tells. */
  #peerParty(layout?: MessageLayout): TraceParty {
    const named = layout?.avps.find((avp) => avp.rule?.name === 'Origin-Host');
    const originHost = this.originHost || (named === undefined ? '' : (utf8Text(named.data) ?? ''));
    return withAddress(this.#options.partyOf(originHost), this.#connection?.remoteAddress);
  }
}

function withAddress(party: TraceParty, address: string | undefined): TraceParty {
  return address === undefined ? party : { ...party, address };
}

function sessionIdOf(layout: MessageLayout): string | undefined {
  const found = layout.avps.find((avp) => avp.rule?.name === 'Session-Id');
  return found === undefined ? undefined : utf8Text(found.data);
}
