import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../packages/ims-core/test/kit/memory-store.ts';
import { VirtualClock } from '../../../../packages/ims-core/test/kit/virtual-clock.ts';
import { type ClaimResult, LEASE_GRACE_MS, type LeaseHolder, SimLeases } from './sim-leases.ts';

const ALICE = '001010000000001';
const BOB = '001010000000002';

function setUp() {
  const clock = new VirtualClock();
  let tokens = 0;
  const leases = new SimLeases({
    store: createMemoryStore(),
    clock,
    newToken: () => {
      tokens += 1;
      return `lease-${tokens}`;
    },
    domain: 'lab',
    pcscf: 'sip:pcscf.lab;lr',
  });
  return { leases, clock };
}

function granted(result: ClaimResult) {
  if (!result.ok) throw new Error(result.text);
  return result.claim;
}

class Tab implements LeaseHolder {
  lives = true;
  wasTaken = false;
  async alive(): Promise<boolean> {
    return this.lives;
  }
  taken(): void {
    this.wasTaken = true;
  }
}

describe('SimLeases', () => {
  it('gives the first free SIM, and the second tab the next one', async () => {
    const { leases } = setUp();
    const first = granted(await leases.claim({}));
    const second = granted(await leases.claim({}));
    expect([first.sim.name, second.sim.name]).toEqual(['Alice', 'Bob']);
    expect(first.sim).toMatchObject({
      imsi: ALICE,
      number: '+15550001001',
      k: 'fec86ba6eb707ed08905757b1bb44b01',
      amf: '8000',
    });
    expect(first.sim.impus[0]).toMatch(/^sip:\+15550001001@/);
    leases.close();
  });

  it.each(['alice', 'ALICE', ALICE, '+15550001001', '15550001001'])(
    'finds the SIM that is asked for as %s',
    async (ue) => {
      const { leases } = setUp();
      expect(granted(await leases.claim({ ue })).sim.imsi).toBe(ALICE);
      leases.close();
    },
  );

  it('says that nobody has that name, and that every SIM is taken', async () => {
    const { leases } = setUp();
    expect(await leases.claim({ ue: 'mallory' })).toMatchObject({ ok: false, code: 'SIM_UNKNOWN' });
    for (let at = 0; at < 10; at += 1) granted(await leases.claim({}));
    expect(await leases.claim({})).toMatchObject({ ok: false, code: 'SIM_NONE_FREE' });
    leases.close();
  });

  it('gives a reloaded tab its own SIM again, as soon as its old socket is gone', async () => {
    const { leases } = setUp();
    const { lease } = granted(await leases.claim({}));
    const release = await leases.hold(lease, ALICE, new Tab());
    release?.();
    expect(granted(await leases.claim({ lease })).sim.imsi).toBe(ALICE);
    leases.close();
  });

  it('gives a reloaded tab its SIM when its old socket is still there but dead', async () => {
    const { leases } = setUp();
    const { lease } = granted(await leases.claim({}));
    const tab = new Tab();
    await leases.hold(lease, ALICE, tab);
    tab.lives = false;
    expect(granted(await leases.claim({ lease })).lease).toBe(lease);
    leases.close();
  });

  it('gives a copied tab another SIM, since the one with this lease lives', async () => {
    const { leases } = setUp();
    const { lease } = granted(await leases.claim({}));
    await leases.hold(lease, ALICE, new Tab());
    expect(granted(await leases.claim({ lease })).sim.imsi).toBe(BOB);
    leases.close();
  });

  it('names a free SIM when the wished one is taken', async () => {
    const { leases } = setUp();
    granted(await leases.claim({ ue: 'alice' }));
    expect(await leases.claim({ ue: 'alice' })).toMatchObject({
      ok: false,
      code: 'SIM_TAKEN',
      nextFree: { imsi: BOB, name: 'Bob' },
    });
    leases.close();
  });

  it('lets a tab take a SIM over, and tells the other one', async () => {
    const { leases } = setUp();
    const first = granted(await leases.claim({ ue: 'alice' }));
    const tab = new Tab();
    const release = await leases.hold(first.lease, ALICE, tab);
    const second = granted(await leases.claim({ ue: 'alice', takeOver: true }));
    expect(tab.wasTaken).toBe(true);
    expect(second.lease).not.toBe(first.lease);
    // The old tab's socket closes later: the new lease stays.
    release?.();
    expect(leases.isTaken(ALICE)).toBe(true);
    expect(await leases.hold(first.lease, ALICE, tab)).toBeUndefined();
    leases.close();
  });

  it('frees the SIM of a closed tab after the grace, not before', async () => {
    const { leases, clock } = setUp();
    const { lease } = granted(await leases.claim({}));
    const release = await leases.hold(lease, ALICE, new Tab());
    await clock.advance(10 * LEASE_GRACE_MS);
    expect(leases.isTaken(ALICE)).toBe(true);
    release?.();
    await clock.advance(LEASE_GRACE_MS - 1);
    expect(leases.isTaken(ALICE)).toBe(true);
    await clock.advance(1);
    expect(leases.isTaken(ALICE)).toBe(false);
  });

  it('frees a SIM whose tab never came to hold it', async () => {
    const { leases, clock } = setUp();
    granted(await leases.claim({}));
    await clock.advance(LEASE_GRACE_MS);
    expect(leases.isTaken(ALICE)).toBe(false);
  });

  it('takes a lease of before a restart up again when its SIM is free, and refuses it when it is not', async () => {
    const { leases } = setUp();
    expect(await leases.hold('old-lease', ALICE, new Tab())).toBeDefined();
    expect(leases.isTaken(ALICE)).toBe(true);
    expect(await leases.hold('another-old-lease', ALICE, new Tab())).toBeUndefined();
    expect(await leases.hold('yet-another', '999', new Tab())).toBeUndefined();
    leases.close();
  });
});
