import type { EndEvent } from 'jssip/lib/RTCSession';
import type { EndedCall } from './phone-state.ts';
import { readRetryAfterS } from './register-rules.ts';
import { callTrouble, type Trouble } from './words.ts';

/** How a call ended, in words; `trouble` when it went otherwise than somebody here wanted. */
export type CallOutcome = Pick<EndedCall, 'text' | 'trouble'>;

/** An answered call ended. `name` is the peer's. */
export function endOfTalk(name: string, { originator, message, cause }: EndEvent): CallOutcome {
  if (cause !== 'Terminated') return troubled(localTrouble(name, cause));
  if (`${originator}` === 'local') return { text: 'You hung up', trouble: null };
  const reason = reasonText(headerOf(message, 'Reason'));
  if (reason === '') return { text: `${name} hung up`, trouble: null };
  return troubled({ severity: 'problem', text: 'The network ended the call', advice: '', wire: reason });
}

/** Our call to somebody was not answered with 200. */
export function endOfAttempt(name: string, { message, cause }: EndEvent): CallOutcome {
  if (cause === 'Canceled') return { text: 'Call cancelled', trouble: null };
  const answer = isResponse(message) ? message : null;
  return troubled(
    callTrouble(name, {
      status: answer?.status_code ?? 0,
      reason: answer?.reason_phrase ?? '',
      cause,
      retryAfterS: readRetryAfterS(headerOf(message, 'Retry-After')),
    }),
  );
}

/** Somebody's call to us was not answered with 200. */
export function endOfOffer(name: string, { originator, cause }: EndEvent): CallOutcome {
  if (cause === 'Rejected' && `${originator}` === 'local') return { text: 'You declined', trouble: null };
  if (cause === 'Canceled' || cause === 'No Answer' || cause === 'Expires') {
    return { text: `Missed call from ${name}`, trouble: null };
  }
  return troubled(localTrouble(name, cause));
}

/** A call that never left the phone. */
export function notDialled(target: string, text: string, advice: string): EndedCall {
  const outcome = troubled({ severity: 'notice', text, advice, wire: '' });
  const peer = { name: target, number: '' };
  return { peer, forwardedFrom: null, direction: 'outgoing', talkedMs: null, ...outcome };
}

function troubled(trouble: Trouble): CallOutcome {
  return { text: trouble.text, trouble };
}

function localTrouble(name: string, cause: string): Trouble {
  return callTrouble(name, { status: 0, reason: '', cause, retryAfterS: null });
}

/** JsSIP also gives null, or an error's text, where its types promise a message. */
function isResponse(message: unknown): message is { readonly status_code: number; readonly reason_phrase: string } {
  return typeof message === 'object' && message !== null && 'status_code' in message && 'reason_phrase' in message;
}

function headerOf(message: EndEvent['message'] | null, name: string): string | undefined {
  return typeof message === 'object' && message !== null ? message.getHeader(name) : undefined;
}

/** Cause and text of a Reason header; empty without one, and for a BYE that only says that it is a normal one. @see RFC 3326 §2 */
function reasonText(reason: string | undefined): string {
  const cause = /;\s*cause=(\d+)/i.exec(reason ?? '')?.[1] ?? '';
  const text = /;\s*text="([^"]*)"/i.exec(reason ?? '')?.[1] ?? '';
  if (cause === '200' || (/^\s*Q\.850/i.test(reason ?? '') && cause === '16')) return '';
  return `${cause} ${text}`.trim();
}
