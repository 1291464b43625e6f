import { describe, expect, it } from 'vitest';
import { hex, newBranch, newCallId, newTag } from './ids.ts';

const random = { bytes: (length: number) => Uint8Array.from({ length }, (_, index) => index * 16) };

describe('identifiers', () => {
  it('writes octets as hex of two digits each', () => {
    expect(hex(Uint8Array.of(0, 10, 255))).toBe('000aff');
  });

  it('have the lengths their clauses ask for', () => {
    expect(newTag(random)).toBe('0010203040506070');
    expect(newBranch(random)).toBe('z9hG4bK00102030405060708090a0b0');
    expect(newCallId(random)).toBe('00102030405060708090a0b0c0d0e0f0');
    expect(newCallId(random, 'example.com')).toBe('00102030405060708090a0b0c0d0e0f0@example.com');
  });
});
