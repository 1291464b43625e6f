import type { Timer } from '../../ports/clock.ts';
import { type Edited, MessageEdit, unchanged } from '../sip/edit.ts';
import type { SipResponse } from '../sip/message.ts';
import { tagOf } from '../sip/read.ts';
import { bestOf, withAllChallenges } from './best-response.ts';
import { COMPLETED_ELSEWHERE, TIMER_C_EXPIRED } from './cancel.ts';
import { ClientLeg, type LegFailure } from './client-leg.ts';
import { forwardedCopy } from './forward.ts';
import type { ServerLeg } from './server-leg.ts';
import type { Branch, ForwardOptions, ForwardOutcome, RespondOptions } from './stack.ts';
import { destinationOf, type StackContext } from './stack-context.ts';

/** Callees that may accept one INVITE (a fork to many phones); further 2xx are dropped. */
const MAX_ACCEPTED_DIALOGS = 32;

/** A final response that may go upstream. */
interface Candidate {
  readonly response: SipResponse;
  readonly branch: Branch;
  readonly cause: number;
  /** Set where this node made it, because the branch failed. */
  readonly made?: { readonly answer: Edited<SipResponse>; readonly byDefault: boolean };
}

interface Fork {
  readonly branch: Branch;
  readonly leg: ClientLeg;
  timerC: Timer | undefined;
  /** Of `firstResponseWithinMs`. */
  firstResponse: Timer | undefined;
}

/**
 * All branches of one forwarded request, and which of their responses goes upstream.
 * Groups of equal q run in parallel, one group after the other.
 * @see RFC 3261 §16.7
 */
export class ResponseContext {
  readonly #context: StackContext;
  readonly #incoming: ServerLeg;
  readonly #options: ForwardOptions;
  readonly #cause: number | null;
  readonly #groups: Branch[][];
  readonly #finals: Candidate[] = [];
  #forks: Fork[] = [];
  /** Settles when what goes upstream now is gone: responses go one after the other, also when `onResponse` takes its time. */
  #upstream: Promise<void> | undefined;
  /** What went upstream for each 2xx to an INVITE, by its To tag. */
  #accepted: Map<string, Edited<SipResponse>> | undefined;
  #settled = false;
  #stopped = false;
  #resolve: (outcome: ForwardOutcome) => void = () => {};

  constructor(context: StackContext, incoming: ServerLeg, branches: readonly Branch[], options: ForwardOptions) {
    this.#context = context;
    this.#incoming = incoming;
    this.#options = options;
    this.#cause = incoming.cause;
    this.#groups = byPreference(branches);
  }

  /** Sends the first group; resolves when a final response went upstream or was intercepted. */
  run(): Promise<ForwardOutcome> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#startNextGroup();
    });
  }

  /** Cancels whatever is pending and starts no further group. @see RFC 3261 §16.10 */
  cancel(reason: string | undefined, cause: number | null): void {
    this.#stopped = true;
    for (const fork of this.#forks) fork.leg.cancel(reason, cause);
  }

  /** Ends all branches when the node closes. */
  close(): void {
    this.#stopped = true;
    for (const fork of this.#forks) fork.leg.abandon('transport', 'the box closes');
  }

  #startNextGroup(): void {
    const group = this.#groups.shift() ?? [];
    this.#forks = group.map((branch) => this.#fork(branch));
    for (const fork of this.#forks) {
      fork.leg.start();
      this.#startTimerC(fork);
      this.#awaitFirstResponse(fork);
    }
    if (group.length === 0) this.#finish();
  }

  #fork(branch: Branch): Fork {
    const fork: Fork = {
      branch,
      timerC: undefined,
      firstResponse: undefined,
      leg: new ClientLeg(this.#context, {
        request: forwardedCopy(branch.request),
        destination: destinationOf(this.#context, branch.request.message, branch.to),
        loopMark: this.#incoming.loopMark,
        cause: this.#cause,
        response: (response, arrival) => this.#receive(fork, response, arrival),
        failed: (failure, cause) => this.#failed(fork, failure, cause),
      }),
    };
    return fork;
  }

  /** @see RFC 3261 §16.6 step 11, §16.8 */
  #startTimerC(fork: Fork): void {
    fork.timerC?.stop();
    if (this.#incoming.message.method !== 'INVITE' || fork.leg.done) return;
    fork.timerC = this.#context.clock.after(this.#context.timers.timerCMs, () => {
      const note = this.#context.sender.note('SIP_TIMER_C', 'timer C fired (RFC 3261 §16.8)', this.#cause);
      if (fork.leg.hasProvisional) fork.leg.cancel(TIMER_C_EXPIRED, note);
      else fork.leg.abandon('timeout', 'no provisional response before timer C (RFC 3261 §16.8)');
    });
  }

  #awaitFirstResponse(fork: Fork): void {
    const { firstResponseWithinMs } = fork.branch;
    if (firstResponseWithinMs === undefined || fork.leg.done) return;
    fork.firstResponse = this.#context.clock.after(firstResponseWithinMs, () =>
      fork.leg.abandon('timeout', `nothing came in ${firstResponseWithinMs} ms`),
    );
  }

  #receive(fork: Fork, received: SipResponse, arrival: number): void {
    const { branch } = fork;
    fork.firstResponse?.stop();
    // Step 3: this node's Via goes away.
    const response = new MessageEdit(received).removeFirst('Via', 'own Via (RFC 3261 §16.7 step 3)').done().message;
    if (response.status < 200) {
      // Steps 2 and 5: 100 stays here, the others pass at once and start timer C anew.
      if (response.status === 100) return;
      this.#startTimerC(fork);
      this.#pass(response, branch, arrival);
      return;
    }
    fork.timerC?.stop();
    if (response.status < 300) {
      this.#success(response, branch, arrival);
      return;
    }
    this.#addFinal({ response, branch, cause: arrival });
  }

  /** Step 5: every 2xx to an INVITE passes at once, also late and repeated ones; of another request only the first. */
  #success(response: SipResponse, branch: Branch, arrival: number): void {
    const isInvite = this.#incoming.message.method === 'INVITE';
    if (this.#settled && !isInvite) return;
    this.#pass(response, branch, arrival);
    this.#settled = true;
    if (isInvite) this.cancel(COMPLETED_ELSEWHERE, arrival);
  }

  #failed(fork: Fork, failure: LegFailure, cause: number): void {
    fork.timerC?.stop();
    fork.firstResponse?.stop();
    const asked =
      failure === 'cancelled' || this.#incoming.cancelled ? undefined : this.#options.onFailure?.(failure, fork.branch);
    const { status, options } = asked ?? this.#defaultAnswer(failure);
    const answer = this.#incoming.build(status, options ?? {});
    this.#addFinal({
      response: answer.message,
      branch: fork.branch,
      cause,
      made: { answer, byDefault: asked === undefined },
    });
  }

  #defaultAnswer(failure: LegFailure): { status: number; options: RespondOptions } {
    if (failure === 'cancelled' || this.#incoming.cancelled) {
      return { status: 487, options: { why: 'cancelled (RFC 3261 §9.2)' } };
    }
    return failure === 'timeout'
      ? { status: 408, options: { why: 'the next hop did not answer (RFC 3261 §16.8)' } }
      : { status: 503, options: { why: 'the next hop can not be reached (RFC 3261 §16.9)' } };
  }

  /** Steps 4 and 5: keeps a final error; a 6xx ends the search; the last one of a group starts the next group or ends it all. */
  #addFinal(candidate: Candidate): void {
    this.#finals.push(candidate);
    if (this.#settled) return;
    const { status, reason } = candidate.response;
    if (status >= 600) this.cancel(`SIP;cause=${status};text="${reason.replaceAll(/["\\]/g, '')}"`, candidate.cause);
    if (this.#forks.some((fork) => !fork.leg.done)) return;
    if (this.#stopped || this.#groups.length === 0) this.#finish();
    else this.#startNextGroup();
  }

  /** Steps 6 to 9: the best final response goes upstream. */
  #finish(): void {
    this.#settled = true;
    // RFC 4320 §4.1: a 408 that was made here does not outdo what a branch of a non-INVITE answered.
    const answered = this.#finals.filter((candidate) => !this.#isLate(candidate));
    const best = bestOf(answered.length > 0 ? answered : this.#finals);
    this.#inTurn(() => this.#sendBest(best));
  }

  #isLate({ made, response }: Candidate): boolean {
    return made?.byDefault === true && response.status === 408 && this.#incoming.message.method !== 'INVITE';
  }

  #sendBest(best: Candidate | undefined): Promise<void> | undefined {
    const incoming = this.#incoming;
    if (best === undefined) {
      const none = incoming.build(480, { why: 'no target is left (RFC 3261 §16.5)' });
      return this.#end(none, undefined);
    }
    incoming.cause = best.cause;
    if (!incoming.cancelled && this.#options.intercept?.(best.response) === true) {
      this.#resolve({ final: best.response, branch: best.branch, intercepted: true });
      return undefined;
    }
    if (best.made !== undefined) return this.#sendMade(best, best.made);
    if (best.response.status === 503) {
      // Step 6: a 503 would say that this box is overloaded.
      return this.#end(incoming.build(500, { why: 'a 503 does not go upstream (RFC 3261 §16.7 step 6)' }), best.branch);
    }
    const all = this.#finals.map((candidate) => candidate.response);
    return this.#change(withAllChallenges(best.response, all), best.branch, best.cause, (edited) =>
      this.#end(edited, best.branch),
    );
  }

  #sendMade(best: Candidate, made: { readonly answer: Edited<SipResponse>; readonly byDefault: boolean }): undefined {
    const incoming = this.#incoming;
    const { status } = best.response;
    if (made.byDefault && status === 503) {
      this.#end(incoming.build(500, { why: 'the next hop can not be reached (RFC 3261 §16.9)' }), best.branch);
    } else if (this.#isLate(best)) {
      // The client's own timer F has fired too: a late 408 would only be a stray.
      incoming.giveUp();
      this.#resolve({ final: best.response, branch: best.branch, intercepted: false });
    } else {
      this.#end(made.answer, best.branch);
    }
  }

  /** Runs a step at once, or after those that are under way. */
  #inTurn(step: () => Promise<void> | undefined): void {
    let pending: Promise<void> | undefined;
    if (this.#upstream === undefined) {
      try {
        pending = step();
      } catch (error) {
        this.#broken(error);
      }
    } else {
      pending = this.#upstream.then(step);
    }
    if (pending === undefined) return;
    const settled = pending
      .catch((error) => this.#broken(error))
      .then(() => {
        if (this.#upstream === settled) this.#upstream = undefined;
      });
    this.#upstream = settled;
  }

  /** A 1xx or 2xx goes upstream. A repeated 2xx goes as the first one did; the node's rules run once for each dialog. */
  #pass(response: SipResponse, branch: Branch, arrival: number): void {
    this.#inTurn(() => {
      const incoming = this.#incoming;
      if (response.status < 200 && incoming.answered) return undefined;
      if (response.status < 200 || incoming.message.method !== 'INVITE') {
        return this.#change(unchanged(response), branch, arrival, (edited) => this.#passed(edited, branch));
      }
      const dialog = tagOf(response, 'To');
      this.#accepted ??= new Map();
      const accepted = this.#accepted;
      const known = accepted.get(dialog);
      if (known !== undefined) {
        incoming.cause = arrival;
        return this.#end(known, branch);
      }
      if (accepted.size >= MAX_ACCEPTED_DIALOGS) return undefined;
      return this.#change(unchanged(response), branch, arrival, (edited) => {
        accepted.set(dialog, edited);
        this.#passed(edited, branch);
      });
    });
  }

  #passed(edited: Edited<SipResponse>, branch: Branch): void {
    if (edited.message.status < 200) this.#incoming.send(edited);
    else this.#end(edited, branch);
  }

  /** Lets the node change a response; goes on at once where it does not take its time. */
  #change(
    response: Edited<SipResponse>,
    branch: Branch,
    cause: number,
    goOn: (edited: Edited<SipResponse>) => void,
  ): Promise<void> | undefined {
    this.#incoming.cause = cause;
    const after = this.#options.onResponse?.(response.message, branch);
    const joined = (edited: Edited<SipResponse>): void => {
      this.#incoming.cause = cause;
      const changes = response.changes.length === 0 ? edited.changes : [...response.changes, ...edited.changes];
      goOn({ message: edited.message, changes });
    };
    if (after instanceof Promise) return after.then(joined);
    if (after === undefined) goOn(response);
    else joined(after);
    return undefined;
  }

  #end(answer: Edited<SipResponse>, branch: Branch | undefined): undefined {
    this.#incoming.send(answer);
    this.#resolve({ final: answer.message, branch, intercepted: false });
  }

  /** A bug in the node's own response handling: the caller gets a 500 and the branches end. */
  #broken(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#incoming.cause = this.#context.sender.note('SIP_RESPONSE_HANDLER_FAILED', text, this.#incoming.cause);
    this.#settled = true;
    this.cancel(undefined, this.#incoming.cause);
    const answer = this.#incoming.build(500, { why: 'this box failed on the response (RFC 3261 §21.5.1)' });
    this.#end(answer, undefined);
  }
}

/** Highest q first; equal q stay together in their order. */
function byPreference(branches: readonly Branch[]): Branch[][] {
  if (branches.length === 1) return [[...branches]];
  const groups = new Map<number, Branch[]>();
  for (const branch of branches) {
    const q = branch.q ?? 1;
    groups.set(q, [...(groups.get(q) ?? []), branch]);
  }
  return [...groups.entries()].sort(([a], [b]) => b - a).map(([, group]) => group);
}
