import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { SipResolver } from '../../ports/sip-resolver.ts';
import type { SipFlow, SipHop, SipTransport } from '../../ports/sip-transport.ts';
import type { CauseHolder, TraceSink } from '../../ports/trace-sink.ts';
import type { TraceParty } from '../../trace/event.ts';
import { response as buildResponse } from '../sip/build.ts';
import type { Edited } from '../sip/edit.ts';
import { hex, newBranch } from '../sip/ids.ts';
import type { SipMessage, SipRequest, SipResponse } from '../sip/message.ts';
import { TransactionLayer } from '../transaction/layer.ts';
import { coreTimers, type TransactionTimers } from '../transaction/timers.ts';
import { ClientLeg } from './client-leg.ts';
import { originatedCopy } from './forward.ts';
import { loopMark, markedBranch } from './loop-mark.ts';
import { MessageReceiver } from './message-receiver.ts';
import { ResponseContext } from './response-context.ts';
import type { IsOwn } from './route.ts';
import { SipSender } from './sender.ts';
import { ServerLeg } from './server-leg.ts';
import type {
  Branch,
  ForwardOptions,
  ForwardOutcome,
  IncomingRequest,
  OwnRequest,
  RequestHandler,
  SipStack,
} from './stack.ts';
import { type Destination, destinationOf, type StackContext } from './stack-context.ts';
import { forwardStateless, sendOnce } from './stateless.ts';

/**
 * Requests a node serves at a time; above it answers 503 with Retry-After. Those count that are answered and wait 64*T1 for a
 * repetition: over UDP, 1 000 registrations a second keep 64 000 of them.
 */
export const MAX_SERVER_TRANSACTIONS = 80_000;

const NODE_SECRET_OCTETS = 16;

export interface SipStackLimits {
  readonly maxServerTransactions?: number;
}

export interface SipStackDeps {
  /** The box on the ladder. */
  readonly node: TraceParty;
  readonly transport: SipTransport;
  readonly resolver: SipResolver;
  readonly clock: Clock;
  readonly random: Random;
  readonly trace: TraceSink;
  readonly handler: RequestHandler;
  /** True for the node's own URIs, whatever their user part. */
  readonly isOwn: IsOwn;
  /** Who is at the other end: a flow of a UE, or the hop at which a box listens. The message helps while a UE is not registered yet. */
  readonly partyOf: (peer: SipFlow | SipHop, message?: SipMessage) => TraceParty;
  /** Option tags that this node understands in Proxy-Require, in lower case. */
  readonly proxyExtensions?: readonly string[];
  readonly timers?: TransactionTimers;
  readonly limits?: SipStackLimits;
  /** sent-by of the Via on this flow. Default: the listening address of the flow's transport. */
  readonly viaHost?: (flow: SipFlow) => { readonly host: string; readonly port?: number };
}

export interface RunningSipStack extends SipStack {
  /** Opens the sockets; rejects with a SipTransportError. */
  start(): Promise<void>;
  counts(): { serverTransactions: number; clientTransactions: number };
}

/**
 * RFC 3261 §16 to §18 of one node, over its sockets. It owns the transport: `close` ends the transactions and closes it.
 * @see RFC 3261 §16, RFC 6026
 */
export function createSipStack(deps: SipStackDeps): RunningSipStack {
  return new NodeSipStack(deps);
}

class NodeSipStack implements RunningSipStack {
  readonly #context: StackContext;
  readonly #receiver: MessageReceiver;
  readonly #nodeSecret: string;
  readonly #forwards = new Map<ServerLeg, ResponseContext>();
  readonly #ownLegs = new Set<ClientLeg>();
  #closed = false;

  constructor(deps: SipStackDeps) {
    const { clock, random, transport, resolver, node, trace, partyOf } = deps;
    const timers = deps.timers ?? coreTimers;
    this.#nodeSecret = hex(random.bytes(NODE_SECRET_OCTETS));
    this.#context = {
      clock,
      random,
      transport,
      resolver,
      timers,
      layer: new TransactionLayer(clock, timers),
      sender: new SipSender({ node, clock, trace, resolver, partyOf }),
      viaHost: deps.viaHost ?? ((flow) => listeningAddress(transport, flow)),
      closed: () => this.#closed,
    };
    this.#receiver = new MessageReceiver(this.#context, {
      handler: deps.handler,
      isOwn: deps.isOwn,
      nodeSecret: this.#nodeSecret,
      proxyExtensions: new Set(deps.proxyExtensions ?? []),
      maxServerTransactions: deps.limits?.maxServerTransactions ?? MAX_SERVER_TRANSACTIONS,
      cancelForward: (leg, reason, cause) => this.#forwards.get(leg)?.cancel(reason, cause),
    });
  }

  start(): Promise<void> {
    return this.#context.transport.start(this.#receiver);
  }

  counts(): { serverTransactions: number; clientTransactions: number } {
    const { layer } = this.#context;
    return { serverTransactions: layer.serverCount, clientTransactions: layer.clientCount };
  }

  async forward(
    incoming: IncomingRequest,
    branches: readonly Branch[],
    options: ForwardOptions = {},
  ): Promise<ForwardOutcome> {
    const leg = ownLeg(incoming);
    if (leg.cancelled && !leg.answered) {
      const answer = leg.build(487, { why: 'cancelled before it was forwarded (RFC 3261 §16.10)' });
      leg.send(answer);
      return { final: answer.message, branch: undefined, intercepted: false };
    }
    const forward = new ResponseContext(this.#context, leg, branches, options);
    this.#forwards.set(leg, forward);
    try {
      return await forward.run();
    } finally {
      if (this.#forwards.get(leg) === forward) this.#forwards.delete(leg);
    }
  }

  cancel(incoming: IncomingRequest, reason: string): void {
    this.#forwards.get(ownLeg(incoming))?.cancel(reason, incoming.cause);
  }

  forwardStateless(incoming: IncomingRequest, request: Edited<SipRequest>, to?: Destination): void {
    const leg = ownLeg(incoming);
    void forwardStateless(this.#context, leg, request, to, this.#nodeSecret);
  }

  request(own: OwnRequest, cause: CauseHolder): Promise<SipResponse> {
    const copy = originatedCopy(own.request);
    return new Promise((resolve) => {
      const leg = new ClientLeg(this.#context, {
        request: copy,
        destination: destinationOf(this.#context, copy.message, own.to),
        loopMark: this.#markOf(copy.message),
        cause: cause.cause,
        response: (response, arrival) => {
          cause.cause = arrival;
          if (response.status < 200) return;
          this.#ownLegs.delete(leg);
          resolve(response);
        },
        failed: (failure, note) => {
          cause.cause = note;
          this.#ownLegs.delete(leg);
          resolve(buildResponse(copy.message, failure === 'timeout' ? 408 : 503));
        },
      });
      this.#ownLegs.add(leg);
      leg.start();
    });
  }

  sendAck(own: OwnRequest, cause: CauseHolder): void {
    const copy = originatedCopy(own.request);
    const branch = markedBranch(newBranch(this.#context.random), this.#markOf(copy.message));
    void sendOnce(this.#context, copy, destinationOf(this.#context, copy.message, own.to), branch, cause.cause);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const leg of this.#ownLegs) leg.abandon('transport', 'the box closes');
    for (const forward of this.#forwards.values()) forward.close();
    this.#context.layer.close();
    await this.#context.transport.close();
  }

  #markOf(request: SipRequest): string {
    return loopMark(request, this.#nodeSecret);
  }
}

/** The stack hands out only its own legs; anything else is a bug of the caller. */
function ownLeg(incoming: IncomingRequest): ServerLeg {
  if (!(incoming instanceof ServerLeg)) throw new TypeError('forward() takes the request that the stack handed out');
  return incoming;
}

/** The address on which the node listens for the flow's transport, so that a response can come on a new connection. */
function listeningAddress(transport: SipTransport, flow: SipFlow): { host: string; port: number } {
  let found: SipHop | undefined;
  for (const hop of transport.listening) {
    if (hop.transport !== flow.transport) continue;
    found ??= hop;
    if (hop.host === flow.local.host) {
      found = hop;
      break;
    }
  }
  const { host, port } = found ?? flow.local;
  const anyAddress = host === '0.0.0.0' || host === '::';
  return { host: anyAddress ? flow.local.host : host, port };
}
