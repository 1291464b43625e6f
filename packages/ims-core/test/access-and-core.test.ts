import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bodyText, header } from '../src/protocols/sip/read.ts';
import { connect, FreePhone } from './kit/free-phone.ts';
import { ImsLab } from './kit/ims-lab.ts';

let lab: ImsLab;

beforeEach(async () => {
  lab = await ImsLab.start();
});
afterEach(() => lab.close());

async function twoTabs(): Promise<[alice: FreePhone, bob: FreePhone]> {
  const bob = await FreePhone.registered(lab, 'Bob');
  return [await FreePhone.registered(lab, 'Alice'), bob];
}

describe('two tabs through P-, I- and S-CSCF', () => {
  it('register with AKAv2 and are bound in P-CSCF and S-CSCF', async () => {
    const alice = await FreePhone.open(lab, 'Alice');
    const ok = await alice.register();
    expect(ok.status).toBe(200);
    expect(header(ok, 'P-Charging-Vector')).toBeUndefined();
    expect(lab.pcscf.registrations()).toMatchObject([
      { ue: { label: 'Alice' }, contact: alice.sim.contact.slice(1, -1) },
    ]);
    expect(lab.core.scscf.registrations()).toHaveLength(1);
    expect(lab.core.trace.ladder().slice(0, 3)).toEqual([
      '1 REGISTER Alice to P-CSCF',
      '2 REGISTER P-CSCF to I-CSCF',
      '3 UAR I-CSCF to HSS',
    ]);
  });

  it('call each other: the called one sees who calls, both get media, BYE ends it all', async () => {
    const [alice, bob] = await twoTabs();
    const call = await connect(alice, bob, { body: 'A' });
    expect(header(call.received, 'P-Asserted-Identity')).toContain(alice.impu);
    expect(call.received.uri).toBe(bob.sim.contact.slice(1, -1));
    expect(header(call.received, 'P-Charging-Vector')).toBeUndefined();
    expect(bodyText(call.received)).toBe('offer core offer webrtc A');
    expect(header(call.ok, 'P-Asserted-Identity')).toContain(bob.impu);
    expect(bodyText(call.ok)).toBe('answer core answer webrtc answer');
    expect(bob.peer.last('ACK')).toBeDefined();
    expect(lab.pcscf.calls()).toMatchObject([{ callId: call.caller.callId, state: 'confirmed' }]);

    const bye = alice.within(call.caller, 'BYE', 2);
    await alice.say(bye);
    await bob.answer(bob.peer.last('BYE'), 200);
    expect(alice.answersTo(bye).at(-1)?.status).toBe(200);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.totals().sessions).toBe(0);
  });

  it('lose a tab: after ten seconds the other one gets a BYE, and S-CSCF and HSS know', async () => {
    const [alice, bob] = await twoTabs();
    await connect(alice, bob);
    await alice.lose();
    await lab.core.clock.advance(10_100);
    await bob.answer(bob.peer.last('BYE'), 200);
    expect(header(bob.peer.last('BYE'), 'Reason')).toMatch(/cause=503/);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.totals().sessions).toBe(0);
    expect(lab.core.scscf.registrations()).toHaveLength(1);
    expect(lab.core.scscfCx.sars.at(-1)).toMatchObject({ serverAssignmentType: 5 });
  });

  it('come back after a lost connection and go on in the same call', async () => {
    const [alice, bob] = await twoTabs();
    const call = await connect(alice, bob);
    await alice.lose();
    await lab.core.clock.advance(3_000);
    expect((await alice.register()).status).toBe(200);
    const info = alice.within(call.caller, 'INFO', 3);
    await alice.say(info);
    await bob.answer(bob.peer.last('INFO'), 200);
    expect(alice.answersTo(info).at(-1)?.status).toBe(200);
    await lab.core.clock.advance(20_000);
    expect(lab.pcscf.calls()).toHaveLength(1);
  });

  it('are released by the operator from both ends', async () => {
    const [alice, bob] = await twoTabs();
    const call = await connect(alice, bob);
    const released = lab.pcscf.release(call.caller.callId);
    await lab.core.settle();
    for (const phone of [alice, bob]) {
      const bye = phone.peer.last('BYE');
      expect(header(bye, 'Reason')).toBe('SIP;cause=503;text="Released by the operator"');
      await phone.answer(bye, 200);
    }
    expect(await released).toBe(true);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.log.filter((line) => line.startsWith('delete')).toSorted()).toEqual([
      'delete originating',
      'delete terminating',
    ]);
  });

  it('de-register, and calls to them find nobody', async () => {
    const [alice, bob] = await twoTabs();
    expect((await bob.register({ expires: 0 })).status).toBe(200);
    expect(lab.pcscf.registrations()).toHaveLength(1);
    expect((await alice.ask(alice.initial('INVITE', bob.impu, { body: 'A' }))).status).toBe(480);
    expect(lab.media.totals().sessions).toBe(0);
  });
});
