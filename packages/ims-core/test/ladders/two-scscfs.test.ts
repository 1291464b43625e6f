import { afterEach, describe, expect, it } from 'vitest';
import type { SipResponse } from '../../src/protocols/sip/message.ts';
import { callId, header } from '../../src/protocols/sip/read.ts';
import { asksForInitialRegistration } from '../../src/protocols/sip/restoration.ts';
import { SECOND_SERVER_NAME, SERVER_NAME } from '../kit/core-lab.ts';
import { ImsLab } from '../kit/ims-lab.ts';
import type { ScriptedUe } from '../kit/scripted-ue.ts';
import { expectCauses } from './causes.ts';

let lab: ImsLab;
afterEach(async () => {
  expect(lab.core.errors).toEqual([]);
  await lab.close();
  expect(lab.core.clock.pending).toBe(0);
});

const next = (): number => lab.events.length + 1;
const servedBy = async (impi: string) => (await lab.core.store.byImpi(impi))?.serverName;

/** The body that makes a UE register anew, from one who knows a URI of its Service-Route. */
function expectDemand(final: SipResponse | undefined, ue: ScriptedUe): void {
  expect(final && header(final, 'Content-Type')).toBe('application/3gpp-ims+xml');
  expect(asksForInitialRegistration(new TextDecoder().decode(final?.body))).toBe(true);
  const asserted = final && header(final, 'P-Asserted-Identity');
  expect(ue.registerAnswers.map((answer) => header(answer, 'Service-Route'))).toContain(asserted);
}

describe('the ladder of two S-CSCFs', () => {
  it('shows how the I-CSCF goes to the second when the first is down, and a call between users of both', async () => {
    lab = await ImsLab.start({ secondScscf: true });
    const [alice, bob] = [lab.phone('Alice'), lab.phone('Bob')];
    await lab.core.scscf.close();
    expect((await alice.register()).status).toBe(200);
    await expect(lab.ladder()).toMatchFileSnapshot('reselection.txt');

    await lab.core.startScscf();
    expect((await bob.register()).status).toBe(200);
    expect([await servedBy(alice.impi), await servedBy(bob.impi)]).toEqual([SECOND_SERVER_NAME, SERVER_NAME]);

    const from = next();
    await alice.invite(bob.impu);
    await bob.respond(200);
    await bob.hangUp();
    expect(alice.call).toMatchObject({ state: 'over', final: { status: 200 } });
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('call-across-two-scscfs.txt');
    expectCauses(lab.events);

    // Each stays where it is, though the first one is up again.
    expect((await alice.register()).status).toBe(200);
    expect(await servedBy(alice.impi)).toBe(SECOND_SERVER_NAME);
  });

  it('shows how a phone moves to the second when its own is down', async () => {
    lab = await ImsLab.start({ secondScscf: true });
    const alice = lab.phone('Alice');
    await alice.register();
    await lab.core.scscf.close();
    const from = next();
    const { final } = await alice.invite(lab.phone('Bob').impu);
    expect(final?.status).toBe(504);
    expectDemand(final, alice);
    expect((await alice.register()).status).toBe(200);
    expect(await servedBy(alice.impi)).toBe(SECOND_SERVER_NAME);
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('reselection-of-registered-user.txt');
  });

  it('shows how the second takes over a called user whose own is down: without a registration, until the phone registers', async () => {
    lab = await ImsLab.start({ secondScscf: true });
    const [alice, bob] = [lab.phone('Alice'), lab.phone('Bob')];
    await lab.core.scscf.close();
    await alice.register();
    await lab.core.startScscf();
    await bob.register();
    await lab.core.scscf.close();

    const from = next();
    expect((await alice.invite(bob.impu)).final?.status).toBe(480);
    expect(await servedBy(bob.impi)).toBe(SECOND_SERVER_NAME);
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('reselection-of-called-user.txt');
    expectCauses(lab.events);

    expect((await bob.register()).status).toBe(200);
    await alice.invite(bob.impu);
    await bob.respond(200);
    await bob.hangUp();
    expect(alice.call).toMatchObject({ state: 'over', final: { status: 200 } });
  });

  it.each([
    ['mandatory, that the second has', { mandatory: [7], optional: [], serverNames: [] }, 200, SECOND_SERVER_NAME],
    ['optional, that the second has', { mandatory: [], optional: [7], serverNames: [] }, 200, SECOND_SERVER_NAME],
    ['mandatory, that both have', { mandatory: [1], optional: [], serverNames: [] }, 200, SERVER_NAME],
    ['mandatory, that none has', { mandatory: [1, 9], optional: [], serverNames: [] }, 600, ''],
    ['none', { mandatory: [], optional: [], serverNames: [] }, 200, SERVER_NAME],
  ])('chooses by capabilities: %s', async (_name, serverCapabilities, status, serverName) => {
    const scscfs = [
      { uri: SERVER_NAME, capabilities: [1] },
      { uri: SECOND_SERVER_NAME, capabilities: [1, 7] },
    ];
    lab = await ImsLab.start({ secondScscf: true, scscfs, hss: { serverCapabilities } });
    const alice = lab.phone('Alice');
    expect((await alice.register()).status).toBe(status);
    expect(await servedBy(alice.impi)).toBe(serverName);
  });

  it('ends with 504 when none is left', async () => {
    lab = await ImsLab.start({ secondScscf: true });
    await lab.core.scscf.close();
    await lab.core.scscf2.close();
    expect((await lab.phone('Alice').register()).status).toBe(504);
  });
});

describe('the ladder of an S-CSCF that was restarted', () => {
  it('shows 504 with the restoration body, and the new registration', async () => {
    lab = await ImsLab.start();
    const [alice, bob] = [lab.phone('Alice'), lab.phone('Bob')];
    await alice.register();
    await bob.register();
    await lab.core.restartScscf();
    const from = next();

    const { final } = await alice.invite(bob.impu);
    expect(final?.status).toBe(504);
    expectDemand(final, alice);

    expect((await alice.register()).status).toBe(200);
    // Bob's phone knows nothing of the restart yet.
    expect((await alice.invite(bob.impu)).final?.status).toBe(480);
    expect((await bob.register()).status).toBe(200);
    await alice.invite(bob.impu);
    await bob.respond(200);
    expect(callId(bob.call.invite)).toBe(callId(alice.call.invite));
    await bob.hangUp();
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('scscf-restart.txt');
    expectCauses(lab.events);
  });
});
