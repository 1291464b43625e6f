import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SipMessage } from './message.ts';
import {
  MAX_HEADER_LINES,
  MAX_HEADER_OCTETS,
  MAX_MESSAGE_OCTETS,
  MAX_URI_OCTETS,
  MAX_VIAS,
  type ParseOptions,
  parseMessage,
} from './parse.ts';
import { bodyText, cseq, fromOf, header } from './read.ts';
import { serializeMessage } from './serialize.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const lines = [
  'REGISTER sip:example.com SIP/2.0',
  'Via: SIP/2.0/TCP a.example.com;branch=z9hG4bK1',
  'Max-Forwards: 70',
  'From: "Zoë" <sip:zoe@example.com>;tag=1',
  'To: <sip:zoe@example.com>',
  'Call-ID: c1',
  'CSeq: 1 REGISTER',
  'Contact: <sip:zoe@192.0.2.1>',
];
const responseLines = ['SIP/2.0 200 OK', ...lines.slice(1, 2), ...lines.slice(3, 7)];

function text(head: readonly string[], body = '', lineEnd = '\r\n'): string {
  return [...head, '', body].join(lineEnd);
}

function replaced(start: string, ...by: readonly string[]): readonly string[] {
  return lines.flatMap((line) => (line.startsWith(start) ? by : [line]));
}

function parse(message: string | Uint8Array, options?: ParseOptions) {
  return parseMessage(typeof message === 'string' ? encoder.encode(message) : message, options);
}

function parsed(message: string | Uint8Array, options?: ParseOptions): SipMessage {
  const result = parse(message, options);
  if (!result.ok) {
    throw new Error(`${result.error.code}: ${result.error.text}`);
  }
  return result.value;
}

describe('parseMessage', () => {
  it('keeps order, spelling and the octets of each line, also beyond ASCII and folded', () => {
    const head = [...lines.slice(0, 5), 'i : c1', 'cSEQ: 1', ' REGISTER', 'X-After: Straße', 'Contact: *'];
    const octets = encoder.encode(text(head));
    const message = parsed(octets);
    expect(message.raw).toEqual(octets);
    expect(message.headers.map(({ name }) => name)).toEqual([
      'Via',
      'Max-Forwards',
      'From',
      'To',
      'i',
      'cSEQ',
      'X-After',
      'Contact',
    ]);
    expect(message.headers.map(({ offset, end }) => decoder.decode(octets.subarray(offset, end)))).toEqual([
      ...head.slice(1, 6),
      'cSEQ: 1\r\n REGISTER',
      ...head.slice(8),
    ]);
    expect(header(message, 'X-After')).toBe('Straße');
    expect(fromOf(message)?.displayName).toBe('Zoë');
    expect(cseq(message)).toEqual({ number: 1, method: 'REGISTER' });
  });

  it('gives body and reason of a response', () => {
    const message = parsed(text(responseLines, 'hello'));
    expect(message).toMatchObject({ kind: 'response', status: 200, reason: 'OK' });
    expect(bodyText(message)).toBe('hello');
  });

  it.each([
    ['LF-only line ends', text(lines, '', '\n')],
    ['several empty lines before it', `\r\n\r\n\n${text(lines)}`],
    ['the version in lower case', text(['REGISTER sip:example.com sip/2.0', ...lines.slice(1)])],
    ['an empty reason', text(['SIP/2.0 200 ', ...responseLines.slice(1)])],
    ['no space before the empty reason', text(['SIP/2.0 200', ...responseLines.slice(1)])],
    ['lines that are no header', text([...lines, 'no colon here', 'sp ace: x', ': y', 'ünder: z'])],
    ['no Max-Forwards', text(replaced('Max'))],
    ['Max-Forwards over 255', text(replaced('Max', 'Max-Forwards: 300'))],
    ['equal Content-Lengths', text([...lines, 'Content-Length: 0', 'l: 0'])],
    ['a response with a broken Contact', text([...responseLines, 'Contact: <<>'])],
  ])('takes %s', (_name, message) => {
    expect(parse(message)).toMatchObject({ ok: true });
  });

  it('leaves out lines that are no header field', () => {
    const message = parsed(text([...lines, 'no colon here', ' its fold', 'X-Last: 1']));
    expect(message.headers.map(({ name }) => name).slice(-2)).toEqual(['Contact', 'X-Last']);
  });

  it.each([
    ['nothing', '', 'SIP_PARSE_EMPTY', undefined],
    ['line ends only', '\r\n\r\n', 'SIP_PARSE_EMPTY', undefined],
    ['an HTTP request', text(['GET / HTTP/1.1', 'Host: a']), 'SIP_PARSE_START_LINE', undefined],
    ['a tab in the request line', text(replaced('REG', 'REGISTER\tsip:a SIP/2.0')), 'SIP_PARSE_START_LINE', 400],
    ['another version', text(replaced('REG', 'REGISTER sip:a SIP/3.0')), 'SIP_PARSE_VERSION', 505],
    [
      'another version in a response',
      text(['SIP/3.0 200 OK', ...responseLines.slice(1)]),
      'SIP_PARSE_VERSION',
      undefined,
    ],
    ['a Request-URI that is none', text(replaced('REG', 'REGISTER a SIP/2.0')), 'SIP_PARSE_REQUEST_URI', 400],
    ['status 99', text(['SIP/2.0 099 Low', ...responseLines.slice(1)]), 'SIP_PARSE_STATUS_CODE', undefined],
    ['status 700', text(['SIP/2.0 700 High', ...responseLines.slice(1)]), 'SIP_PARSE_STATUS_CODE', undefined],
    ['a carriage return in a line', text(replaced('Call', 'Call-ID: c\rX: y')), 'SIP_PARSE_LINE_END', 400],
    ['no empty line at the end', lines.join('\r\n'), 'SIP_PARSE_END_OF_HEADERS', 400],
    ['no Call-ID', text(replaced('Call')), 'SIP_PARSE_HEADER_MISSING', undefined],
    ['no Via', text(replaced('Via')), 'SIP_PARSE_HEADER_MISSING', undefined],
    ['two To', text([...lines, 't: <sip:b@c>']), 'SIP_PARSE_HEADER_REPEATED', 400],
    ['a Via without host', text(replaced('Via', 'Via: SIP/2.0/TCP')), 'SIP_PARSE_VIA', undefined],
    ['an empty From', text(replaced('From', 'From:')), 'SIP_PARSE_NAME_ADDR', undefined],
    ['a broken Route', text([...lines, 'Route: <sip:a;lr>, <sip:b']), 'SIP_PARSE_NAME_ADDR', 400],
    ['white space in the Call-ID', text(replaced('Call', 'Call-ID: a b')), 'SIP_PARSE_CALL_ID', 400],
    ['a CSeq without a number', text(replaced('CSeq', 'CSeq: REGISTER')), 'SIP_PARSE_CSEQ', undefined],
    ['a CSeq of another method', text(replaced('CSeq', 'CSeq: 1 INVITE')), 'SIP_PARSE_CSEQ_METHOD', 400],
    ['words as Max-Forwards', text(replaced('Max', 'Max-Forwards: many')), 'SIP_PARSE_MAX_FORWARDS', 400],
    ['Content-Length with a sign', text([...lines, 'Content-Length: +1'], 'x'), 'SIP_PARSE_CONTENT_LENGTH', 400],
    ['an empty Content-Length', text([...lines, 'Content-Length:']), 'SIP_PARSE_CONTENT_LENGTH', 400],
  ])('refuses %s', (_name, message, code, status) => {
    const result = parse(message);
    expect(result).toMatchObject({ ok: false, error: { code } });
    expect(!result.ok && result.answer?.status).toBe(status);
  });

  it('never answers an ACK', () => {
    const ack = text(['ACK sip:a b SIP/2.0', ...replaced('CSeq', 'CSeq: 1 ACK').slice(1)]);
    expect(parse(ack)).toMatchObject({ ok: false });
    expect(parse(ack)).not.toHaveProperty('answer');
  });

  it('says which octet, header and clause', () => {
    const message = text(replaced('To', 'To: "Zoe" <sip:zoe@exa mple.com>'));
    const at = encoder.encode(message.slice(0, message.indexOf(' mple.com'))).length;
    const result = parse(message);
    expect(result).toMatchObject({ ok: false, error: { header: 'To', reference: 'RFC 3261 §20.10' } });
    expect(!result.ok && Math.abs(result.error.offset - at)).toBeLessThan(8);
  });

  it('points at the Content-Length line that contradicts', () => {
    const message = text([...lines, 'l: 1', 'Content-Length: 2'], 'x');
    const offset = encoder.encode(message.slice(0, message.indexOf('Content-Length: 2'))).length;
    expect(parse(message)).toMatchObject({ ok: false, error: { offset, header: 'Content-Length' } });
  });

  it('gives an answer that has what a response copies', () => {
    const result = parse(text([...replaced('Max', 'Max-Forwards: x'), 'Via: SIP/2.0/TCP b;branch=z9hG4bK2']));
    expect(!result.ok && result.answer?.reason).toBe('Malformed Max-Forwards');
    expect(!result.ok && result.answer?.request.headers.map(({ name }) => name)).toEqual([
      'Via',
      'Via',
      'From',
      'To',
      'Call-ID',
      'CSeq',
    ]);
  });
});

describe('Content-Length', () => {
  const declared = (length: number) => text([...lines, `Content-Length: ${length}`], 'hello');
  const none = text(lines, 'hello');

  it.each([
    ['datagram', 'exact', declared(5), 'hello'],
    ['datagram', 'smaller', declared(3), 'hel'],
    ['datagram', 'larger', declared(6), 'SIP_PARSE_BODY_LENGTH'],
    ['datagram', 'absent', none, 'hello'],
    ['stream', 'exact', declared(5), 'hello'],
    ['stream', 'smaller', declared(3), 'SIP_PARSE_BODY_LENGTH'],
    ['stream', 'larger', declared(6), 'SIP_PARSE_BODY_LENGTH'],
    ['stream', 'absent', none, 'SIP_PARSE_CONTENT_LENGTH'],
    ['stream', 'beyond the limit', declared(70_000), 'SIP_PARSE_MESSAGE_TOO_LARGE'],
    ['websocket', 'exact', declared(5), 'hello'],
    ['websocket', 'smaller', declared(3), 'SIP_PARSE_BODY_LENGTH'],
    ['websocket', 'larger', declared(6), 'SIP_PARSE_BODY_LENGTH'],
    ['websocket', 'absent', none, 'hello'],
  ] as const)('in a %s message, %s', (transport, _name, message, outcome) => {
    const result = parse(message, { transport });
    expect(result.ok ? bodyText(result.value) : result.error.code).toBe(outcome);
  });

  it('cuts what comes after a datagram’s body off the kept octets too', () => {
    const message = parsed(`${declared(5)}rest`);
    expect(decoder.decode(message.raw)).toBe(declared(5));
  });
});

describe('limits', () => {
  const many = (count: number, line: string) => Array.from({ length: count }, () => line);
  const rest = MAX_HEADER_LINES - lines.length + 1;

  it.each([
    ['header lines', text([...lines, ...many(rest, 'X: y')]), text([...lines, ...many(rest + 1, 'X: y')]), 513],
    [
      'octets of a header',
      text([...lines, `X: ${'y'.repeat(MAX_HEADER_OCTETS - 3)}`]),
      text([...lines, `X: ${'y'.repeat(MAX_HEADER_OCTETS - 2)}`]),
      513,
    ],
    [
      'Vias',
      text([...lines, `Via: ${many(MAX_VIAS - 1, 'SIP/2.0/TCP b').join()}`]),
      text([...lines, `Via: ${many(MAX_VIAS, 'SIP/2.0/TCP b').join()}`]),
      513,
    ],
    [
      'octets of the Request-URI',
      text(replaced('REG', `REGISTER sip:${'a'.repeat(MAX_URI_OCTETS - 4)} SIP/2.0`)),
      text(replaced('REG', `REGISTER sip:${'a'.repeat(MAX_URI_OCTETS - 3)} SIP/2.0`)),
      414,
    ],
    [
      'octets of the message',
      text(lines, 'b'.repeat(MAX_MESSAGE_OCTETS - encoder.encode(text(lines)).length)),
      text(lines, 'b'.repeat(MAX_MESSAGE_OCTETS - encoder.encode(text(lines)).length + 1)),
      513,
    ],
  ])('of %s: the last that fits is taken, one more refused', (_name, fits, over, status) => {
    expect(parse(fits)).toMatchObject({ ok: true });
    expect(parse(over)).toMatchObject({ ok: false, answer: { status } });
  });
});

describe('any input', () => {
  const valid = encoder.encode(text([...lines, 'Route: <sip:a;lr>', 'Content-Length: 5'], 'hello'));

  it('is parsed or refused, never thrown at, when it is random octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(typeof parseMessage(octets).ok).toBe('boolean');
      }),
      { numRuns: 5_000 },
    );
  });

  it('is parsed or refused, never thrown at, when it is a valid message with octets changed, cut or doubled', () => {
    const interesting = encoder.encode('\r\n \t:;,<>"\\@?=%[]/0z\0\u00ff');
    const mutation = fc.tuple(
      fc.nat(valid.length - 1),
      fc.constantFrom('set', 'insert', 'cut', 'double'),
      fc.nat(interesting.length - 1),
    );
    fc.assert(
      fc.property(
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('datagram', 'stream', 'websocket'),
        (mutations, transport) => {
          let octets = [...valid];
          for (const [at, how, pick] of mutations) {
            const octet = interesting[pick] ?? 0;
            octets =
              how === 'set'
                ? octets.with(Math.min(at, octets.length - 1), octet)
                : how === 'insert'
                  ? octets.toSpliced(at, 0, octet)
                  : how === 'cut'
                    ? octets.toSpliced(at, pick)
                    : [...octets.slice(0, at), ...octets.slice(Math.max(0, at - pick))];
          }
          const result = parseMessage(Uint8Array.from(octets), { transport });
          if (!result.ok) {
            expect(result.error.code).toMatch(/^SIP_PARSE_/);
            expect(result.error.offset).toBeGreaterThanOrEqual(0);
            expect(result.error.offset).toBeLessThanOrEqual(octets.length);
          }
        },
      ),
      { numRuns: 20_000 },
    );
  }, 60_000);

  it('that was taken means the same after it was written anew', () => {
    const value = fc.stringMatching(/^[a-zA-Z0-9é"<>;,= ]{0,30}$/);
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), fc.uint8Array({ maxLength: 40 }), (values, body) => {
        const head = encoder.encode(text([...lines, ...values.map((each, index) => `X-${index}:  ${each}`)]));
        const first = parsed(Uint8Array.from([...head, ...body]));
        const { raw: _raw, ...changed } = first;
        const second = parsed(serializeMessage(changed), { transport: 'stream' });
        const fields = (message: SipMessage) =>
          message.headers.filter(({ key }) => key !== 'content-length').map(({ name, value }) => [name, value]);
        expect(fields(second)).toEqual(fields(first));
        expect(second.body).toEqual(first.body);
        const { raw: _again, ...changedAgain } = second;
        expect(serializeMessage(changedAgain)).toEqual(serializeMessage(second));
      }),
      { numRuns: 500 },
    );
  });
});
