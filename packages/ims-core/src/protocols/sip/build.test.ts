import { describe, expect, it } from 'vitest';
import { request, response } from './build.ts';
import { parseMessage } from './parse.ts';
import { messageText, serializeMessage } from './serialize.ts';

const invite = request(
  'INVITE',
  'sip:bob@example.com',
  [
    ['v', 'SIP/2.0/TCP one;branch=z9hG4bK1'],
    ['Via', 'SIP/2.0/WS two;branch=z9hG4bK2'],
    ['Record-Route', '<sip:one;lr>'],
    ['From', '<sip:alice@example.com>;tag=aa'],
    ['To', '<sip:bob@example.com>'],
    ['Call-ID', 'call'],
    ['CSeq', '7 INVITE'],
    ['Timestamp', '54'],
    ['Content-Type', 'text/plain'],
    ['Content-Length', '999'],
  ],
  'grüße',
);

describe('request', () => {
  it('writes the headers in order and the octets of its body', () => {
    expect(messageText(invite)).toBe(
      [
        'INVITE sip:bob@example.com SIP/2.0',
        'v: SIP/2.0/TCP one;branch=z9hG4bK1',
        'Via: SIP/2.0/WS two;branch=z9hG4bK2',
        'Record-Route: <sip:one;lr>',
        'From: <sip:alice@example.com>;tag=aa',
        'To: <sip:bob@example.com>',
        'Call-ID: call',
        'CSeq: 7 INVITE',
        'Timestamp: 54',
        'Content-Type: text/plain',
        'Content-Length: 7',
        '',
        'grüße',
      ].join('\r\n'),
    );
    expect(parseMessage(serializeMessage(invite), { transport: 'stream' })).toMatchObject({ ok: true });
  });

  it('lets no value become another header line', () => {
    const message = request('OPTIONS', 'sip:a\r\nX: 1', [['Subject', 'a\r\nRoute: <sip:evil>\n\r b']]);
    expect(messageText(message)).toBe(
      'OPTIONS sip:a X: 1 SIP/2.0\r\nSubject: a Route: <sip:evil> b\r\nContent-Length: 0\r\n\r\n',
    );
  });
});

describe('response', () => {
  it('copies what a response has to have and adds the tag', () => {
    const message = response(invite, 486, { toTag: 'bb', headers: [['Retry-After', '5']] });
    expect(messageText(message)).toBe(
      [
        'SIP/2.0 486 Busy Here',
        'v: SIP/2.0/TCP one;branch=z9hG4bK1',
        'Via: SIP/2.0/WS two;branch=z9hG4bK2',
        'From: <sip:alice@example.com>;tag=aa',
        'To: <sip:bob@example.com>;tag=bb',
        'Call-ID: call',
        'CSeq: 7 INVITE',
        'Retry-After: 5',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    );
  });

  it('keeps a To tag that is there', () => {
    const inDialog = request('BYE', 'sip:bob@example.com', [['To', '<sip:bob@example.com>;tag=old']]);
    expect(messageText(response(inDialog, 200, { toTag: 'new' }))).toContain('To: <sip:bob@example.com>;tag=old\r\n');
  });

  it('copies Timestamp into a 100 only', () => {
    expect(messageText(response(invite, 100))).toContain('\r\nTimestamp: 54\r\n');
    expect(messageText(response(invite, 180))).not.toContain('Timestamp');
  });

  it('takes another reason, on one line', () => {
    expect(response(invite, 400, { reason: 'Bad\r\nVia: x' }).reason).toBe('Bad Via: x');
  });
});
