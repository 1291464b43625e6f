import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { request } from './build.ts';
import { sessionDescription } from './session-description.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n';
const of = (type: string, body: string) =>
  sessionDescription(request('INVITE', 'sip:b@x', type === '' ? [] : [['Content-Type', type]], body));
const location = 'Content-Type: application/pidf+xml\r\n\r\n<presence/>';
const description = `Content-Type: application/sdp\r\nContent-Disposition: session\r\n\r\n${SDP}`;
const multipart = (...parts: readonly string[]) => `${parts.map((part) => `--b1\r\n${part}\r\n`).join('')}--b1--\r\n`;

describe('the session description of a message', () => {
  it.each([
    ['is its body', 'application/sdp', SDP, SDP],
    ['is its body, whatever the parameters', 'Application/SDP;charset=UTF-8', SDP, SDP],
    ['is a part of it', 'multipart/mixed;boundary="b1"', multipart(location, description), SDP],
    ['is the first of several', 'multipart/alternative; boundary=b1', multipart(description, `${description}x`), SDP],
    ['may come behind a preamble', 'multipart/mixed;boundary=b1', `words\r\n${multipart(description)}`, SDP],
    ['may lack the last delimiter', 'multipart/mixed;boundary=b1', `--b1\r\n${description}`, SDP],
    [
      'may have lines that end with LF alone',
      'multipart/mixed;boundary=b1',
      `--b1\n${'content-type:application/sdp\n\nv=0'}\n--b1--`,
      'v=0',
    ],
    [
      'is none behind the last delimiter',
      'multipart/mixed;boundary=b1',
      `${multipart(location)}--b1\r\n${description}`,
      undefined,
    ],
    ['is none without a Content-Type', '', SDP, undefined],
    ['is none of another type', 'text/plain', SDP, undefined],
    ['is none when the body is empty', 'application/sdp', '', undefined],
    ['is none when no part is one', 'multipart/mixed;boundary=b1', multipart(location), undefined],
    ['is none when a part has no type', 'multipart/mixed;boundary=b1', multipart(`\r\n${SDP}`), undefined],
    ['is none without a boundary', 'multipart/mixed', multipart(description), undefined],
    ['is none with another boundary', 'multipart/mixed;boundary=b2', multipart(description), undefined],
  ])('%s', (_name, type, body, expected) => {
    expect(of(type, body)).toBe(expected);
  });

  it('is looked for in any text without an error', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (type, body) => {
        const found = of(`multipart/mixed;${type.replaceAll(/[\r\n]/g, '')}`, body);
        expect(found === undefined || body.includes(found)).toBe(true);
      }),
    );
  });
});
