import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChangeOctets } from './change-octets.ts';
import type { MessageChange } from './event.ts';

const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('\ud800'), fc.constant('ÿ€'));
const change: fc.Arbitrary<MessageChange> = fc.record(
  { op: fc.constantFrom('add', 'remove', 'replace'), name: text, before: text, after: text, why: text },
  { requiredKeys: ['op', 'name', 'why'] },
);

function writtenAndRead(codec: ChangeOctets, changes: readonly MessageChange[]): readonly MessageChange[] {
  const room = codec.most(changes);
  const octets = new Uint8Array(room + 3).fill(0xaa);
  const end = codec.write(changes, octets, 3);
  expect(end - 3).toBeLessThanOrEqual(room);
  expect([...octets.subarray(0, 3)]).toEqual([0xaa, 0xaa, 0xaa]);
  return codec.read(octets.subarray(3, end));
}

describe('changes as octets', () => {
  it('come back as they were', () => {
    const codec = new ChangeOctets();
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        expect(writtenAndRead(codec, changes)).toEqual(changes);
      }),
    );
  });

  it('take no more for a reason that was written before than for its number', () => {
    const codec = new ChangeOctets();
    const changes = [{ op: 'add', name: 'Via', after: 'x', why: 'own Via (RFC 3261 §16.6)' }] as const;
    const octets = new Uint8Array(1_000);
    codec.write(changes, octets, 0);
    expect(codec.write(changes, octets, 0)).toBe(18);
  });

  it('come back also after more different reasons than are numbered', () => {
    const codec = new ChangeOctets();
    const changes = Array.from(
      { length: 5_000 },
      (_, at) => ({ op: 'add', name: `name ${at}`, why: `why ${at}` }) as const,
    );
    expect(writtenAndRead(codec, changes)).toEqual(changes);
    expect(writtenAndRead(codec, changes.toReversed())).toEqual(changes.toReversed());
  });
});
