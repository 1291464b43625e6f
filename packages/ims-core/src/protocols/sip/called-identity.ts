import { canonicalIdentity, parseUri, uriParam } from './uri.ts';

/** A number that dials the same from anywhere: `+` and digits, with visual separators. @see RFC 3966 §5.1.4 */
const GLOBAL_NUMBER = /^\+[0-9][0-9.()-]*$/;

/**
 * The public user identity that a Request-URI calls, in canonical form; undefined when it is none. A SIP URI with `user=phone`
 * and a global number is its tel URI.
 * @see TS 24.229 5.3.2.1, TS 23.228 4.3.3
 */
export function calledIdentity(requestUri: string): string | undefined {
  const uri = parseUri(requestUri);
  if (!uri.ok) return undefined;
  if (uri.value.kind === 'sip' && uriParam(uri.value, 'user') === 'phone') {
    const number = (uri.value.user ?? '').split(';')[0] ?? '';
    if (GLOBAL_NUMBER.test(number)) return canonicalIdentity(`tel:${number}`);
  }
  return canonicalIdentity(requestUri);
}

/** True for a telephone number that only its own network could complete: it does not begin with `+`. @see RFC 3966 §5.1.5 */
export function isLocalNumber(requestUri: string): boolean {
  const uri = parseUri(requestUri);
  if (!uri.ok) return false;
  if (uri.value.kind === 'tel') return !uri.value.number.startsWith('+');
  return uri.value.kind === 'sip' && uriParam(uri.value, 'user') === 'phone' && !(uri.value.user ?? '').startsWith('+');
}
