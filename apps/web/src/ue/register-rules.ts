/** Expiry that the UE asks for, in seconds. @see TS 24.229 5.1.1.2.1 */
export const REGISTER_EXPIRES_S = 600_000;

const LONG_EXPIRY_S = 1200;
const EARLY_S = 600;

const FIRST_RETRY_S = 2;
const LONGEST_RETRY_S = 30;

/** Seconds after a 200 until the UE registers again. @see TS 24.229 5.1.1.4.1 */
export function refreshAfterS(expiresS: number): number {
  return expiresS > LONG_EXPIRY_S ? expiresS - EARLY_S : expiresS / 2;
}

/** Statuses after which a UE tries again by itself; 0 stands for no answer. @see TS 24.229 5.1.1.2.1, 5.1.1.4.1 */
const retryable: ReadonlySet<number> = new Set([0, 408, 480, 500, 503, 504]);

/**
 * Seconds until a failed registration is tried again, or null when a person must decide.
 * `attempt` counts failures from 1; `retryAfterS` is the Retry-After of the response.
 * Deviation: RFC 5626 §4.5 starts at 30 s and ends at 1800 s; a lab that is being restarted is awaited more closely.
 */
export function retryAfterFailureS(status: number, attempt: number, retryAfterS: number | null): number | null {
  if (!retryable.has(status)) return null;
  return retryAfterS ?? Math.min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** (attempt - 1));
}

/** Seconds of a Retry-After header; null when there is none or it is no number. @see RFC 3261 §20.33 */
export function readRetryAfterS(value: string | undefined): number | null {
  const digits = /^\s*(\d{1,6})/.exec(value ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
}

/**
 * The UE's instance-id, made from the IMSI so that the SIM has the same one in every tab: 12 digits of the IMSI,
 * version 8, its last three digits, variant. @see RFC 5626 §4.1, RFC 9562 §5.8
 */
export function instanceIdOf(imsi: string): string {
  const digits = imsi.padStart(15, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(12, 15)}-8000-000000000000`;
}
