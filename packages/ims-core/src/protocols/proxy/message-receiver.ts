import type { SipFlow, SipTransportHandler } from '../../ports/sip-transport.ts';
import { response as buildResponse } from '../sip/build.ts';
import { newTag } from '../sip/ids.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { type ParseAnswer, type ParseOptions, parseMessage } from '../sip/parse.ts';
import { callId, cseq, tagOf, topVia } from '../sip/read.ts';
import { serverKey } from '../transaction/match.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import { reasonOf } from './cancel.ts';
import { Fnv1a } from './fnv1a.ts';
import { loopMark } from './loop-mark.ts';
import { withReceived } from './received.ts';
import { responseRoute, sendResponse } from './response-route.ts';
import { type IsOwn, withoutStrictRoute } from './route.ts';
import { ServedRequest } from './served-request.ts';
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
    const key = serverKey(request);
    const known = layer.server(key);
    if (request.method === 'ACK') {
      if (known !== undefined) known.ack(request, arrival);
      else this.#ackOf2xx(flow, request, arrival);
    } else if (known !== undefined) {
      known.retransmit();
    } else if (request.method === 'CANCEL') {
      this.#cancel(flow, request, key, arrival);
    } else if (layer.serverCount >= this.#options.maxServerTransactions) {
      const headers = [['Retry-After', String(RETRY_AFTER_SECONDS)]] as const;
      this.#refuse(flow, request, 503, headers, 'this box serves all it can (RFC 3261 §21.5.4)', arrival);
    } else {
      this.#newRequest(flow, request, key, arrival);
    }
  }

  #newRequest(flow: SipFlow, received: SipRequest, key: string, arrival: number): void {
    const leg = this.#serve(flow, received, key, arrival, newTag(this.#context.random));
    const refusal = validateRequest(received, {
      loopMark: leg.loopMark,
      proxyExtensions: this.#options.proxyExtensions,
    });
    if (refusal !== undefined) {
      leg.respond(refusal.status, { headers: refusal.headers, why: refusal.why });
      return;
    }
    if (received.method === 'INVITE') leg.respond(100, { why: 'stops the retransmissions (RFC 3261 §17.2.1)' });
    void this.#handle(leg);
  }

  /** Opens the server transaction; the procedure sees the request as §16.4 leaves it. */
  #serve(flow: SipFlow, received: SipRequest, key: string, arrival: number, toTag: string): ServerLeg {
    const served = new ServedRequest(this.#context, flow, received, arrival, this.#ackOf2xx);
    const transaction = this.#context.layer.serve(key, received.method, flow.reliable, served);
    const leg = this.#legOf(flow, received, arrival, toTag, transaction);
    if (received.method === 'INVITE') served.leg = leg;
    return leg;
  }

  #legOf(
    flow: SipFlow,
    received: SipRequest,
    traceSeq: number,
    toTag: string,
    transaction: ServerTransaction | undefined,
  ): ServerLeg {
    const { sender } = this.#context;
    const message = withoutStrictRoute(received, this.#options.isOwn);
    const mark = loopMark(message, this.#options.nodeSecret);
    return new ServerLeg({ message, flow, traceSeq, toTag, loopMark: mark, transaction, sender });
  }

  /** @see RFC 3261 §9.2, §16.10 */
  #cancel(flow: SipFlow, cancel: SipRequest, key: string, arrival: number): void {
    const served = this.#context.layer.cancelledBy(cancel)?.user;
    const leg = served instanceof ServedRequest ? served.leg : undefined;
    if (leg === undefined || !isSameSender(leg.flow, flow)) {
      // Deviation: §16.10 forwards such a CANCEL statelessly. Every INVITE has a transaction here, so this one's is over.
      this.#refuse(flow, cancel, 481, [], 'no INVITE waits for this CANCEL (RFC 3261 §9.2)', arrival);
      return;
    }
    this.#serve(flow, cancel, key, arrival, leg.toTag).respond(200, { why: 'hop by hop (RFC 3261 §16.10)' });
    if (leg.cancel()) this.#options.cancelForward(leg, reasonOf(cancel), arrival);
  }

  readonly #ackOf2xx = (flow: SipFlow, ack: SipRequest, arrival: number): void => {
    if (tagOf(ack, 'To') === this.#statelessTag(ack)) return;
    const leg = this.#legOf(flow, ack, arrival, '', undefined);
    const refusal = validateRequest(ack, {
      loopMark: leg.loopMark,
      proxyExtensions: this.#options.proxyExtensions,
    });
    if (refusal === undefined) void this.#handle(leg);
    else this.#context.sender.note('SIP_ACK_DROPPED', refusal.why, arrival, flow);
  };

  async #handle(leg: ServerLeg): Promise<void> {
    try {
      await this.#options.handler(leg);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      leg.cause = this.#context.sender.note('SIP_HANDLER_FAILED', text, leg.cause);
      if (leg.message.method !== 'ACK' && !leg.answered) {
        leg.respond(500, { why: 'this box failed on the request (RFC 3261 §21.5.1)' });
      }
    }
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
    sendResponse(this.#context, responseRoute(flow, request), { message, changes }, cause);
  }

  /** The To tag of answers without a transaction: their ACK is known by it. @see RFC 3261 §8.2.7 */
  #statelessTag(request: SipRequest): string {
    return new Fnv1a()
      .add(this.#options.nodeSecret)
      .add(callId(request))
      .add(tagOf(request, 'From'))
      .add(String(cseq(request)?.number))
      .digest();
  }
}

function framingOf(flow: SipFlow): NonNullable<ParseOptions['transport']> {
  if (flow.transport === 'UDP') return 'datagram';
  return flow.transport === 'TCP' ? 'stream' : 'websocket';
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
