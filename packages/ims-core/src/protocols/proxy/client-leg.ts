import type { Timer } from '../../ports/clock.ts';
import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { ClientTransaction } from '../transaction/client.ts';
import { transactionLifeMs } from '../transaction/timers.ts';
import { sendCancel } from './cancel.ts';
import { type Destination, isFlow, type StackContext, withNewVia } from './stack-context.ts';

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
export class ClientLeg {
  readonly #context: StackContext;
  readonly #options: ClientLegOptions;
  #transaction: ClientTransaction | undefined;
  #sent: { readonly request: Edited<SipRequest>; readonly flow: SipFlow; seq: number | null } | undefined;
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
    if (isFlow(destination)) this.#sendOn(destination, []);
    else void this.#tryHops(destination);
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

  async #tryHops(hops: readonly SipHop[]): Promise<void> {
    const [hop, ...others] = hops;
    if (this.#cancellation !== undefined) {
      this.#fail('cancelled', 'cancelled before it was sent');
      return;
    }
    if (hop === undefined) {
      this.#fail('transport', 'no address of the next hop is left to try (RFC 3263 §4.3)');
      return;
    }
    let flow: SipFlow;
    try {
      flow = await this.#context.transport.flowTo(hop);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#context.sender.note('SIP_NO_CONNECTION', text, this.#options.cause, hop);
      await this.#tryHops(others);
      return;
    }
    if (!this.#done) this.#sendOn(flow, others);
  }

  #sendOn(flow: SipFlow, others: readonly SipHop[]): void {
    if (this.#cancellation !== undefined) {
      this.#fail('cancelled', 'cancelled before it was sent');
      return;
    }
    if (flow.closed) {
      this.#unreachable(others);
      return;
    }
    const { layer, sender } = this.#context;
    const request = withNewVia(this.#context, this.#options.request, flow, this.#options.loopMark);
    const sent: { request: Edited<SipRequest>; flow: SipFlow; seq: number | null } = { request, flow, seq: null };
    this.#sent = sent;
    const transaction = layer.client({
      request,
      cause: this.#options.cause,
      reliable: flow.reliable,
      transmit: (message, cause) => {
        const seq = sender.send(flow, message, cause);
        sent.seq ??= seq ?? null;
        return seq !== undefined;
      },
      user: {
        response: (response, arrival) => this.#receive(response, arrival),
        failed: (kind) => {
          if (kind === 'transport' && !this.#provisional) this.#unreachable(others);
          else if (kind === 'transport') this.#fail('transport', 'the connection to the next hop was lost');
          else this.#fail('timeout', 'no answer came in 64*T1 (RFC 3261 §17.1)');
        },
      },
      ended: () => stopListening(),
    });
    this.#transaction = transaction;
    const stopListening = losesItsPeer(flow) ? flow.onClose(() => transaction.transportError()) : () => {};
    transaction.start();
  }

  #unreachable(others: readonly SipHop[]): void {
    if (this.#done) return;
    if (others.length > 0) void this.#tryHops(others);
    else this.#fail('transport', 'the next hop can not be reached');
  }

  #receive(response: SipResponse, arrival: number): void {
    if (response.status < 200) {
      this.#provisional = true;
      if (this.#cancellation !== undefined) this.#cancelNow();
    } else {
      this.#done = true;
      this.#waitForFinal?.stop();
    }
    this.#options.response(response, arrival);
  }

  #cancelNow(): void {
    if (this.#cancelSent || this.#sent === undefined) return;
    this.#cancelSent = true;
    sendCancel(this.#context, this.#sent.request.message, this.#sent.flow, this.#cancellation);
    this.#waitForFinal = this.#context.clock.after(transactionLifeMs(this.#context.timers), () =>
      this.abandon('cancelled', 'no final response came in 64*T1 after the CANCEL (RFC 3261 §9.1)'),
    );
  }

  #fail(failure: LegFailure, text: string): void {
    if (this.#done) return;
    this.#done = true;
    this.#waitForFinal?.stop();
    const code = failure === 'timeout' ? 'SIP_TIMEOUT' : failure === 'transport' ? 'SIP_UNREACHABLE' : 'SIP_CANCELLED';
    this.#options.failed(failure, this.#context.sender.note(code, text, this.#sent?.seq ?? this.#options.cause));
  }
}

/** A WebSocket's peer can not come back by itself; a TCP peer may answer on a new connection (RFC 3261 §18.2.2, RFC 7118 §5.4). */
function losesItsPeer(flow: SipFlow): boolean {
  return flow.transport === 'WS' || flow.transport === 'WSS';
}
