import { describe, expect, it } from 'vitest';
import { headerExplanation, messageText } from './message-text.ts';

const invite = [
  'INVITE sip:bob@ims.example SIP/2.0',
  'v: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1',
  'Subject: a word',
  ' that is folded: twice',
  'From: "Ä" <sip:alice@ims.example>;tag=1',
  'To: <sip:bob@ims.example>',
  'Call-ID: 1',
  'CSeq: 1 INVITE',
  'Max-Forwards: 70',
  'Content-Length: 5',
  '',
  'v=0\r\n',
].join('\r\n');

describe("a message's text", () => {
  it('comes apart and together again without a change', () => {
    const text = messageText(invite);
    const together = `${text?.start}${text?.headers.map(({ name, rest }) => name + rest).join('')}${text?.body}`;
    expect(together).toBe(invite);
  });

  it('keeps each name as it was spelled, and unfolds values', () => {
    const text = messageText(invite);
    expect(text?.headers.map((header) => header.name).slice(0, 3)).toEqual(['v', 'Subject', 'From']);
    expect(text?.headers[1]?.value).toBe('a word that is folded: twice');
    expect(text?.headers[1]?.rest).toBe(': a word\r\n that is folded: twice\r\n');
    expect(text?.headers[2]?.value).toBe('"Ä" <sip:alice@ims.example>;tag=1');
  });

  it('has the empty line at the head of the body', () => {
    expect(messageText(invite)?.body).toBe('\r\nv=0\r\n');
  });

  it('is none when it does not parse', () => {
    expect(messageText('no SIP at all\r\n\r\n')).toBeUndefined();
  });
});

describe('the explanation of a header', () => {
  it.each([
    ['Path', 'RFC 3327'],
    ['v', 'RFC 3261'],
    ['P-ASSERTED-IDENTITY', 'RFC 3325'],
  ])('of %s names %s', (name, reference) => {
    expect(headerExplanation(name)).toContain(reference);
  });

  it('of an unknown header is empty', () => {
    expect(headerExplanation('X-Nobody-Knows')).toBe('');
  });
});
