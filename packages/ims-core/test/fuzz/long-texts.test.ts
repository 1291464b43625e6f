import { describe, expect, it } from 'vitest';
import { parseSdp } from '../../src/protocols/sdp/parse.ts';
import { parseAuth } from '../../src/protocols/sip/auth-params.ts';
import { parseNameAddr } from '../../src/protocols/sip/name-addr.ts';
import { MAX_HEADER_OCTETS, parseMessage } from '../../src/protocols/sip/parse.ts';
import { contacts, headerValues, routes, vias } from '../../src/protocols/sip/read.ts';
import { parseUri } from '../../src/protocols/sip/uri.ts';
import { parseVia } from '../../src/protocols/sip/via.ts';

/** A reader whose time grows with a power of the text's length lets one message stop the whole lab. */
const REPEATED = [
  ' ',
  '\t',
  'a',
  'a ',
  'Bob ',
  '<',
  '>',
  '"',
  '\\"',
  ';',
  ';a',
  ';a=',
  ',',
  ', ',
  '%41',
  '%',
  '0',
  '1.',
  '(',
  '=',
  ':',
  '@',
  '[',
  '::',
  '\r\n ',
  ' \r\n ',
  '\n',
  '-',
  '*',
  'sip:',
  'é',
  '\0',
  '<sip:a@b>,',
  '"a" <sip:a@b>, ',
  ' SIP/2.0 ',
];
const ENDS = ['', '!', '"', '<', '>x', ' SIP/2.0 x', '\r\n x', '"<sip:a@b>'];
const HEADERS = ['X-Any', 'From', 'To', 'Contact', 'Route', 'Via', 'CSeq', 'Authorization', 'P-Charging-Vector'];
const HEAD = [
  'INVITE sip:a@b SIP/2.0',
  'Via: SIP/2.0/UDP a;branch=z9hG4bK1',
  'From: <sip:a@b>;tag=1',
  'To: <sip:c@d>',
  'Call-ID: x',
  'CSeq: 1 INVITE',
].join('\r\n');

const texts = REPEATED.flatMap((piece) =>
  ENDS.map((end) => `${piece.repeat(Math.floor((MAX_HEADER_OCTETS - 100) / piece.length))}${end}`),
);
const encoder = new TextEncoder();

function read(message: string): boolean {
  const parsed = parseMessage(encoder.encode(message));
  if (!parsed.ok) return false;
  for (const name of HEADERS) headerValues(parsed.value, name);
  contacts(parsed.value);
  routes(parsed.value, 'Route');
  vias(parsed.value);
  return true;
}

describe('a text as long as it may be', () => {
  it.each(HEADERS)('is read or refused at once in %s', (name) => {
    const taken = texts.filter((text) => read(`${HEAD}\r\n${name}: ${text}\r\n\r\n`));
    expect(taken.length).toBeLessThan(texts.length);
  });

  it('is read or refused at once in a start line', () => {
    expect(texts.filter((text) => read(`INVITE ${text}\r\n${HEAD}\r\n\r\n`))).toEqual([]);
  });

  it.each([
    ['a name-addr', (text: string) => parseNameAddr(text).ok],
    ['a SIP URI', (text: string) => parseUri(`sip:${text}`).ok],
    ['a tel URI', (text: string) => parseUri(`tel:${text}`).ok],
    ['a Via', (text: string) => parseVia(`SIP/2.0/UDP ${text}`).ok],
    ['credentials', (text: string) => parseAuth(`Digest a="${text}`).ok],
    [
      'a line of an SDP',
      (text: string) =>
        ['o=', 'm=audio 1 RTP/AVP ', 'c=', 'a=rtpmap:', 'a=fmtp:', 'a=candidate:', 'a=ssrc:1 '].every(
          (line) => parseSdp(`v=0\r\no=- 1 1 IN IP4 1\r\ns=-\r\nt=0 0\r\nm=audio 1 RTP/AVP 0\r\n${line}${text}\r\n`).ok,
        ),
    ],
  ])('is read or refused at once as %s', (_what, isTaken) => {
    expect(texts.filter(isTaken).length).toBeLessThan(texts.length);
  });
});
