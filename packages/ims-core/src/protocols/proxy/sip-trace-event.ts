import type { SipTransportName } from '../../ports/sip-transport.ts';
import type { MessageChange, TraceEventInput, TraceParty, TraceSip } from '../../trace/event.ts';
import type { SipMessage } from '../sip/message.ts';
import { callId, contentType, cseq, fromOf, header, headerValues, tagOf, toOf } from '../sip/read.ts';

export interface SipTraceInput {
  readonly message: SipMessage;
  /** The octets on the wire. */
  readonly wire: Uint8Array;
  readonly from: TraceParty;
  readonly to: TraceParty;
  readonly transport: SipTransportName;
  /** The same octets went the same way before. */
  readonly retransmission: boolean;
  readonly cause: number | null;
  readonly changes: readonly MessageChange[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

const decoder = new TextDecoder();

/** A SIP message as a trace event; secrets are masked in `raw`. */
export function sipTraceEvent(input: SipTraceInput): TraceEventInput {
  const { from, to, now, cause } = input;
  return { kind: 'sip', from, to, time: now, cause, sip: traceSip(input) };
}

function traceSip({ message, wire, transport, changes, retransmission }: SipTraceInput): TraceSip {
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
    sdp: message.body.length > 0 && contentType(message) === 'application/sdp',
    aka: akaMark(message),
    raw: rawText(message, wire),
    changes,
    retransmission,
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

/** The octets as text, without the secrets of a challenge. */
function rawText(message: SipMessage, wire: Uint8Array): string {
  const text = decoder.decode(wire);
  const hasChallenge = message.headers.some(({ key }) => key.endsWith('-authenticate'));
  return hasChallenge ? maskSecrets(text) : text;
}

const CHALLENGE_LINES = /^(?:WWW|Proxy)-Authenticate[ \t]*:.*(?:\r?\n[ \t].*)*/gim;
const SESSION_KEYS = /\b(ck|ik)(\s*=\s*)("?)[0-9a-f]+\3/gi;

/** Hides the session keys that the S-CSCF hands to the P-CSCF in the challenge. @see TS 24.229 5.4.1.2.1 */
function maskSecrets(text: string): string {
  return text.replace(CHALLENGE_LINES, (challenge) => challenge.replace(SESSION_KEYS, '$1$2$3********$3'));
}
