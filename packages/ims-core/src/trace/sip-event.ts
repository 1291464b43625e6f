import type { SipOnWire } from '../ports/trace-sink.ts';
import { headerField } from '../protocols/sip/header-field.ts';
import type { SipMessage } from '../protocols/sip/message.ts';
import { MAX_URI_OCTETS } from '../protocols/sip/parse.ts';
import { callId, contentType, cseq, fromOf, header, headerValues, tagOf, toOf } from '../protocols/sip/read.ts';
import { parseStartLine } from '../protocols/sip/start-line.ts';
import type { MessageChange, TraceSip } from './event.ts';

const decoder = new TextDecoder();

/** What the ladder shows of a SIP message. Secrets are masked in `raw` and in the changes. */
export function traceSip({ octets, transport, changes }: SipOnWire, retransmission: boolean): TraceSip {
  const text = decoder.decode(octets);
  const { message, hasBody } = readHead(text);
  const sequence = cseq(message);
  const isRequest = message.kind === 'request';
  return {
    transport,
    method: isRequest ? message.method : (sequence?.method ?? ''),
    status: isRequest ? 0 : message.status,
    reason: isRequest ? '' : message.reason,
    requestUri: isRequest ? message.uri : '',
    callId: callId(message),
    cseq: header(message, 'CSeq') ?? '',
    fromUri: fromOf(message)?.uriText ?? '',
    toUri: toOf(message)?.uriText ?? '',
    fromTag: tagOf(message, 'From'),
    toTag: tagOf(message, 'To'),
    icid: icidOf(message),
    sdp: hasBody && contentType(message) === 'application/sdp',
    aka: akaMark(message),
    raw: maskSecrets(text),
    changes: changes.map(maskedChange),
    retransmission,
  };
}

const EMPTY_LINE = /\r?\n\r?\n/;
const LINE_END = /\r?\n(?![ \t])/;
const NO_OCTETS = new Uint8Array();

/**
 * Reads the head of a message, whatever is wrong with it: the answer to a bad request has that request's fields, and is shown all
 * the same.
 */
function readHead(text: string): { readonly message: SipMessage; readonly hasBody: boolean } {
  const whole = text.replace(/^[\r\n]+/, '');
  const empty = EMPTY_LINE.exec(whole);
  const [first = '', ...lines] = (empty === null ? whole : whole.slice(0, empty.index)).split(LINE_END);
  const headers = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 1 ? [] : [headerField(line.slice(0, colon).trim(), line.slice(colon + 1).trim())];
  });
  return {
    message: { ...parseStartLine(first, MAX_URI_OCTETS), headers, body: NO_OCTETS },
    hasBody: empty !== null && empty.index + empty[0].length < whole.length,
  };
}

function icidOf(message: SipMessage): string {
  const vector = header(message, 'P-Charging-Vector') ?? '';
  return /(?:^|;)\s*icid-value\s*=\s*"?([^";\s]+)/i.exec(vector)?.[1] ?? '';
}

/** @see RFC 3310 §3.2 and §3.4, TS 33.203 6.1 */
function akaMark(message: SipMessage): TraceSip['aka'] {
  if (headerValues(message, 'WWW-Authenticate').some((value) => /algorithm\s*=\s*"?AKAv/i.test(value))) {
    return 'challenge';
  }
  const credentials = headerValues(message, 'Authorization').join(' ');
  if (/\bauts\s*=\s*"?[^",\s]/i.test(credentials)) return 'auts';
  return /\bresponse\s*=\s*"?[0-9a-f]/i.test(credentials) ? 'response' : '';
}

const CHALLENGES = new Set(['WWW-Authenticate', 'Proxy-Authenticate']);
const CHALLENGE_LINES = /^(?:WWW|Proxy)-Authenticate[ \t]*:.*(?:\r?\n[ \t].*)*/gim;
const SESSION_KEYS = /\b(ck|ik)(\s*=\s*)("?)[0-9a-f]+\3/gi;

/** Hides the session keys that the S-CSCF hands to the P-CSCF in the challenge. @see TS 24.229 5.4.1.2.1 */
function maskSecrets(text: string): string {
  return text.replace(CHALLENGE_LINES, maskKeys);
}

/** The P-CSCF takes them out, and so they stand in what it changed. */
function maskedChange(change: MessageChange): MessageChange {
  if (!CHALLENGES.has(change.name)) return change;
  const { before, after } = change;
  return {
    ...change,
    ...(before === undefined ? {} : { before: maskKeys(before) }),
    ...(after === undefined ? {} : { after: maskKeys(after) }),
  };
}

function maskKeys(challenge: string): string {
  return challenge.replace(SESSION_KEYS, '$1$2$3********$3');
}
