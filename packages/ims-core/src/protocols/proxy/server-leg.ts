import type { SipFlow } from '../../ports/sip-transport.ts';
import { response as buildResponse } from '../sip/build.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import type { SipSender } from './sender.ts';
import type { IncomingRequest, RespondOptions } from './stack.ts';

export interface ServerLegOptions {
  readonly message: SipRequest;
  readonly flow: SipFlow;
  readonly traceSeq: number;
  /** Stands in every response that this node makes to the request. */
  readonly toTag: string;
  /** Of the request at this node. */
  readonly loopMark: string;
  /** Undefined for an ACK: nothing can be answered. */
  readonly transaction: ServerTransaction | undefined;
  readonly sender: SipSender;
}

/** A request in its server transaction, as the node's procedure holds it. */
export class ServerLeg implements IncomingRequest {
  readonly message: SipRequest;
  readonly flow: SipFlow;
  readonly traceSeq: number;
  cause: number | null;
  readonly #options: ServerLegOptions;
  #cancelListeners: Set<() => void> | undefined;
  #cancelled = false;
  #finalStatus = 0;

  constructor(options: ServerLegOptions) {
    this.#options = options;
    this.message = options.message;
    this.flow = options.flow;
    this.traceSeq = options.traceSeq;
    this.cause = options.traceSeq;
  }

  /** The tag of this node's responses; a CANCEL is answered with the same (RFC 3261 §9.2). */
  get toTag(): string {
    return this.#options.toTag;
  }

  get loopMark(): string {
    return this.#options.loopMark;
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get answered(): boolean {
    return this.#finalStatus !== 0;
  }

  respond(status: number, options: RespondOptions = {}): void {
    this.send(this.build(status, options));
  }

  /** A response of this node, with its To tag; the reason why stands in the changes. */
  build(status: number, options: RespondOptions): Edited<SipResponse> {
    const message = buildResponse(this.message, status, {
      ...(status > 100 ? { toTag: this.#options.toTag } : {}),
      ...(options.reason === undefined ? {} : { reason: options.reason }),
      ...(options.headers === undefined ? {} : { headers: options.headers }),
      ...(options.body === undefined ? {} : { body: options.body }),
    });
    const line = `${message.status} ${message.reason}`;
    const changes =
      options.why === undefined ? [] : [{ op: 'add' as const, name: 'Status-Line', after: line, why: options.why }];
    return { message, changes };
  }

  send(response: Edited<SipResponse>): void {
    const { transaction, sender } = this.#options;
    const { status } = response.message;
    if (transaction === undefined) {
      sender.note('SIP_ACK_NOT_ANSWERED', `an ACK is never answered; ${status} was not sent`, this.cause);
      return;
    }
    const another2xx = this.#finalStatus >= 200 && this.#finalStatus < 300 && status >= 200 && status < 300;
    if (this.answered && !(another2xx && this.message.method === 'INVITE')) {
      if (status >= 200)
        sender.note('SIP_SECOND_FINAL', `${this.#finalStatus} was sent; ${status} was not`, this.cause);
      return;
    }
    if (status >= 200) this.#finalStatus = status;
    transaction.respond(response, this.cause);
  }

  onCancel(cancel: () => void): void {
    if (this.#cancelled) {
      cancel();
      return;
    }
    this.#cancelListeners ??= new Set();
    this.#cancelListeners.add(cancel);
  }

  /** A CANCEL came for it. Returns false where that changes nothing: after the final response. @see RFC 3261 §9.2 */
  cancel(): boolean {
    if (this.answered) return false;
    this.#cancelled = true;
    for (const listener of this.#cancelListeners ?? []) listener();
    this.#cancelListeners = undefined;
    return true;
  }

  /** Ends the transaction without an answer: nobody waits for a 408 to a non-INVITE. @see RFC 4320 §4.2 */
  giveUp(): void {
    this.#options.transaction?.giveUp();
  }
}
