/**
 * What a parser has to know of the header fields: the mandatory ones, once each and well-formed.
 * @see RFC 3261 §8.1.1
 */
import type { Parsed } from './errors.ts';
import { canonicalName } from './header-registry.ts';
import type { HeaderField } from './message.ts';
import { type CodedParseError, parseError, type SipParseCode } from './parse-error.ts';
import { addressesIn, cseqIn, viasIn } from './typed-field.ts';

const MANDATORY = ['via', 'from', 'to', 'call-id', 'cseq'];
const SINGLE = new Set(['from', 'to', 'call-id', 'cseq', 'max-forwards']);

type FieldCheck = (field: HeaderField) => CodedParseError | undefined;

function checked(code: SipParseCode, read: (field: HeaderField) => Parsed<unknown>): FieldCheck {
  return (field) => {
    const parsed = read(field);
    if (parsed.ok) {
      return undefined;
    }
    const { offset, reference, text } = parsed.error;
    return parseError(code, offset, canonicalName(field.key), reference, text);
  };
}

const checkAddress = checked('SIP_PARSE_NAME_ADDR', addressesIn);

/** What has to be well-formed in every message. */
const alwaysChecked: ReadonlyMap<string, FieldCheck> = new Map([
  ['via', checked('SIP_PARSE_VIA', viasIn)],
  ['from', checkAddress],
  ['to', checkAddress],
  ['cseq', checked('SIP_PARSE_CSEQ', cseqIn)],
  [
    'call-id',
    ({ value }) =>
      /^\S+$/.test(value)
        ? undefined
        : parseError('SIP_PARSE_CALL_ID', 0, 'Call-ID', 'RFC 3261 §20.8', 'Malformed Call-ID header field'),
  ],
]);

/** What else has to be well-formed in a request, because routing and registration depend on it. */
const checkedInRequests: ReadonlyMap<string, FieldCheck> = new Map([
  ['contact', (field) => (field.value === '*' ? undefined : checkAddress(field))],
  ['route', checkAddress],
  ['record-route', checkAddress],
  ['path', checkAddress],
  [
    'max-forwards',
    ({ value }) =>
      /^\d+$/.test(value)
        ? undefined
        : parseError('SIP_PARSE_MAX_FORWARDS', 0, 'Max-Forwards', 'RFC 3261 §20.22', 'Malformed Max-Forwards'),
  ],
]);

/** Octet in the message for an index in a field's value; exact unless the field is folded or beyond ASCII. */
function offsetInMessage(octets: Uint8Array, field: HeaderField, index: number): number {
  let at = octets.indexOf(58, field.offset) + 1;
  while (at < field.end && octets[at]! <= 32) {
    at += 1;
  }
  return Math.min(at + index, field.end);
}

/** The first thing that is wrong with the header fields every element relies on. */
export function checkFields(
  octets: Uint8Array,
  fields: readonly HeaderField[],
  isRequest: boolean,
  maxVias: number,
): CodedParseError | undefined {
  const seen = new Set<string>();
  let viaCount = 0;
  for (const field of fields) {
    const { key } = field;
    if (SINGLE.has(key) && seen.has(key)) {
      const name = canonicalName(key);
      const text = `More than one ${name} header field`;
      return parseError('SIP_PARSE_HEADER_REPEATED', field.offset, name, 'RFC 3261 §7.3.1', text);
    }
    seen.add(key);
    const check = alwaysChecked.get(key) ?? (isRequest ? checkedInRequests.get(key) : undefined);
    const error = check?.(field);
    if (error !== undefined) {
      return { ...error, offset: offsetInMessage(octets, field, error.offset) };
    }
    if (key === 'via') {
      const parsed = viasIn(field);
      viaCount += parsed.ok ? parsed.value.length : 0;
      if (viaCount > maxVias) {
        return parseError('SIP_PARSE_TOO_MANY_VIAS', field.offset, 'Via', 'RFC 3261 §21.5.7', 'Too many Via values');
      }
    }
  }
  const missing = MANDATORY.find((key) => !seen.has(key));
  if (missing !== undefined) {
    const name = canonicalName(missing);
    return parseError('SIP_PARSE_HEADER_MISSING', 0, name, 'RFC 3261 §8.1.1', `Missing ${name} header field`);
  }
  return undefined;
}

/** CSeq has to repeat the method of its request. */
export function checkCSeqMethod(method: string, fields: readonly HeaderField[]): CodedParseError | undefined {
  const field = fields.find((each) => each.key === 'cseq');
  const parsed = field && cseqIn(field);
  return field === undefined || (parsed?.ok && parsed.value.method === method)
    ? undefined
    : parseError('SIP_PARSE_CSEQ_METHOD', field.offset, 'CSeq', 'RFC 3261 §8.1.1.5', 'CSeq names another method');
}
