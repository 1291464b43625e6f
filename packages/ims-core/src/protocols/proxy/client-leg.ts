import type { Timer } from '../../ports/clock.ts';
import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import type { Edited } from '../sip/edit.ts';
import { newBranch } from '../sip/ids.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { ClientTransaction, ClientUser } from '../transaction/client.ts';
import { transactionLifeMs } from '../transaction/timers.ts';
import { sendCancel } from './cancel.ts';
import { withVia } from './forward.ts';
import { markedBranch } from './loop-mark.ts';
import { type Destination, isFlow, type StackContext } from './stack-context.ts';

/** Why a leg ended without a final response. `cancelled`: it was cancelled and nobody answered any more. */
export type LegFailure = 'timeout' | 'transport' | 'cancelled';

export interface ClientLegOptions {
  /** Whole but for this node's Via. */
  readonly request: Edited<SipRequest>;
  readonly destination: Destination;
  readonly loopMark: string;
  readonly cause: number | null;
  readonly response: (response: SipResponse, arrival: number) => void;
  /** @param cause trace number of the note that says so. */
  readonly failed: (failure: LegFailure, cause: number) => void;
}

interface Cancellation {
  readonly reason: string | undefined;
  readonly cause: number | null;
}

/**
 * One request on its way to one target: tries the hops in order until one takes it (RFC 3263 §4.3), and cancels it when told.
 * Exactly one final response, or one failure, is reported; a 2xx to an INVITE may be followed by more of them.
 */
export class ClientLeg implements ClientUser {
  readonly #context: StackContext;
  readonly #options: ClientLegOptions;
  #hops: readonly SipHop[] = [];
  #nextHop = 0;
  #transaction: ClientTransaction | undefined;
  #request: Edited<SipRequest> | undefined;
  #flow: SipFlow | undefined;
  #sentSeq: number | null = null;
  #stopListening: (() => void) | undefined;
  #provisional = false;
  #done = false;
  #cancellation: Cancellation | undefined;
  #cancelSent = false;
  #waitForFinal: Timer | undefined;

  constructor(context: StackContext, options: ClientLegOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** True once a final response came or the leg failed. */
  get done(): boolean {
    return this.#done;
  }

  get hasProvisional(): boolean {
    return this.#provisional;
  }

  /** Sends the request; what becomes of it is told to the callbacks. */
  start(): void {
    const { destination } = this.#options;
    if (isFlow(destination)) {
      this.#sendOn(destination);
    } else {
      this.#hops = destination;
      this.#tryNextHop();
    }
  }

  /**
   * Cancels the request: at once when a provisional response is there, else as soon as one comes.
   * @see RFC 3261 §9.1
   */
  cancel(reason: string | undefined, cause: number | null): void {
    if (this.#done || this.#cancellation !== undefined) return;
    this.#cancellation = { reason, cause };
    if (this.#provisional) this.#cancelNow();
  }

  /** Ends the leg at once, when the node closes or waits no longer. */
  abandon(failure: LegFailure, text: string): void {
    if (this.#done) return;
    this.#transaction?.abandon();
    this.#fail(failure, text);
  }

  transmit(message: Edited<SipRequest>, cause: number | null): boolean {
    if (this.#flow === undefined) return false;
    const seq = this.#context.sender.send(this.#flow, message, cause);
    this.#sentSeq ??= seq ?? null;
    return seq !== undefined;
  }

  response(response: SipResponse, arrival: number): void {
    if (response.status < 200) {
      this.#provisional = true;
      if (this.#cancellation !== undefined) this.#cancelNow();
    } else {
      this.#end();
    }
    this.#options.response(response, arrival);
  }

  failed(kind: 'timeout' | 'transport'): void {
    if (kind === 'transport' && !this.#provisional) this.#unreachable();
    else if (kind === 'transport') this.#fail('transport', 'the connection to the next hop was lost');
    else this.#fail('timeout', 'no answer came in 64*T1 (RFC 3261 §17.1)');
  }

  #tryNextHop(): void {
    if (this.#cancellation !== undefined) {
      this.#fail('cancelled', 'cancelled before it was sent');
      return;
    }
    const hop = this.#hops[this.#nextHop];
    if (hop === undefined) {
      this.#fail('transport', 'no address of the next hop is left to try (RFC 3263 §4.3)');
      return;
    }
    this.#nextHop += 1;
    const open = this.#context.transport.openFlow(hop);
    if (open === undefined) void this.#connect(hop);
    else this.#sendOn(open);
  }

  async #connect(hop: SipHop): Promise<void> {
    let flow: SipFlow;
    try {
      flow = await this.#context.transport.flowTo(hop);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#context.sender.note('SIP_NO_CONNECTION', text, this.#options.cause, hop);
      this.#tryNextHop();
      return;
    }
    if (!this.#done) this.#sendOn(flow);
  }

  #sendOn(flow: SipFlow): void {
    if (this.#cancellation !== undefined) {
      this.#fail('cancelled', 'cancelled before it was sent');
      return;
    }
    if (flow.closed) {
      this.#unreachable();
      return;
    }
    const { layer, random, viaHost } = this.#context;
    const { cause, loopMark } = this.#options;
    const branch = markedBranch(newBranch(random), loopMark);
    const request = withVia(this.#options.request, flow, viaHost(flow), branch);
    this.#request = request;
    this.#flow = flow;
    this.#sentSeq = null;
    const transaction = layer.client({ request, branch, cause, reliable: flow.reliable, user: this });
    this.#transaction = transaction;
    if (losesItsPeer(flow)) this.#stopListening = flow.onClose(() => transaction.transportError());
    transaction.start();
  }

  #unreachable(): void {
    if (this.#done) return;
    this.#stopListening?.();
    if (this.#nextHop < this.#hops.length) this.#tryNextHop();
    else this.#fail('transport', 'the next hop can not be reached');
  }

  #end(): void {
    this.#done = true;
    this.#stopListening?.();
    this.#waitForFinal?.stop();
  }

  #cancelNow(): void {
    if (this.#cancelSent || this.#request === undefined || this.#flow === undefined) return;
    this.#cancelSent = true;
    sendCancel(this.#context, this.#request.message, this.#flow, this.#cancellation);
    this.#waitForFinal = this.#context.clock.after(transactionLifeMs(this.#context.timers), () =>
      this.abandon('cancelled', 'no final response came in 64*T1 after the CANCEL (RFC 3261 §9.1)'),
    );
  }

  #fail(failure: LegFailure, text: string): void {
    if (this.#done) return;
    this.#end();
    const code = failure === 'timeout' ? 'SIP_TIMEOUT' : failure === 'transport' ? 'SIP_UNREACHABLE' : 'SIP_CANCELLED';
    this.#options.failed(failure, this.#context.sender.note(code, text, this.#sentSeq ?? this.#options.cause));
  }
}

/** A WebSocket's peer can not come back by itself; a TCP peer may answer on a new connection (RFC 3261 §18.2.2, RFC 7118 §5.4). */
function losesItsPeer(flow: SipFlow): boolean {
  return flow.transport === 'WS' || flow.transport === 'WSS';
}
