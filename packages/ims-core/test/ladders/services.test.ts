import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { APPLICATION_SERVER_ANSWER_MS } from '../../src/nodes/scscf/config.ts';
import type { InitialFilterCriterion } from '../../src/ports/service-profile.ts';
import { headerValues } from '../../src/protocols/sip/read.ts';
import { D, tcpHop } from '../kit/core-lab.ts';
import { criterion, method, sessionCase, setServices } from '../kit/filter-criterion.ts';
import { ImsLab } from '../kit/ims-lab.ts';
import { type AsBehaviour, answers, proxies, retargets, ScriptedAs } from '../kit/scripted-as.ts';
import type { ScriptedUe } from '../kit/scripted-ue.ts';
import { SipPeer } from '../kit/sip-peer.ts';
import { expectCauses } from './causes.ts';

let lab: ImsLab;
let alice: ScriptedUe;
let bob: ScriptedUe;
let closing: { close(): Promise<void> }[];
let from: number;

beforeEach(async () => {
  lab = await ImsLab.start();
  alice = lab.phone('Alice');
  bob = lab.phone('Bob');
  closing = [];
  from = 1;
});

afterEach(async () => {
  expectCauses(lab.events);
  expect(lab.core.errors).toEqual([]);
  for (const each of closing) await each.close();
  await lab.close();
  expect(lab.core.clock.pending).toBe(0);
});

async function startAs(behaviour: AsBehaviour): Promise<ScriptedAs> {
  const as = await ScriptedAs.start(lab.core, behaviour);
  closing.push(as);
  return as;
}

/** Gives Bob services; who is registered then starts the ladder. */
async function given(services: readonly InitialFilterCriterion[], registered: readonly ScriptedUe[]): Promise<void> {
  await setServices(lab.core, 'Bob', services);
  for (const ue of registered) await ue.register();
  from = lab.events.length + 1;
}

const ladder = (): string => lab.ladder({ from, firstUe: alice });
const callsToBob = [criterion([method('INVITE'), sessionCase('TERMINATING_REGISTERED')])];

describe('the ladder of a service', () => {
  it('shows an application server in the chain of the called user, on the path of the whole call', async () => {
    await startAs(proxies({ record: true }));
    await given(callsToBob, [alice, bob]);
    await alice.invite(bob.impu);
    await lab.core.settle();
    await bob.respond(180);
    await bob.respond(200);
    expect(alice.call.state).toBe('talking');
    await alice.hangUp();
    await lab.core.settle();
    expect([alice.call.state, bob.call.state]).toEqual(['over', 'over']);
    await expect(ladder()).toMatchFileSnapshot('service-in-the-chain.txt');
  });

  it('shows how the caller gives up behind an application server', async () => {
    await startAs(proxies({ record: true }));
    await given(callsToBob, [alice, bob]);
    await alice.invite(bob.impu);
    await lab.core.settle();
    await bob.respond(180);
    await alice.cancel();
    await lab.core.settle();
    expect(alice.call.final?.status).toBe(487);
    expect(bob.call.state).toBe('over');
    expect(lab.pcscf.calls()).toEqual([]);
    await expect(ladder()).toMatchFileSnapshot('service-call-cancelled.txt');
  });

  it('shows how a session goes on without a server that is silent', async () => {
    closing.push(await SipPeer.start(lab.core.network.node([tcpHop('as')])));
    await given(callsToBob, [alice, bob]);
    await alice.invite(bob.impu);
    await lab.core.clock.advance(APPLICATION_SERVER_ANSWER_MS);
    await bob.respond(200);
    expect(alice.call.state).toBe('talking');
    await expect(ladder()).toMatchFileSnapshot('service-default-handling.txt');
    await alice.hangUp();
  });

  it('shows a diverted call', async () => {
    await startAs(retargets(`sip:+15550001003@${D}`, [`<${bob.impu}>;index=1`]));
    const carol = lab.phone('Carol');
    await given(callsToBob, [alice, bob, carol]);
    await alice.invite(bob.impu);
    await lab.core.settle();
    await carol.respond(200);
    await lab.core.settle();
    expect(alice.call.state).toBe('talking');
    expect(headerValues(carol.call.invite, 'History-Info')).toEqual([`<${bob.impu}>;index=1`]);
    expect(bob.calls).toEqual([]);
    await expect(ladder()).toMatchFileSnapshot('service-diverts.txt');
    await alice.hangUp();
  });

  it('shows the registration of a user with a server that wants to know', async () => {
    await startAs(answers(200));
    const registering = { kind: 'Method', method: 'REGISTER', registrationTypes: [] } as const;
    await given([criterion([registering], { extra: { serviceInfo: 'mmtel' } })], []);
    await bob.register();
    await bob.register(0);
    await lab.core.settle();
    await expect(lab.ladder({ from, firstUe: bob })).toMatchFileSnapshot('third-party-register.txt');
  });

  it('shows the service of a user who is not registered', async () => {
    await startAs(answers(200));
    await given([criterion([method('INVITE'), sessionCase('TERMINATING_UNREGISTERED')])], [alice]);
    await alice.invite(bob.impu);
    await lab.core.settle();
    expect(alice.call.state).toBe('talking');
    await alice.hangUp();
    await lab.core.settle();
    await expect(ladder()).toMatchFileSnapshot('service-for-unregistered-user.txt');
    from = lab.events.length + 1;
    await lab.core.clock.advance(600_000);
    expect(ladder()).toContain('UNREGISTERED_USER_RELEASED');
  });
});
