import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Session } from '../src/nodes/pcscf/dialogs.ts';
import type { RunningSipStack } from '../src/protocols/proxy/create-sip-stack.ts';
import { hssDown } from './kit/direct-cx.ts';
import { ImsLab } from './kit/ims-lab.ts';
import type { ScriptedUe, UeCall } from './kit/scripted-ue.ts';

/** The stacks of the boxes, so that their transactions can be counted from outside. */
const stacks = vi.hoisted((): RunningSipStack[] => []);

vi.mock(import('../src/protocols/proxy/create-sip-stack.ts'), async (original) => {
  const module = await original();
  return {
    ...module,
    createSipStack: (deps) => {
      const stack = module.createSipStack(deps);
      stacks.push(stack);
      return stack;
    },
  };
});

/** The P-CSCF's sessions, ended ones that still wait for the answer to their BYE included. */
const sessions = vi.hoisted(() => new Set<Session>());

vi.mock(import('../src/nodes/pcscf/dialogs.ts'), async (original) => {
  const module = await original();
  class WatchedSessions extends module.Sessions {
    override add(session: Session): void {
      sessions.add(session);
      super.add(session);
    }

    override remove(session: Session): void {
      sessions.delete(session);
      super.remove(session);
    }
  }
  return { ...module, Sessions: WatchedSessions };
});

const NAMES = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin'] as const;
const STATUSES = [180, 183, 200, 200, 486, 603] as const;
/** Longer than a registration (3600 s), a challenge, timer C and every transaction after it. */
const LONG_ENOUGH_MS = 8_000_000;
const RUNS = 100;

type Deed =
  | 'register'
  | 'deregister'
  | 'invite'
  | 'respond'
  | 'cancel'
  | 'hangUp'
  | 'reload'
  | 'cut'
  | 'hang'
  | 'wake'
  | 'hss';

interface Step {
  readonly deed: Deed;
  readonly who: number;
  readonly whom: number;
  readonly status: number;
  readonly thenMs: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  deed: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom<Deed>('invite', 'respond') },
    { weight: 2, arbitrary: fc.constantFrom<Deed>('register', 'cancel', 'hangUp', 'deregister', 'cut', 'reload') },
    { weight: 1, arbitrary: fc.constantFrom<Deed>('hang', 'wake', 'hss') },
  ),
  who: fc.nat(NAMES.length - 1),
  whom: fc.nat(NAMES.length - 1),
  status: fc.constantFrom(...STATUSES),
  // Mostly the next step comes while messages of this one are under way.
  thenMs: fc.constantFrom(0, 1, 2, 5, 11, 40, 40, 3_000, 12_000),
});

/** The next phone from `who` on that has such a call, and its latest one. */
function find(
  phones: readonly ScriptedUe[],
  who: number,
  fits: (call: UeCall) => boolean,
): { readonly ue: ScriptedUe; readonly call: UeCall } | undefined {
  return [...phones.slice(who), ...phones.slice(0, who)]
    .map((ue) => ({ ue, call: ue.calls.findLast(fits) }))
    .find((found): found is { ue: ScriptedUe; call: UeCall } => found.call !== undefined);
}

async function play(lab: ImsLab, phones: readonly ScriptedUe[], { deed, who, whom, status }: Step): Promise<void> {
  const ue = phones[who] ?? expect.fail('a phone has this number');
  const other = phones[whom] ?? expect.fail('a phone has this number');
  const rings = find(phones, who, ({ role, state }) => role === 'called' && state === 'ringing');
  const calling = find(phones, who, ({ role, state }) => role === 'caller' && state === 'ringing');
  const talking = find(phones, who, ({ state }) => state === 'talking');
  switch (deed) {
    case 'register':
      return ue.startRegister();
    case 'deregister':
      return ue.startRegister(0);
    case 'invite':
      await ue.invite(other.impu);
      return;
    case 'respond':
      await rings?.ue.respond(status, rings.call);
      return;
    case 'cancel':
      await calling?.ue.cancel(calling.call);
      return;
    case 'hangUp':
      await talking?.ue.hangUp(talking.call);
      return;
    case 'reload':
      return ue.drop();
    case 'cut':
      return ue.drop({ forgetCalls: false });
    case 'hang':
      ue.talks = false;
      return;
    case 'wake':
      ue.talks = true;
      return;
    case 'hss':
      lab.core.icscfCx.answer(status === 200 ? {} : { UAR: hssDown, LIR: hssDown });
  }
}

describe('the network, whatever its UEs do', () => {
  it('keeps no transaction, timer, dialog, media or registration of those who are gone', {
    timeout: 180_000,
  }, async () => {
    let answered = 0;
    let calls = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        stacks.splice(0);
        sessions.clear();
        const lab = await ImsLab.start();
        const phones = NAMES.map((name) => lab.phone(name, { settles: false }));
        for (const ue of phones) await ue.startRegister();
        await lab.core.clock.advance(40);
        for (const one of steps) {
          await play(lab, phones, one);
          await lab.core.clock.advance(one.thenMs);
        }
        calls += lab.media.log.filter((line) => line.startsWith('offer')).length;
        answered += lab.media.log.filter((line) => line.startsWith('answer')).length;

        // Everyone leaves: some by closing the page, in the middle of what they did.
        lab.core.icscfCx.answer({});
        for (const ue of phones) await ue.drop();
        await lab.core.clock.advance(LONG_ENOUGH_MS);

        // P-CSCF, I-CSCF and two S-CSCFs, of which the second has nothing to do.
        expect(stacks).toHaveLength(4);
        for (const stack of stacks) expect(stack.counts()).toEqual({ serverTransactions: 0, clientTransactions: 0 });
        expect(lab.pcscf.registrations()).toEqual([]);
        expect(lab.pcscf.calls()).toEqual([]);
        expect(sessions.size).toBe(0);
        expect(lab.media.totals().sessions).toBe(0);
        expect(lab.core.scscf.registrations()).toEqual([]);
        expect((await lab.core.store.list()).filter(({ state }) => state === 'REGISTERED')).toEqual([]);
        expect(lab.core.errors).toEqual([]);
        expect(lab.core.clock.pending).toBe(0);
        await lab.close();
      }),
      { numRuns: RUNS },
    );
    // The steps did lead to calls, and to answered ones.
    expect(calls).toBeGreaterThan(RUNS);
    expect(answered).toBeGreaterThan(RUNS);
  });
});
