import { type Edited, MessageEdit } from '../sip/edit.ts';
import type { SipResponse } from '../sip/message.ts';
import { headerValues } from '../sip/read.ts';

/** Responses that tell the caller how to try again. @see RFC 3261 §16.7 step 6 */
const HELPFUL: ReadonlySet<number> = new Set([401, 407, 415, 420, 484]);
/** Responses that only say that a branch came to nothing. */
const EMPTY: ReadonlySet<number> = new Set([408, 487]);

/**
 * The response that goes upstream: a 6xx if there is one, else one of the lowest class, within the class the most helpful,
 * and among equals the first that came.
 * @see RFC 3261 §16.7 step 6
 */
export function bestOf<Candidate extends { readonly response: SipResponse }>(
  candidates: readonly Candidate[],
): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (best === undefined || rank(candidate.response.status) < rank(best.response.status)) best = candidate;
  }
  return best;
}

function rank(status: number): number {
  if (status >= 600) return 0;
  const usefulness = HELPFUL.has(status) ? 0 : EMPTY.has(status) ? 2 : 1;
  return Math.floor(status / 100) * 10 + usefulness;
}

/**
 * Collects the challenges of all branches into a 401 or 407, so that the caller can answer each.
 * @see RFC 3261 §16.7 step 7
 */
export function withAllChallenges(best: SipResponse, all: readonly SipResponse[]): Edited<SipResponse> {
  const edit = new MessageEdit(best);
  if (best.status !== 401 && best.status !== 407) return edit.done();
  for (const other of all) {
    if (other === best || (other.status !== 401 && other.status !== 407)) continue;
    for (const name of ['WWW-Authenticate', 'Proxy-Authenticate']) {
      for (const challenge of headerValues(other, name)) {
        edit.append(name, challenge, 'challenge of another branch (RFC 3261 §16.7 step 7)');
      }
    }
  }
  return edit.done();
}
