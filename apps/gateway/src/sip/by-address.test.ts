import { describe, expect, it } from 'vitest';
import { ByAddress } from './by-address.ts';

describe('values by address', () => {
  it('tells ports and hosts apart, and IPv6 addresses whatever their case', () => {
    const book = new ByAddress<string>();
    book.set('127.0.0.1', 5060, 'a');
    book.set('127.0.0.1', 5061, 'b');
    book.set('2001:DB8::1', 5060, 'c');
    expect(book.get('127.0.0.1', 5060)).toBe('a');
    expect(book.get('127.0.0.1', 5061)).toBe('b');
    expect(book.get('2001:db8::1', 5060)).toBe('c');
    expect(book.get('127.0.0.2', 5060)).toBeUndefined();
  });

  it('removes an entry only while it has the value that is to go', () => {
    const book = new ByAddress<string>();
    book.set('127.0.0.1', 5060, 'old');
    book.set('127.0.0.1', 5060, 'new');
    book.delete('127.0.0.1', 5060, 'old');
    expect(book.get('127.0.0.1', 5060)).toBe('new');
    book.delete('127.0.0.1', 5060, 'new');
    expect(book.get('127.0.0.1', 5060)).toBeUndefined();
  });
});
