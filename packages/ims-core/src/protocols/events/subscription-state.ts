import { paramValue, scanParams } from '../sip/params.ts';

/** Subscription-State of a NOTIFY. @see RFC 6665 §4.1.3, §8.2.3 */
export interface SubscriptionState {
  /** States that an extension adds count as `active`, as the RFC asks. */
  readonly state: 'active' | 'pending' | 'terminated';
  /** Seconds that the subscription has left. */
  readonly expiresS?: number;
  /** Why it ended: `deactivated`, `rejected`, `timeout`, `noresource`, `probation`, `giveup`, `invariant`. */
  readonly reason?: string;
  /** Seconds after which the subscriber may try again. */
  readonly retryAfterS?: number;
}

export function parseSubscriptionState(value: string): SubscriptionState | undefined {
  const [word = ''] = value.split(';');
  const scanned = scanParams(value, word.length);
  if (word.trim() === '' || !scanned.ok) return undefined;
  const name = word.trim().toLowerCase();
  const expiresS = seconds(paramValue(scanned.value, 'expires'));
  const reason = paramValue(scanned.value, 'reason');
  const retryAfterS = seconds(paramValue(scanned.value, 'retry-after'));
  return {
    state: name === 'pending' || name === 'terminated' ? name : 'active',
    ...(expiresS !== undefined && { expiresS }),
    ...(typeof reason === 'string' && { reason: reason.toLowerCase() }),
    ...(retryAfterS !== undefined && { retryAfterS }),
  };
}

export function serializeSubscriptionState({ state, expiresS, reason, retryAfterS }: SubscriptionState): string {
  return [
    state,
    ...(expiresS === undefined ? [] : [`expires=${expiresS}`]),
    ...(reason === undefined ? [] : [`reason=${reason}`]),
    ...(retryAfterS === undefined ? [] : [`retry-after=${retryAfterS}`]),
  ].join(';');
}

function seconds(value: string | true | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}
