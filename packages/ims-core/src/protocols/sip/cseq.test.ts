import { describe, expect, it } from 'vitest';
import { parseCSeq } from './cseq.ts';

describe('parseCSeq', () => {
  it.each([
    ['1 INVITE', 1, 'INVITE'],
    ['0009 \t ACK', 9, 'ACK'],
    ['4294967295 X-!', 4_294_967_295, 'X-!'],
  ])('reads %j', (text, number, method) => {
    expect(parseCSeq(text)).toEqual({ ok: true, value: { number, method } });
  });

  it.each(['', 'INVITE', '1', '1INVITE', '-1 INVITE', '4294967296 INVITE', '1 IN VITE', '1 <'])(
    'refuses %j',
    (text) => {
      expect(parseCSeq(text)).toMatchObject({ ok: false, error: { code: 'SIP_PARSE_CSEQ' } });
    },
  );
});
