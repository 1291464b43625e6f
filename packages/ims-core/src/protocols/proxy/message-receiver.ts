import type { SipFlow, SipTransportHandler } from '../../ports/sip-transport.ts';
import { response as buildResponse } from '../sip/build.ts';
import { type Edited, MessageEdit } from '../sip/edit.ts';
import { newTag } from '../sip/ids.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { param, withParam } from '../sip/name-addr.ts';
import { type ParseAnswer, type ParseOptions, parseMessage } from '../sip/parse.ts';
import { callId, cseq, tagOf, topVia } from '../sip/read.ts';
import { serializeVia } from '../sip/via.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import { reasonOf } from './cancel.ts';
import { fnv1aText } from './fnv1a.ts';
import { loopMark } from './loop-mark.ts';
import { type ResponseRoute, responseRoute, sendResponse } from './response-route.ts';
import { type IsOwn, undoStrictRoute } from './route.ts';
import { ServerLeg } from './server-leg.ts';
import type { RequestHandler } from './stack.ts';
import type { StackContext } from './stack-context.ts';
import { validateRequest } from './validate.ts';

/** What an overloaded node asks its callers to wait, in seconds. */
const RETRY_AFTER_SECONDS = 10;

export interface MessageReceiverOptions {
  readonly handler: RequestHandler;
  readonly isOwn: IsOwn;
  readonly nodeSecret: string;
  readonly proxyExtensions: ReadonlySet<string>;
  readonly maxServerTransactions: number;
  readonly cancelForward: (leg: ServerLeg, reason: string | undefined, cause: number) => void;
}

/** Takes what the sockets deliver to the transactions and to the node's procedures. */
export class MessageReceiver implements SipTransportHandler {
  readonly #context: StackContext;
  readonly #options: MessageReceiverOptions;
  /** Of the INVITEs, which a CANCEL may name. */
  readonly #legs = new WeakMap<ServerTransaction, ServerLeg>();

  constructor(context: StackContext, options: MessageReceiverOptions) {
    this.#context = context;
    this.#options = options;
  }

  message(flow: SipFlow, bytes: Uint8Array): void {
    if (this.#context.closed()) return;
    try {
      this.#take(flow, bytes);
    } catch (error) {
      // Only a bug of ours comes here; it must not stop the process.
      const text = error instanceof Error ? error.message : String(error);
      this.#context.sender.note('SIP_INTERNAL_ERROR', text, null, flow);
    }
  }

  #take(flow: SipFlow, bytes: Uint8Array): void {
    const { sender } = this.#context;
    const parsed = parseMessage(bytes, { transport: framingOf(flow) });
    if (!parsed.ok) {
      const { code, text, header, reference, offset } = parsed.error;
      const note = sender.note(code, `${text}: ${header}, octet ${offset} (${reference})`, null, flow);
      if (parsed.answer !== undefined) this.#refuseUnparsable(flow, parsed.answer, note);
    } else if (parsed.value.kind === 'response') {
      this.#response(flow, parsed.value, bytes);
    } else {
      const arrival = sender.arrived(flow, parsed.value, bytes, topVia(parsed.value));
      this.#request(flow, withReceived(parsed.value, flow), arrival);
    }
  }

  #response(flow: SipFlow, response: SipResponse, bytes: Uint8Array): void {
    const { sender, layer } = this.#context;
    const arrival = sender.arrived(flow, response, bytes);
    const transaction = layer.clientOf(response);
    if (transaction === undefined) {
      // RFC 6026 §8.9: a response that no transaction waits for goes nowhere.
      sender.note('SIP_STRAY_RESPONSE', `no transaction waits for this ${response.status}`, arrival, flow);
      return;
    }
    transaction.receive(response, arrival);
  }

  #request(flow: SipFlow, request: SipRequest, arrival: number): void {
    const { layer } = this.#context;
    const known = layer.serverOf(request);
    if (request.method === 'ACK') {
      if (known !== undefined) known.ack(request, arrival);
      else this.#ackOf2xx(flow, request, arrival);
    } else if (known !== undefined) {
      known.retransmit();
    } else if (request.method === 'CANCEL') {
      this.#cancel(flow, request, arrival);
    } else if (layer.serverCount >= this.#options.maxServerTransactions) {
      const headers = [['Retry-After', String(RETRY_AFTER_SECONDS)]] as const;
      this.#refuse(flow, request, 503, headers, 'this box serves all it can (RFC 3261 §21.5.4)', arrival);
    } else {
      this.#newRequest(flow, request, arrival);
    }
  }

  #newRequest(flow: SipFlow, received: SipRequest, arrival: number): void {
    const leg = this.#serve(flow, received, arrival, newTag(this.#context.random));
    const refusal = validateRequest(received, {
      loopMark: loopMark(received, this.#options.nodeSecret),
      proxyExtensions: this.#options.proxyExtensions,
    });
    if (refusal !== undefined) {
      leg.respond(refusal.status, { headers: refusal.headers, why: refusal.why });
      return;
    }
    if (received.method === 'INVITE') leg.respond(100, { why: 'stops the retransmissions (RFC 3261 §17.2.1)' });
    this.#handle(leg);
  }

  /** Opens the server transaction; the procedure sees the request as §16.4 leaves it. */
  #serve(flow: SipFlow, received: SipRequest, arrival: number, toTag: string): ServerLeg {
    const { layer, sender } = this.#context;
    const route = responseRoute(flow, received);
    const transaction = layer.serve({
      request: received,
      reliable: flow.reliable,
      transmit: (response, cause) => this.#send(route, response, cause),
      user: {
        ack: (ack, ackArrival) => this.#ackOf2xx(flow, ack, ackArrival),
        failed: (kind) => {
          const text =
            kind === 'timeout'
              ? 'no ACK came for the refusal of an INVITE (timer H, RFC 3261 §17.2.1)'
              : 'a response could not be sent (RFC 6026 §8.4)';
          sender.note(kind === 'timeout' ? 'SIP_NO_ACK' : 'SIP_RESPONSE_LOST', text, arrival, flow);
        },
      },
    });
    const message = withoutStrictRoute(received, this.#options.isOwn);
    const leg = new ServerLeg({ message, flow, traceSeq: arrival, toTag, transaction, sender });
    if (received.method === 'INVITE') this.#legs.set(transaction, leg);
    return leg;
  }

  /** @see RFC 3261 §9.2, §16.10 */
  #cancel(flow: SipFlow, cancel: SipRequest, arrival: number): void {
    const invite = this.#context.layer.cancelledBy(cancel);
    const leg = invite === undefined ? undefined : this.#legs.get(invite);
    if (leg === undefined || !isSameSender(leg.flow, flow)) {
      // Deviation: §16.10 forwards such a CANCEL statelessly. Every INVITE has a transaction here, so this one's is over.
      this.#refuse(flow, cancel, 481, [], 'no INVITE waits for this CANCEL (RFC 3261 §9.2)', arrival);
      return;
    }
    this.#serve(flow, cancel, arrival, leg.toTag).respond(200, { why: 'hop by hop (RFC 3261 §16.10)' });
    if (leg.cancel()) this.#options.cancelForward(leg, reasonOf(cancel), arrival);
  }

  #ackOf2xx(flow: SipFlow, ack: SipRequest, arrival: number): void {
    if (tagOf(ack, 'To') === this.#statelessTag(ack)) return;
    const refusal = validateRequest(ack, {
      loopMark: loopMark(ack, this.#options.nodeSecret),
      proxyExtensions: this.#options.proxyExtensions,
    });
    if (refusal !== undefined) {
      this.#context.sender.note('SIP_ACK_DROPPED', refusal.why, arrival, flow);
      return;
    }
    const { sender } = this.#context;
    const message = withoutStrictRoute(ack, this.#options.isOwn);
    this.#handle(new ServerLeg({ message, flow, traceSeq: arrival, toTag: '', transaction: undefined, sender }));
  }

  #handle(leg: ServerLeg): void {
    Promise.resolve()
      .then(() => this.#options.handler(leg))
      .catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        leg.cause = this.#context.sender.note('SIP_HANDLER_FAILED', text, leg.cause);
        if (leg.message.method !== 'ACK' && !leg.answered) {
          leg.respond(500, { why: 'this box failed on the request (RFC 3261 §21.5.1)' });
        }
      });
  }

  #refuseUnparsable(flow: SipFlow, answer: ParseAnswer, note: number): void {
    const request = withReceived(answer.request, flow);
    this.#refuse(flow, request, answer.status, [], answer.reason, note);
  }

  /** Answers without a transaction; a repeated request gets the same answer again. */
  #refuse(
    flow: SipFlow,
    request: SipRequest,
    status: number,
    headers: readonly (readonly [name: string, value: string])[],
    why: string,
    cause: number,
  ): void {
    const message = buildResponse(request, status, { toTag: this.#statelessTag(request), headers });
    const changes = [{ op: 'add' as const, name: 'Status-Line', after: `${status} ${message.reason}`, why }];
    this.#send(responseRoute(flow, request), { message, changes }, cause);
  }

  #send(route: ResponseRoute, response: Edited<SipResponse>, cause: number | null): boolean {
    return sendResponse(this.#context, route, response, cause);
  }

  /** The To tag of answers without a transaction: their ACK is known by it. @see RFC 3261 §8.2.7 */
  #statelessTag(request: SipRequest): string {
    return fnv1aText(
      [this.#options.nodeSecret, callId(request), tagOf(request, 'From'), cseq(request)?.number ?? ''].join('\n'),
    );
  }
}

function framingOf(flow: SipFlow): NonNullable<ParseOptions['transport']> {
  if (flow.transport === 'UDP') return 'datagram';
  return flow.transport === 'TCP' ? 'stream' : 'websocket';
}

/**
 * Writes into the topmost Via where the request came from: `received` always, `rport` where the sender asks for it.
 * @see RFC 3261 §18.2.1, RFC 3581 §4
 */
function withReceived(request: SipRequest, flow: SipFlow): SipRequest {
  const via = topVia(request);
  if (via === undefined) return request;
  const asked = param(via, 'rport') !== undefined;
  const received = withParam(via, 'received', flow.remote.host);
  const written = asked ? withParam(received, 'rport', String(flow.remote.port)) : received;
  return new MessageEdit(request).replaceFirst('Via', serializeVia(written), 'RFC 3261 §18.2.1').done().message;
}

/**
 * True when a CANCEL comes from where its INVITE came from: a hop takes back only what it sent itself, and over a WebSocket nobody
 * else can speak for it. A TCP peer may have opened another connection meanwhile.
 * @see RFC 3261 §9.1, §26.1.4
 */
function isSameSender(of: SipFlow, flow: SipFlow): boolean {
  if (of.id === flow.id) return true;
  if (of.transport !== flow.transport || of.remote.host !== flow.remote.host) return false;
  return flow.transport === 'TCP' || (flow.transport === 'UDP' && of.remote.port === flow.remote.port);
}

function withoutStrictRoute(request: SipRequest, isOwn: IsOwn): SipRequest {
  const edit = new MessageEdit(request);
  undoStrictRoute(edit, isOwn);
  return edit.done().message;
}
