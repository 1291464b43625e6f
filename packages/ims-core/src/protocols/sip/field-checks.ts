/**
 * What a parser has to know of the header fields: the mandatory ones, once each and well-formed.
 * @see RFC 3261 §8.1.1
 */
import type { Parsed } from './errors.ts';
import { addressesIn, cseqIn, viasIn } from './header-line.ts';
import { canonicalName } from './header-registry.ts';
import type { HeaderField } from './message.ts';
import { type CodedParseError, parseError, type SipParseCode } from './parse-error.ts';
import { COLON, SPACE } from './token.ts';

type FieldCheck = (field: HeaderField) => CodedParseError | undefined;

interface FieldRule {
  /** One bit of the set of headers that were seen; 0 when nobody counts. */
  readonly bit: number;
  readonly once: boolean;
  readonly mandatory: boolean;
  /** What routing and registration depend on is checked in requests; a response only has to find its way back. */
  readonly requestsOnly: boolean;
  readonly check: FieldCheck;
}

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

const checkVia = checked('SIP_PARSE_VIA', viasIn);
const checkAddress = checked('SIP_PARSE_NAME_ADDR', addressesIn);
const checkCSeq = checked('SIP_PARSE_CSEQ', cseqIn);

function checkContact(field: HeaderField): CodedParseError | undefined {
  return field.value === '*' ? undefined : checkAddress(field);
}

function checkCallId({ value }: HeaderField): CodedParseError | undefined {
  return /^\S+$/.test(value)
    ? undefined
    : parseError('SIP_PARSE_CALL_ID', 0, 'Call-ID', 'RFC 3261 §20.8', 'Malformed Call-ID header field');
}

function checkMaxForwards({ value }: HeaderField): CodedParseError | undefined {
  return /^\d+$/.test(value)
    ? undefined
    : parseError('SIP_PARSE_MAX_FORWARDS', 0, 'Max-Forwards', 'RFC 3261 §20.22', 'Malformed Max-Forwards');
}

const rules: ReadonlyMap<string, FieldRule> = new Map([
  ['via', { bit: 1, once: false, mandatory: true, requestsOnly: false, check: checkVia }],
  ['from', { bit: 2, once: true, mandatory: true, requestsOnly: false, check: checkAddress }],
  ['to', { bit: 4, once: true, mandatory: true, requestsOnly: false, check: checkAddress }],
  ['call-id', { bit: 8, once: true, mandatory: true, requestsOnly: false, check: checkCallId }],
  ['cseq', { bit: 16, once: true, mandatory: true, requestsOnly: false, check: checkCSeq }],
  ['max-forwards', { bit: 32, once: true, mandatory: false, requestsOnly: true, check: checkMaxForwards }],
  ['contact', { bit: 0, once: false, mandatory: false, requestsOnly: true, check: checkContact }],
  ['route', { bit: 0, once: false, mandatory: false, requestsOnly: true, check: checkAddress }],
  ['record-route', { bit: 0, once: false, mandatory: false, requestsOnly: true, check: checkAddress }],
  ['path', { bit: 0, once: false, mandatory: false, requestsOnly: true, check: checkAddress }],
]);

const mandatory = [...rules].filter(([, rule]) => rule.mandatory);

/** Octet in the message for an index in a field's value; exact unless the field is folded or beyond ASCII. */
function offsetInMessage(octets: Uint8Array, field: HeaderField, index: number): number {
  let at = octets.indexOf(COLON, field.offset) + 1;
  while (at < field.end && octets[at]! <= SPACE) {
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
  let seen = 0;
  let viaCount = 0;
  for (const field of fields) {
    const rule = rules.get(field.key);
    if (rule === undefined) {
      continue;
    }
    if (rule.once && (seen & rule.bit) !== 0) {
      const name = canonicalName(field.key);
      const text = `More than one ${name} header field`;
      return parseError('SIP_PARSE_HEADER_REPEATED', field.offset, name, 'RFC 3261 §7.3.1', text);
    }
    seen |= rule.bit;
    const error = isRequest || !rule.requestsOnly ? rule.check(field) : undefined;
    if (error !== undefined) {
      return { ...error, offset: offsetInMessage(octets, field, error.offset) };
    }
    if (field.key === 'via') {
      const parsed = viasIn(field);
      viaCount += parsed.ok ? parsed.value.length : 0;
      if (viaCount > maxVias) {
        return parseError('SIP_PARSE_TOO_MANY_VIAS', field.offset, 'Via', 'RFC 3261 §21.5.7', 'Too many Via values');
      }
    }
  }
  const missing = mandatory.find(([, rule]) => (seen & rule.bit) === 0);
  if (missing === undefined) {
    return undefined;
  }
  const name = canonicalName(missing[0]);
  return parseError('SIP_PARSE_HEADER_MISSING', 0, name, 'RFC 3261 §8.1.1', `Missing ${name} header field`);
}

/** CSeq has to repeat the method of its request. */
export function checkCSeqMethod(method: string, fields: readonly HeaderField[]): CodedParseError | undefined {
  const field = fields.find((each) => each.key === 'cseq');
  const parsed = field && cseqIn(field);
  return field === undefined || (parsed?.ok && parsed.value.method === method)
    ? undefined
    : parseError('SIP_PARSE_CSEQ_METHOD', field.offset, 'CSeq', 'RFC 3261 §8.1.1.5', 'CSeq names another method');
}
