import { INITIAL_SQN_HE } from '@imslab/ims-core/protocols/auth/sqn';
import { describe, expect, it } from 'vitest';
import { GroupCommit } from './group-commit.ts';
import { SQNS_PER_RESERVATION, SqnRanges } from './sqn-ranges.ts';

const IMSI = '001010000000001';

/** Ranges over a disk that counts its writes and takes them only while it works. */
function setup() {
  const disk = { works: true, limits: [] as bigint[] };
  let written: bigint[] = [];
  const commits = new GroupCommit({
    begin: () => {
      written = [];
    },
    commit: () => {
      if (!disk.works) throw new Error('disk full');
      disk.limits.push(...written);
    },
    rollback: () => undefined,
  });
  const sqns = new SqnRanges({
    limits: new Map([[IMSI, INITIAL_SQN_HE]]),
    commits,
    write: (_imsi, limit) => written.push(limit),
  });
  return { disk, sqns };
}

describe('an SQN', () => {
  it('never exceeds what is on disk, and a whole range costs one write', async () => {
    const { disk, sqns } = setup();
    for (let n = 1; n <= 3 * SQNS_PER_RESERVATION; n += 1) {
      const sqn = await sqns.next(IMSI);
      expect(sqn >> 5n).toBeLessThanOrEqual((disk.limits.at(-1) ?? 0n) >> 5n);
      expect(disk.limits).toHaveLength(Math.ceil(n / SQNS_PER_RESERVATION));
    }
  });

  it('is given once only when many are asked for at once, over the ends of ranges', async () => {
    const { sqns } = setup();
    const given = await Promise.all(Array.from({ length: 100 }, () => sqns.next(IMSI)));
    expect(new Set(given).size).toBe(100);
    expect(given).toEqual([...given].sort((a, b) => (a < b ? -1 : 1)));
  });

  it('is not given when its range cannot be written, and comes again when the disk works', async () => {
    const { disk, sqns } = setup();
    disk.works = false;
    await expect(sqns.next(IMSI)).rejects.toThrow('disk full');
    await expect(sqns.reset(IMSI, 4_096n)).rejects.toThrow('disk full');
    expect(disk.limits).toEqual([]);
    disk.works = true;
    expect(await sqns.next(IMSI)).toBe(32n);
  });
});
