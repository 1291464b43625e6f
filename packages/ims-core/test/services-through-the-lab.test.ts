import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ForwardingSettings, ServiceSettings } from '../src/api/lab-api.ts';
import { type ApplicationServer, createAs } from '../src/nodes/as/as.ts';
import { serviceCriteria } from '../src/nodes/as/filter-criteria.ts';
import { headerValues } from '../src/protocols/sip/read.ts';
import { D, tcpHop } from './kit/core-lab.ts';
import { FakeMediaResource } from './kit/fake-media-resource.ts';
import { setServices } from './kit/filter-criterion.ts';
import { ImsLab } from './kit/ims-lab.ts';
import type { ScriptedUe } from './kit/scripted-ue.ts';
import { expectCauses } from './ladders/causes.ts';

const AS_URI = `sip:as.${D}:5080`;
const CAROL = `sip:+15550001003@${D}`;

let lab: ImsLab;
let as: ApplicationServer;
let media: FakeMediaResource;
let settings: ServiceSettings;
let ofCarol: ServiceSettings;
let alice: ScriptedUe;
let bob: ScriptedUe;
let carol: ScriptedUe;

beforeEach(async () => {
  lab = await ImsLab.start();
  media = new FakeMediaResource();
  settings = { forwarding: {}, greeting: false };
  ofCarol = settings;
  as = createAs({
    ...lab.core.shared('as', 8),
    config: { domain: D, uri: AS_URI, trustedSources: [tcpHop('scscf').host] },
    media,
    settings: { ofIdentity: async (uri) => (uri === bob.impu ? settings : uri === CAROL ? ofCarol : undefined) },
  });
  await as.start();
  [alice, bob, carol] = [lab.phone('Alice'), lab.phone('Bob'), lab.phone('Carol')];
  await alice.register();
  await carol.register();
});

afterEach(async () => {
  expectCauses(lab.events);
  expect(lab.core.errors).toEqual([]);
  await as.close();
  await lab.close();
  expect(lab.core.clock.pending).toBe(0);
});

/** Bob's services, as the page sets them. */
async function given(forwarding: ForwardingSettings, { greeting = false, registered = true } = {}): Promise<void> {
  settings = { forwarding, greeting };
  await setServices(lab.core, 'Bob', serviceCriteria(settings, AS_URI));
  if (registered) await bob.register();
}

async function callBob(): Promise<void> {
  await alice.invite(bob.impu);
  await lab.core.clock.advance(500);
}

/** Carol's phone rings with the call that was for Bob, and she takes it. */
async function expectCarolTakesIt(cause: number): Promise<void> {
  const { invite } = carol.call;
  expect(headerValues(invite, 'History-Info').at(-1)).toContain(`cause=${cause}`);
  expect(headerValues(invite, 'P-Asserted-Identity')[0]).toBe(`<${alice.impu}>`);
  await carol.respond(180);
  await carol.respond(200);
  await lab.core.clock.advance(500);
  expect(alice.call.state).toBe('talking');
  await alice.hangUp();
  await lab.core.clock.advance(500);
  expect([alice.call.state, carol.call.state]).toEqual(['over', 'over']);
  expect(lab.pcscf.calls()).toEqual([]);
}

describe("the lab's own services behind the S-CSCF", () => {
  it('forward every call', async () => {
    await given({ unconditional: CAROL });
    await callBob();
    expect(bob.calls).toEqual([]);
    await expectCarolTakesIt(302);
  });

  it('forward the call of a busy user', async () => {
    await given({ busy: CAROL });
    await callBob();
    await bob.respond(486);
    await lab.core.clock.advance(500);
    await expectCarolTakesIt(486);
  });

  it('forward a call that nobody answers', async () => {
    await given({ noAnswer: { target: CAROL, afterS: 20 } });
    await callBob();
    await bob.respond(180);
    await lab.core.clock.advance(21_000);
    expect(bob.call.state).toBe('over');
    await expectCarolTakesIt(408);
  });

  it('forward the call of a user who is not registered', async () => {
    await given({ notReachable: CAROL }, { registered: false });
    await callBob();
    await expectCarolTakesIt(404);
  });

  it('greet who calls a user who is not registered', async () => {
    await given({}, { greeting: true, registered: false });
    await callBob();
    expect(alice.call.state).toBe('talking');
    expect(media.last.what).toBe('announcement');
    await alice.hangUp();
    await lab.core.clock.advance(500);
    expect(as.calls()).toBe(0);
  });

  it('echo', async () => {
    await alice.invite(`sip:echo@${D}`);
    await lab.core.clock.advance(500);
    expect(alice.call.state).toBe('talking');
    expect(media.last.what).toBe('echo');
    await alice.hangUp();
    await lab.core.clock.advance(500);
    expect(as.calls()).toBe(0);
    expect(media.openSessions).toBe(0);
  });

  it('forward in circles only until the loop is found', async () => {
    await given({ unconditional: CAROL });
    await setServices(lab.core, 'Carol', serviceCriteria(settings, AS_URI));
    ofCarol = { forwarding: { unconditional: bob.impu }, greeting: false };
    await carol.register(0);
    await carol.register();
    await alice.invite(bob.impu);
    await lab.core.clock.advance(5_000);
    expect(alice.call.final?.status).toBe(482);
    expect([bob.calls, carol.calls]).toEqual([[], []]);
  });
});
