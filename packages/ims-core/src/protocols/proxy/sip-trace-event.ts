import type { SipFlow } from '../../ports/sip-transport.ts';
import type { MessageChange, TraceEventInput, TraceParty, TraceSip } from '../../trace/event.ts';
import type { SipMessage } from '../sip/message.ts';
import { callId, contentType, cseq, fromOf, header, headerValues, tagOf, toOf } from '../sip/read.ts';
import { fnv1a } from './fnv1a.ts';

export interface SipTraceInput {
  readonly message: SipMessage;
  /** The octets on the wire. */
  readonly wire: Uint8Array;
  readonly from: TraceParty;
  readonly to: TraceParty;
  readonly flow: SipFlow;
  /** Names the octets and their way: see sipWireKey. */
  readonly wireKey: string;
  /** How often the same octets went the same way before; tells a retransmission's event from the first one's. */
  readonly repetition: number;
  readonly cause: number | null;
  readonly changes: readonly MessageChange[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A SIP message as a trace event. Sender and receiver make the same `messageKey`; secrets are masked in `raw`. */
export function sipTraceEvent(input: SipTraceInput): TraceEventInput {
  return {
    kind: 'sip',
    from: input.from,
    to: input.to,
    time: input.now,
    cause: input.cause,
    messageKey: `${input.wireKey}|${input.repetition}`,
    // Made when the sink takes it: the second report of a message is dropped by its key.
    get sip() {
      return traceSip(input);
    },
  };
}

/** Names a message by its octets and by the two addresses, in the direction of travel. */
export function sipWireKey(wire: Uint8Array, flow: SipFlow, direction: 'sent' | 'received'): string {
  const local = `${flow.local.host}:${flow.local.port}`;
  const remote = `${flow.remote.host}:${flow.remote.port}`;
  const way = direction === 'sent' ? `${local}>${remote}` : `${remote}>${local}`;
  return `sip|${way}|${fnv1a(wire)}`;
}

function traceSip({ message, wire, flow, changes, repetition }: SipTraceInput): TraceSip {
  const sequence = cseq(message);
  const isRequest = message.kind === 'request';
  return {
    transport: flow.transport,
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
    raw: maskSecrets(new TextDecoder().decode(wire)),
    changes,
    retransmission: repetition > 0,
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

const CHALLENGE_LINES = /^(?:WWW|Proxy)-Authenticate[ \t]*:.*(?:\r?\n[ \t].*)*/gim;
const SESSION_KEYS = /\b(ck|ik)(\s*=\s*)("?)[0-9a-f]+\3/gi;

/** Hides the session keys that the S-CSCF hands to the P-CSCF in the challenge. @see TS 24.229 5.4.1.2.1 */
function maskSecrets(text: string): string {
  return text.replace(CHALLENGE_LINES, (challenge) => challenge.replace(SESSION_KEYS, '$1$2$3********$3'));
}
