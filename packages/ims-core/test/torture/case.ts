/** What the SIP module makes of a message: taken, refused (answered where a status is given), and never anything else. */
export type Verdict =
  | { readonly expect: 'accept' }
  | { readonly expect: 'reject'; readonly status: number }
  /** Neither taken nor answered: a broken response, or a request without what an answer needs. */
  | { readonly expect: 'drop' };

export interface TortureCase {
  /** Name of the case in RFC 4475. */
  readonly name: string;
  readonly clause: string;
  /** What is odd about it. */
  readonly oddity: string;
  readonly verdict: Verdict;
  /** Which later step has something to say about a message that is taken. */
  readonly afterwards?: string;
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();

export const accept: Verdict = { expect: 'accept' };
export const drop: Verdict = { expect: 'drop' };
export function reject(status: number): Verdict {
  return { expect: 'reject', status };
}

export const sdpLines = [
  'v=0',
  'o=lab 7 7 IN IP4 198.51.100.20',
  's=-',
  'c=IN IP4 198.51.100.20',
  't=0 0',
  'm=audio 41000 RTP/AVP 0',
  '',
];
export const sdp = sdpLines.join('\r\n');

/** Octets of head lines, the empty line, and a body. */
export function octets(lines: readonly string[], body = ''): Uint8Array {
  return encoder.encode([...lines, '', body].join('\r\n'));
}

const defaults: readonly (readonly [name: string, value: string])[] = [
  ['Via', 'SIP/2.0/UDP phone.example.net;branch=z9hG4bKlab1'],
  ['Max-Forwards', '70'],
  ['To', '<sip:bob@example.com>'],
  ['From', '<sip:alice@example.net>;tag=a1'],
  ['Call-ID', 'torture@phone.example.net'],
];

/**
 * A whole message from its start line: default headers replaced by `headers` of the same name, left out for undefined,
 * more of them added, CSeq and Content-Length made where they are not given.
 */
export function message(
  startLine: string,
  headers: Readonly<Record<string, string | undefined>> = {},
  body = '',
  extraLines: readonly string[] = [],
): Uint8Array {
  const method = startLine.trim().split(/\s+/)[0] ?? '';
  const all = new Map<string, string | undefined>([
    ...defaults,
    ['CSeq', `1 ${method}`],
    ...Object.entries(headers),
    ...(body === '' ? [] : ([['Content-Type', headers['Content-Type'] ?? 'application/sdp']] as const)),
  ]);
  if (!all.has('Content-Length')) {
    all.set('Content-Length', String(encoder.encode(body).length));
  }
  const lines = [...all].flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return octets([startLine, ...lines, ...extraLines], body);
}
