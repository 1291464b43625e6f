import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { coreTimers, transactionLifeMs } from '../src/protocols/transaction/timers.ts';
import { ImsLab } from './kit/ims-lab.ts';

let lab: ImsLab;

beforeEach(async () => {
  lab = await ImsLab.start();
});

afterEach(async () => {
  await lab.close();
  expect(lab.core.clock.pending).toBe(0);
});

/** Registers them, and waits until no transaction is left. */
async function register(...names: readonly string[]): Promise<void> {
  for (const name of names) expect((await lab.phone(name).register()).status).toBe(200);
  await lab.core.clock.advance(2 * transactionLifeMs(coreTimers));
}

describe('many registered users', () => {
  it('need no more timers than one: each store waits for its next deadline alone', async () => {
    await register('Alice');
    const ofOne = lab.core.clock.pending;
    expect(ofOne).toBeGreaterThan(0);
    await register('Bob', 'Carol', 'Dave', 'Erin');
    expect(lab.pcscf.registrations()).toHaveLength(5);
    expect(lab.core.clock.pending).toBe(ofOne);
  });
});
