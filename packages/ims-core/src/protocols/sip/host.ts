/** Host and port, as they stand in URIs and Vias. @see RFC 3261 §25.1 */
import { isIpv6Reference } from './ipv6-reference.ts';

/** Also what is an IPv4 address; two dots in a row make it none. */
const HOST_NAME = /[A-Za-z0-9_][A-Za-z0-9._-]*/y;
const MAX_PORT = 65_535;
const MAX_PORT_DIGITS = 5;
const DIGIT_0 = 48;
const DIGIT_9 = 57;
const OPEN_BRACKET = 91;

/** First index after the host that starts at `from`: a name, an IPv4 address or an IPv6 reference; -1 when none does. */
export function endOfHost(text: string, from: number): number {
  if (text.charCodeAt(from) === OPEN_BRACKET) {
    const end = text.indexOf(']', from) + 1;
    return isIpv6Reference(text.slice(from, end)) ? end : -1;
  }
  HOST_NAME.lastIndex = from;
  if (!HOST_NAME.test(text)) {
    return -1;
  }
  const end = HOST_NAME.lastIndex;
  const dots = text.indexOf('..', from);
  return dots < 0 || dots >= end ? end : -1;
}

/** First index at or after `from` that is no decimal digit. */
export function skipDigits(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= DIGIT_0 && code <= DIGIT_9; code = text.charCodeAt(at)) {
    at += 1;
  }
  return at;
}

/** The decimal port of 0 to 65535 from `start` to `end`; undefined for anything else. */
export function portNumber(text: string, start: number, end: number): number | undefined {
  if (start === end || end - start > MAX_PORT_DIGITS || skipDigits(text, start) < end) {
    return undefined;
  }
  let port = 0;
  for (let at = start; at < end; at += 1) {
    port = port * 10 + text.charCodeAt(at) - DIGIT_0;
  }
  return port <= MAX_PORT ? port : undefined;
}
