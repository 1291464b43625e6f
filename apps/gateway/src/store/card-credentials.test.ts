import type { StoredCredentials } from '@imslab/ims-core/ports/subscriber-store';
import { describe, expect, it } from 'vitest';
import { CardCredentials } from './card-credentials.ts';

const of = (n: number): StoredCredentials => ({
  k: new Uint8Array(16).fill(n),
  opc: new Uint8Array(16).fill(n + 1),
  amf: Uint8Array.of(0x80, n),
});

describe('the secrets of cards', () => {
  it('come back as they went in, also when there are more than at first there was room for', () => {
    const cards = new CardCredentials();
    for (let n = 0; n < 200; n += 1) cards.set(String(n), of(n));
    for (let n = 0; n < 200; n += 1) expect(cards.get(String(n))).toEqual(of(n));
    expect(cards.get('nobody')).toBeUndefined();
  });

  it('are replaced and deleted without touching those of others', () => {
    const cards = new CardCredentials();
    for (const n of [1, 2, 3]) cards.set(String(n), of(n));
    cards.set('2', of(20));
    cards.delete('1');
    cards.delete('1');
    cards.set('4', of(4));
    cards.set('5', of(5));
    expect(cards.get('1')).toBeUndefined();
    expect(['2', '3', '4', '5'].map((imsi) => cards.get(imsi))).toEqual([of(20), of(3), of(4), of(5)]);
  });

  it('are copies: changing one changes no card', () => {
    const cards = new CardCredentials();
    cards.set('1', of(1));
    cards.get('1')?.k.fill(0);
    expect(cards.get('1')).toEqual(of(1));
  });
});
