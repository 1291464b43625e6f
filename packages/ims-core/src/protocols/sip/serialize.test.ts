import { describe, expect, it } from 'vitest';
import type { SipMessage } from './message.ts';
import { parseMessage } from './parse.ts';
import { messageText, serializeMessage } from './serialize.ts';

const octets = new TextEncoder().encode(
  [
    'OPTIONS sip:bob@example.com sip/2.0',
    'VIA:SIP/2.0/UDP a;branch=z9hG4bK1',
    'f :   <sip:alice@example.com>',
    '  ;tag=1',
    'To: sip:bob@example.com',
    'Call-ID: c',
    'L: 5',
    'l: 5',
    'CSeq: 1 OPTIONS',
    '',
    'hello',
  ].join('\n'),
);

function parsed(): SipMessage {
  const result = parseMessage(octets);
  if (!result.ok) {
    throw new Error(result.error.text);
  }
  return result.value;
}

describe('serializeMessage', () => {
  it('gives the octets of an unchanged message back', () => {
    expect(serializeMessage(parsed())).toEqual(octets);
  });

  it('unfolds a changed one, keeps the spelling of names, and has one right Content-Length', () => {
    const { raw: _raw, ...message } = parsed();
    const changed = { ...message, body: new Uint8Array(12) };
    expect(messageText(changed)).toBe(
      [
        'OPTIONS sip:bob@example.com SIP/2.0',
        'VIA: SIP/2.0/UDP a;branch=z9hG4bK1',
        'f: <sip:alice@example.com> ;tag=1',
        'To: sip:bob@example.com',
        'Call-ID: c',
        'L: 12',
        'CSeq: 1 OPTIONS',
        '',
        '\0'.repeat(12),
      ].join('\r\n'),
    );
  });

  it('adds a Content-Length where there is none', () => {
    const message: SipMessage = { kind: 'response', status: 200, reason: '', headers: [], body: new Uint8Array(0) };
    expect(messageText(message)).toBe('SIP/2.0 200 \r\nContent-Length: 0\r\n\r\n');
  });
});
