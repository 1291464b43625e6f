import type { SipMessage } from './message.ts';
import { paramValue, scanParams } from './params.ts';
import { header } from './read.ts';

/** Session-Expires: how long a session lives without a refresh, and who is to refresh it. @see RFC 4028 §4 */
export interface SessionExpires {
  readonly intervalS: number;
  /** Absent while the two ends have not agreed. */
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** Min-SE of a request that has none. @see RFC 4028 §5 */
export const DEFAULT_MIN_SE_S = 90;

/** delta-seconds that a timer can count. */
const DELTA_SECONDS = /^\d{1,9}$/;

/** The Session-Expires of a message; undefined when there is none or it cannot be read. */
export function sessionExpires(message: SipMessage): SessionExpires | undefined {
  const value = split(header(message, 'Session-Expires'));
  if (value === undefined) return undefined;
  const params = scanParams(value.rest, 0);
  const refresher = params.ok ? paramValue(params.value, 'refresher') : undefined;
  const known = typeof refresher === 'string' ? refresher.toLowerCase() : '';
  return { intervalS: value.seconds, refresher: known === 'uac' || known === 'uas' ? known : undefined };
}

/** Shortest interval that the sender takes, in seconds; undefined when it does not say. @see RFC 4028 §5 */
export function minSe(message: SipMessage): number | undefined {
  return split(header(message, 'Min-SE'))?.seconds;
}

export function serializeSessionExpires({ intervalS, refresher }: SessionExpires): string {
  return refresher === undefined ? String(intervalS) : `${intervalS};refresher=${refresher}`;
}

function split(value: string | undefined): { readonly seconds: number; readonly rest: string } | undefined {
  if (value === undefined) return undefined;
  const at = value.indexOf(';');
  const number = (at < 0 ? value : value.slice(0, at)).trim();
  return DELTA_SECONDS.test(number) ? { seconds: Number(number), rest: at < 0 ? '' : value.slice(at) } : undefined;
}
