import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { header, headerValues } from '../../src/protocols/sip/read.ts';
import { cxAnswer, hssDown } from '../kit/direct-cx.ts';
import { ImsLab } from '../kit/ims-lab.ts';
import type { ScriptedUe } from '../kit/scripted-ue.ts';
import { expectCauses } from './causes.ts';

let lab: ImsLab;
let alice: ScriptedUe;
let bob: ScriptedUe;
/** Number of the first event after both are registered. */
let from: number;

beforeEach(async () => {
  lab = await ImsLab.start();
  alice = lab.phone('Alice');
  bob = lab.phone('Bob');
  await alice.register();
  await bob.register();
  from = lab.events.length + 1;
});

afterEach(async () => {
  expectCauses(lab.events);
  expect(lab.core.errors).toEqual([]);
  await lab.close();
  expect(lab.core.clock.pending).toBe(0);
});

const ladder = (): string => lab.ladder({ from, firstUe: alice });

/** Both ends know that it is over, and nothing of it is left. */
function expectOver(): void {
  expect(alice.calls.map(({ state }) => state)).toEqual(alice.calls.map(() => 'over'));
  expect(bob.calls.map(({ state }) => state)).toEqual(bob.calls.map(() => 'over'));
  expect(lab.pcscf.calls()).toEqual([]);
  expect(lab.media.totals().sessions).toBe(0);
}

describe('the ladder of a call', () => {
  it('shows ringing, answer, media and hanging up', async () => {
    const call = await alice.invite('tel:+15550001002');
    await bob.respond(180);
    await bob.respond(200);
    expect(call.state).toBe('talking');
    expect(lab.pcscf.calls()).toMatchObject([{ state: 'confirmed' }]);
    expect(lab.media.totals().sessions).toBe(2);
    expect(headerValues(bob.call.invite, 'P-Asserted-Identity').join()).toContain(alice.impu);
    await alice.hangUp();
    await expect(ladder()).toMatchFileSnapshot('call.txt');
    expectOver();
  });

  it('shows how the called end hangs up', async () => {
    await alice.invite(bob.impu);
    await bob.respond(200);
    from = lab.events.length + 1;
    await bob.hangUp();
    await expect(ladder()).toMatchFileSnapshot('called-hangs-up.txt');
    expectOver();
  });

  it('shows how the caller gives up while it rings', async () => {
    const call = await alice.invite(bob.impu);
    await bob.respond(180);
    await alice.cancel();
    expect(call.final?.status).toBe(487);
    await expect(ladder()).toMatchFileSnapshot('call-cancelled.txt');
    expectOver();
  });

  it('shows how the caller hangs up when the answer crosses the CANCEL', async () => {
    const call = await alice.invite(bob.impu);
    await bob.respond(180);
    await Promise.all([bob.respond(200), alice.cancel()]);
    expect(call.final?.status).toBe(200);
    await expect(ladder()).toMatchFileSnapshot('call-cancelled-too-late.txt');
    expectOver();
  });

  it('shows that nobody has this number', async () => {
    const call = await alice.invite('tel:+15550009999');
    expect(call.final?.status).toBe(404);
    await expect(ladder()).toMatchFileSnapshot('call-to-unknown-user.txt');
    expectOver();
  });

  it('shows that the called user is not registered', async () => {
    await bob.register(0);
    from = lab.events.length + 1;
    const call = await alice.invite(bob.impu);
    expect(call.final?.status).toBe(480);
    await expect(ladder()).toMatchFileSnapshot('call-to-not-registered-user.txt');
    expectOver();
  });

  it('shows a busy user', async () => {
    const call = await alice.invite(bob.impu);
    await bob.respond(486);
    expect(call.final?.status).toBe(486);
    await expect(ladder()).toMatchFileSnapshot('call-busy.txt');
    expectOver();
  });

  it('shows a user who declines', async () => {
    const call = await alice.invite(bob.impu);
    await bob.respond(180);
    await bob.respond(603);
    expect(call.final?.status).toBe(603);
    await expect(ladder()).toMatchFileSnapshot('call-declined.txt');
    expectOver();
  });

  it.each([
    ['there is no connection to the HSS', hssDown, 'call-hss-down.txt'],
    ['the HSS is too busy', cxAnswer(0, 3004), 'call-hss-busy.txt'],
  ])('shows 480 with Retry-After when %s', async (_, LIR, file) => {
    lab.core.icscfCx.answer({ LIR });
    const call = await alice.invite(bob.impu);
    expect(call.final?.status).toBe(480);
    expect(Number(call.final && header(call.final, 'Retry-After'))).toBeGreaterThan(0);
    await expect(ladder()).toMatchFileSnapshot(file);
    expectOver();
  });

  it('shows how the network hangs up for a UE that is lost', async () => {
    await alice.invite(bob.impu);
    await bob.respond(180);
    await bob.respond(200);
    from = lab.events.length + 1;
    await alice.drop();
    await lab.core.clock.advance(12_000);
    await expect(ladder()).toMatchFileSnapshot('call-lost-ue.txt');
    expectOver();
    expect(lab.core.scscf.registrations()).toHaveLength(1);
  });

  it('shows how a caller who is lost while it rings leaves nobody ringing', async () => {
    await alice.invite(bob.impu);
    await bob.respond(180);
    from = lab.events.length + 1;
    await alice.drop();
    await lab.core.clock.advance(12_000);
    await expect(ladder()).toMatchFileSnapshot('call-lost-while-ringing.txt');
    expectOver();
  });

  it('shows how a UE comes back on a new connection and its call goes on', async () => {
    await alice.invite(bob.impu);
    await bob.respond(200);
    from = lab.events.length + 1;
    await alice.drop({ forgetCalls: false });
    await lab.core.clock.advance(3_000);
    expect((await alice.register()).status).toBe(200);
    await bob.hangUp();
    await expect(ladder()).toMatchFileSnapshot('call-goes-on-after-reconnect.txt');
    expectOver();
  });

  it('reaches a UE that came back on a new connection with a new call', async () => {
    await bob.drop();
    await lab.core.clock.advance(1_000);
    expect((await bob.register()).status).toBe(200);
    await bob.drop();
    await lab.core.clock.advance(1_000);
    expect((await bob.register()).status).toBe(200);
    const call = await alice.invite(bob.impu);
    await bob.respond(200);
    expect(call.final?.status).toBe(200);
    await alice.hangUp();
    expectOver();
  });
});
