import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reporter } from '../ports/trace-sink.ts';
import { MessageIndex, NOWHERE } from './message-index.ts';

const PLACES = 5;

interface Known {
  readonly place: number;
  readonly hash: number;
  readonly reporters: Set<Reporter>;
}

/** Few hashes, some of them in the same bucket: the buckets are a power of two. */
const report = fc.record({
  hash: fc.constantFrom(1, 9, 17, 2 ** 40 + 1, 2, 10, 2 ** 53 - 1),
  by: fc.constantFrom<Reporter>('sender', 'receiver'),
});

describe('MessageIndex', () => {
  it('finds the same as a list of all messages that are searched one by one', () => {
    fc.assert(
      fc.property(fc.array(report, { maxLength: 200 }), (reports) => {
        const index = new MessageIndex(PLACES);
        const known: Known[] = [];
        let added = 0;
        for (const { hash, by } of reports) {
          const same = known.filter((one) => one.hash === hash);
          const waiting = same.find((one) => !one.reporters.has(by));
          expect(index.join(hash, by)).toBe(waiting?.place ?? NOWHERE);
          waiting?.reporters.add(by);
          if (waiting !== undefined) continue;
          const oldest = known.length === PLACES ? known.shift() : undefined;
          if (oldest !== undefined) index.removeOldest(oldest.place);
          const place = added % PLACES;
          added += 1;
          const repeated = known.some((one) => one.hash === hash && one.reporters.has(by));
          expect(index.add(place, hash, by)).toBe(repeated);
          known.push({ place, hash, reporters: new Set([by]) });
        }
      }),
    );
  });
});
