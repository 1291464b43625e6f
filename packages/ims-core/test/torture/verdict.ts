import { parseMessage } from '../../src/protocols/sip/parse.ts';
import type { Verdict } from './case.ts';

/** What the SIP module makes of these octets. */
export function verdictOf(bytes: Uint8Array): Verdict {
  const parsed = parseMessage(bytes);
  if (parsed.ok) return { expect: 'accept' };
  return parsed.answer === undefined ? { expect: 'drop' } : { expect: 'reject', status: parsed.answer.status };
}
