/** The part of a bad request that a response needs. */
import { splitCommaList } from './comma-list.ts';
import { headerField } from './header-field.ts';
import { viasIn } from './header-line.ts';
import type { HeaderField, SipRequest } from './message.ts';
import { salvageVia } from './via.ts';

const NO_OCTETS = new Uint8Array(0);
const CSEQ_SHAPE = /^\d+[ \t]+\S+$/;

/** The Via lines with a top one that can be parsed: its broken parameters are left out. */
function answerableVias(fields: readonly HeaderField[]): readonly HeaderField[] | undefined {
  const [top, ...others] = fields.filter((field) => field.key === 'via');
  if (top === undefined || viasIn(top).ok) {
    return top && [top, ...others];
  }
  const salvaged = salvageVia(splitCommaList(top.value)[0] ?? '');
  return salvaged === undefined ? undefined : [headerField(top.name, salvaged), ...others];
}

/**
 * What is left of a bad request when it can be answered: one each of From, To, Call-ID and CSeq as they were sent, and
 * the Vias. Undefined when one is missing, and for an ACK, which is never answered.
 * @see RFC 3261 §8.2.6.2
 */
export function answerableRequest(method: string, uri: string, fields: readonly HeaderField[]): SipRequest | undefined {
  const vias = answerableVias(fields);
  if (vias === undefined || method === '' || method === 'ACK') {
    return undefined;
  }
  const headers = [...vias];
  for (const key of ['from', 'to', 'call-id', 'cseq']) {
    const field = fields.find((each) => each.key === key);
    if (field === undefined || field.value === '' || (key === 'cseq' && !CSEQ_SHAPE.test(field.value))) {
      return undefined;
    }
    headers.push(field);
  }
  return { kind: 'request', method, uri, headers, body: NO_OCTETS };
}
