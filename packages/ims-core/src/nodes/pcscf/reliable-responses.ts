import type { Clock, Timer } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import type { Edited, MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipResponse } from '../../protocols/sip/message.ts';
import { cseq, hasOption, header } from '../../protocols/sip/read.ts';
import { coreTimers, transactionLifeMs } from '../../protocols/transaction/timers.ts';

const WHY = 'sent reliably in the name of the browser, which cannot (TS 24.229 5.2.7.3, RFC 3262 §3)';

/** Octets of the first RSeq: well below 2^31. */
const RSEQ_OCTETS = 3;

export interface ReliableResponsesOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Sends a response to the caller. */
  readonly transmit: (response: Edited<SipResponse>) => void;
  /** No PRACK came in 64*T1: the INVITE is to be refused with a 5xx. */
  readonly giveUp: () => void;
}

/**
 * The provisional responses of a browser to one INVITE that requires 100rel: numbered, and repeated until their PRACK comes, one at a time.
 * @see RFC 3262 §3, TS 24.229 5.2.7.3
 */
export class ReliableResponses {
  readonly #options: ReliableResponsesOptions;
  #rseq: number;
  /** The one that no PRACK has confirmed. */
  #unconfirmed: { readonly rack: string; readonly response: Edited<SipResponse> } | undefined;
  /** The newest one that came meanwhile. */
  #waiting: MessageEdit<SipResponse> | undefined;
  #timer: Timer | undefined;
  #over = false;

  constructor(options: ReliableResponsesOptions) {
    this.#options = options;
    this.#rseq = options.random.bytes(RSEQ_OCTETS).reduce((number, octet) => number * 256 + octet, 0);
  }

  /** What goes to the caller for a 101-199 of the browser: this one, or once more the one that waits for its PRACK. */
  next(edit: MessageEdit<SipResponse>): Edited<SipResponse> {
    if (this.#unconfirmed === undefined) return this.#begin(edit);
    this.#waiting = edit;
    return this.#unconfirmed.response;
  }

  /** PRACK of the caller. */
  acknowledge(prack: IncomingRequest): void {
    const { message } = prack;
    const rack = header(message, 'RAck')?.trim().replace(/\s+/g, ' ');
    if (this.#unconfirmed === undefined || rack !== this.#unconfirmed.rack) {
      prack.respond(481, { why: 'no provisional response waits for this PRACK (RFC 3262 §3)' });
      return;
    }
    if (message.body.length > 0) {
      prack.respond(488, { why: 'a browser takes no offer in a PRACK; the response has come (RFC 3262 §5)' });
    } else {
      prack.respond(200, { why: 'answered in the name of the browser, which has no PRACK (TS 24.229 5.2.7.3)' });
    }
    this.#timer?.stop();
    this.#unconfirmed = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined && !this.#over) this.#options.transmit(this.#begin(waiting));
  }

  /** The INVITE has its final response: nothing is repeated any more. A PRACK that is on its way is answered yet. @see RFC 3262 §3 */
  stop(): void {
    this.#over = true;
    this.#timer?.stop();
  }

  #begin(edit: MessageEdit<SipResponse>): Edited<SipResponse> {
    this.#rseq += 1;
    const invite = cseq(edit.current);
    edit.set('RSeq', String(this.#rseq), WHY);
    if (!hasOption(edit.current, 'Require', '100rel')) edit.append('Require', '100rel', WHY);
    const response = edit.done();
    this.#unconfirmed = { rack: `${this.#rseq} ${invite?.number} ${invite?.method}`, response };
    this.#repeat(response, coreTimers.t1Ms, 0);
    return response;
  }

  /** After T1, 2*T1, 4*T1 and so on, until 64*T1 are over. */
  #repeat(response: Edited<SipResponse>, intervalMs: number, elapsedMs: number): void {
    const leftMs = transactionLifeMs(coreTimers) - elapsedMs;
    this.#timer = this.#options.clock.after(Math.min(intervalMs, leftMs), () => {
      if (intervalMs >= leftMs) {
        this.#options.giveUp();
        return;
      }
      this.#options.transmit(response);
      this.#repeat(response, 2 * intervalMs, elapsedMs + intervalMs);
    });
  }
}
