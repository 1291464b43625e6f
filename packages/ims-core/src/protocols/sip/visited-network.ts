import type { SipMessage } from './message.ts';
import { headerValues } from './read.ts';

/** The first P-Visited-Network-ID of a message without its quotes; undefined when there is none. @see RFC 7315 §5.3 */
export function visitedNetwork(message: SipMessage): string | undefined {
  const [value] = headerValues(message, 'P-Visited-Network-ID');
  const isQuoted = value !== undefined && value.length > 1 && value.startsWith('"') && value.endsWith('"');
  return isQuoted ? value.slice(1, -1) : value;
}
