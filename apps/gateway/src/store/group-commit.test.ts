import { describe, expect, it } from 'vitest';
import { GroupCommit } from './group-commit.ts';

/** A group commit over a log of what the database was told, and a number in memory that the changes add to. */
function setup({ commitFails = false } = {}) {
  const log: string[] = [];
  let sum = 0;
  const commits = new GroupCommit({
    begin: () => log.push('begin'),
    commit: () => {
      if (commitFails) throw new Error('disk full');
      log.push('commit');
    },
    rollback: () => log.push('rollback'),
  });
  const add = (n: number) =>
    commits.run(() => {
      const before = sum;
      log.push(`add ${n}`);
      sum += n;
      const restore = () => {
        sum = before;
      };
      return { result: sum, undo: restore };
    });
  return { log, commits, add, sum: () => sum };
}

describe('changes of one turn of the event loop', () => {
  it('run in one transaction, in the order of the calls, and each gets its own result', async () => {
    const { add, log } = setup();
    expect(await Promise.all([add(1), add(2), add(3)])).toEqual([1, 3, 6]);
    expect(log).toEqual(['begin', 'add 1', 'add 2', 'add 3', 'commit']);
  });

  it('are not seen and not answered before they are committed', async () => {
    const { add, commits, sum } = setup();
    let answered = false;
    const done = add(5).then(() => {
      answered = true;
    });
    await Promise.resolve();
    expect({ answered, sum: sum(), idle: commits.idle }).toEqual({ answered: false, sum: 0, idle: false });
    await done;
    expect({ answered, sum: sum(), idle: commits.idle }).toEqual({ answered: true, sum: 5, idle: true });
  });

  it('that throw reject alone; the others are committed', async () => {
    const { add, commits, log } = setup();
    const refused = commits.run(() => {
      throw new TypeError('refused');
    });
    const results = await Promise.allSettled([add(1), refused, add(2)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(log).toEqual(['begin', 'add 1', 'add 2', 'commit']);
  });

  it('are all rejected and undone when the commit fails', async () => {
    const { add, log, sum } = setup({ commitFails: true });
    const results = await Promise.allSettled([add(1), add(2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(log).toEqual(['begin', 'add 1', 'add 2', 'rollback']);
    expect(sum()).toBe(0);
  });

  it('go to disk at once on a flush', async () => {
    const { add, commits, log } = setup();
    const added = add(7);
    commits.flush();
    expect(log).toEqual(['begin', 'add 7', 'commit']);
    expect(await added).toBe(7);
    commits.flush();
    expect(log).toHaveLength(3);
  });
});
