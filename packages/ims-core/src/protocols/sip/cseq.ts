import type { Parsed } from './errors.ts';
import { parseFailure } from './parse-error.ts';

export interface CSeq {
  /** 0 to 2^32-1. */
  readonly number: number;
  readonly method: string;
}

const CSEQ = /^[ \t]*(\d+)[ \t]+([A-Za-z0-9\-.!%*_+`'~]+)[ \t]*$/;
const MAX_CSEQ = 4_294_967_295;

/** Parses a CSeq value. @see RFC 3261 §20.16 */
export function parseCSeq(text: string): Parsed<CSeq> {
  const [, digits, method] = CSEQ.exec(text) ?? [];
  if (digits === undefined || method === undefined) {
    return parseFailure('SIP_PARSE_CSEQ', 0, 'CSeq', 'RFC 3261 §20.16', 'Malformed CSeq');
  }
  const number = Number(digits);
  if (number > MAX_CSEQ) {
    return parseFailure('SIP_PARSE_CSEQ', 0, 'CSeq', 'RFC 3261 §8.1.1.5', 'CSeq number is over 2^32-1');
  }
  return { ok: true, value: { number, method } };
}
