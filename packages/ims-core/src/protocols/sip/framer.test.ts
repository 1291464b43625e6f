import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FramerEvent, SipStreamFramer } from './framer.ts';
import { MAX_MESSAGE_OCTETS, parseMessage } from './parse.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function message(
  callId: string,
  body: string,
  lineEnd = '\r\n',
  length = `Content-Length: ${encoder.encode(body).length}`,
): string {
  return [
    'MESSAGE sip:bob@example.com SIP/2.0',
    'Via: SIP/2.0/TCP a.example.com;branch=z9hG4bK1',
    'From: <sip:alice@example.com>;tag=1',
    'To: <sip:bob@example.com>',
    `Call-ID: ${callId}`,
    'CSeq: 1 MESSAGE',
    length,
    '',
    body,
  ].join(lineEnd);
}

function shown(events: readonly FramerEvent[]): readonly string[] {
  return events.map((event) =>
    event.kind === 'message' ? decoder.decode(event.bytes) : event.kind === 'error' ? event.error.code : event.kind,
  );
}

function framed(stream: string): readonly string[] {
  return shown(new SipStreamFramer().push(encoder.encode(stream)));
}

describe('SipStreamFramer', () => {
  const first = message('one', '');
  const second = message('two', 'hello\r\n\r\nwörld');
  const third = message('three', 'x', '\n', 'l :\n 1');

  it('gives messages, passes lone line ends and tells of keep-alives', () => {
    expect(framed(`${first}\r\n${second}\r\n\r\n${third}\n${first}\r\n\r\n\r\n\r\n`)).toEqual([
      first,
      second,
      'keep-alive',
      third,
      first,
      'keep-alive',
      'keep-alive',
    ]);
  });

  it('gives the same for any chunks', () => {
    const stream = encoder.encode(`\r\n\r\n${first}\r\n${second}\r\n\r\n${third}${first}\r\n\r\n\r\n`);
    const whole = shown(new SipStreamFramer().push(stream));
    expect(whole.length).toBe(7);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 60 }), (cuts) => {
        const framer = new SipStreamFramer();
        const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const events = edges.flatMap((edge, index) => framer.push(stream.subarray(edge, edges[index + 1] ?? edge)));
        expect(shown(events)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
    const framer = new SipStreamFramer();
    expect(shown([...stream].flatMap((octet) => framer.push(Uint8Array.of(octet))))).toEqual(whole);
  });

  it.each([
    ['negative', 'Content-Length: -1', 'SIP_PARSE_CONTENT_LENGTH'],
    ['garbage', 'Content-Length: five', 'SIP_PARSE_CONTENT_LENGTH'],
    ['conflicting', 'Content-Length: 1\r\nl: 2', 'SIP_PARSE_CONTENT_LENGTH'],
    ['missing', 'X: y', 'SIP_PARSE_CONTENT_LENGTH'],
    ['too large', `Content-Length: ${MAX_MESSAGE_OCTETS}`, 'SIP_PARSE_MESSAGE_TOO_LARGE'],
  ])('ends at a %s Content-Length, with a head that can be answered', (_name, length, code) => {
    const framer = new SipStreamFramer();
    const events = framer.push(encoder.encode(first + message('bad', 'x', '\r\n', length)));
    expect(shown(events)).toEqual([first, code]);
    const error = events.at(-1);
    const head = error?.kind === 'error' ? error.head : undefined;
    const parsed = parseMessage(head ?? new Uint8Array(0), { transport: 'stream' });
    expect(parsed).toMatchObject({ ok: false, error: { code }, answer: { request: { method: 'MESSAGE' } } });
    expect(framer.push(encoder.encode(first))).toEqual([]);
  });

  it('takes the largest message that is allowed', () => {
    const empty = message('big', '', '\r\n', 'Content-Length: 00000');
    const room = MAX_MESSAGE_OCTETS - empty.length;
    const big = `${empty.replace('00000', String(room).padStart(5, '0'))}${'b'.repeat(room)}`;
    expect(framed(big + first)).toEqual([big, first]);
  });

  it('ends when a head does not end', () => {
    const framer = new SipStreamFramer();
    const chunk = encoder.encode('X: y\r\n'.repeat(1_000));
    const events = Array.from({ length: 12 }, () => framer.push(chunk)).flat();
    expect(shown(events)).toEqual(['SIP_PARSE_MESSAGE_TOO_LARGE']);
  });

  it.each([
    ['a body that looks like the header', message('odd', 'l: 7\r\n')],
    ['another header that begins with its name', message('odd', 'x', '\r\n', 'Content-Lengthy: 9\r\nLabel: 8\r\nl: 1')],
    ['the header twice', message('odd', 'x', '\r\n', 'Content-Length: 1\r\nL:1')],
    ['odd spelling', message('odd', 'x', '\n', 'cOnTeNt-LeNgTh\t : 001\t')],
    ['a name that only looks like it', message('odd', 'x', '\r\n', 'Content\u007fLength: 7\r\nl: 1')],
  ])('is not misled by %s', (_name, stream) => {
    expect(framed(stream + first)).toEqual([stream, first]);
  });

  it('gives octets of their own: later chunks do not change them', () => {
    const framer = new SipStreamFramer();
    const [event] = framer.push(encoder.encode(first));
    framer.push(encoder.encode(second));
    expect(event && shown([event])).toEqual([first]);
  });
});
