import { beforeEach, describe, expect, it } from 'vitest';
import { QUIET_CHECK_MS, QuietCollection } from './quiet-collection.ts';

const MIB = 1_024 * 1_024;

let processorMs: number;
let heapMib: number;
let collections: number;
let collection: QuietCollection;

beforeEach(() => {
  processorMs = 1_000;
  heapMib = 50;
  collections = 0;
  collection = new QuietCollection({
    processorMs: () => processorMs,
    heapOctets: () => heapMib * MIB,
    collect: () => {
      collections += 1;
      heapMib = 40;
    },
  });
});

/** Lets an interval pass in which the process used the processor this long. */
function pass(busyMs: number): void {
  processorMs += busyMs;
  collection.check();
}

describe('the collection in a quiet moment', () => {
  it('waits until the load is over, and then comes once', () => {
    pass(QUIET_CHECK_MS);
    pass(QUIET_CHECK_MS / 2);
    expect(collections).toBe(0);
    pass(10);
    expect(collections).toBe(1);
    pass(10);
    pass(10);
    expect(collections).toBe(1);
  });

  it('comes once more when the transactions of the load are over, and not again', () => {
    pass(QUIET_CHECK_MS);
    for (let checks = 1; checks < 7; checks += 1) pass(10);
    expect(collections).toBe(1);
    for (let checks = 0; checks < 20; checks += 1) pass(10);
    expect(collections).toBe(2);
  });

  it('comes again when the heap has grown again', () => {
    pass(10);
    heapMib = 50;
    pass(10);
    expect(collections).toBe(1);
    heapMib = 60;
    pass(10);
    expect(collections).toBe(2);
  });

  it('takes the heap of this very process when it is told nothing else', () => {
    const ofProcess = new QuietCollection();
    let garbage: unknown[] | undefined = Array.from({ length: 500_000 }, () => ({ one: 1 }));
    expect(garbage).toHaveLength(500_000);
    garbage = undefined;
    const before = process.memoryUsage().heapUsed;
    ofProcess.check();
    expect(process.memoryUsage().heapUsed).toBeLessThan(before);
  });
});
