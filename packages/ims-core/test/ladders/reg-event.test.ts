import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeregistrationReason } from '../../src/ports/cx-push.ts';
import { buildUserData } from '../../src/protocols/cx/user-data.ts';
import { parseRegInfo } from '../../src/protocols/events/parse-reginfo.ts';
import { bodyText, header } from '../../src/protocols/sip/read.ts';
import { Correlation } from '../../src/trace/correlate.ts';
import { ImsLab } from '../kit/ims-lab.ts';
import type { ScriptedUe } from '../kit/scripted-ue.ts';
import { expectCauses } from './causes.ts';

let lab: ImsLab;
let alice: ScriptedUe;

beforeEach(async () => {
  lab = await ImsLab.start();
  alice = lab.phone('Alice');
  await alice.register();
});

afterEach(async () => {
  expect(lab.core.errors).toEqual([]);
  await lab.close();
  expect(lab.core.clock.pending).toBe(0);
});

/** Number of the next event. */
const next = (): number => lab.events.length + 1;

/** State and event of each contact in the last NOTIFY to Alice. */
function lastTold(): readonly string[] {
  const notify = alice.told.at(-1) ?? expect.fail('a NOTIFY came');
  const parsed = parseRegInfo(bodyText(notify));
  if (!parsed.ok) return expect.fail(parsed.error.text);
  return parsed.value.registrations.map(({ state, contacts }) => `${state} ${contacts.map(({ event }) => event)}`);
}

function titles(): readonly string[] {
  const correlation = new Correlation();
  for (const event of lab.events) correlation.add(event);
  return correlation.groups.map(({ title, outcomeText }) => `${title}: ${outcomeText}`);
}

describe('the ladder of a subscription to a registration', () => {
  it('shows how a UE watches its own registration', async () => {
    const from = next();
    expect((await alice.watchRegistration()).status).toBe(200);
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('watch-registration.txt');
    expect(lastTold()).toEqual(['active registered', 'active created', 'active created', 'active created']);
    expect(titles()).toEqual([
      'Registration of Alice: registered',
      'P-CSCF watches the registration of Alice: watching',
      'Alice’s phone watches its registration: watching',
    ]);
    expectCauses(lab.events);
  });

  it('shows how it is renewed and given up', async () => {
    await alice.watchRegistration();
    const from = next();
    expect((await alice.renewWatch(3600)).status).toBe(200);
    expect((await alice.renewWatch(0)).status).toBe(200);
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('watch-registration-ended.txt');
    expect(header(alice.told.at(-1) ?? expect.fail('a NOTIFY came'), 'Subscription-State')).toBe(
      'terminated;reason=timeout',
    );
    expect(titles().at(-1)).toBe('Alice’s phone watches its registration: ended: timeout');
    expectCauses(lab.events);
  });

  it('shows that nobody may watch the registration of somebody else', async () => {
    const bob = lab.phone('Bob');
    await bob.register();
    const from = next();
    expect((await bob.watchRegistration(600_000, alice.impu)).status).toBe(403);
    await expect(lab.ladder({ from, firstUe: bob })).toMatchFileSnapshot('watch-registration-refused.txt');
    expect(titles().at(-1)).toBe('Bob’s phone watches its registration: 403 Forbidden from S-CSCF');
  });
});

describe('the ladder of a registration that the network ends', () => {
  beforeEach(async () => {
    await alice.watchRegistration();
  });

  it.each([
    ['PERMANENT_TERMINATION', 'rtr-permanent-termination.txt', 'rejected'],
    ['SERVER_CHANGE', 'rtr-server-change.txt', 'deactivated'],
  ] as const)('shows RTR %s: the UE hears of it', async (reason, file, event) => {
    const from = next();
    await lab.core.scscfCx.registrationTermination({
      userName: alice.impi,
      publicIdentities: [],
      reason: DeregistrationReason[reason],
      reasonInfo: 'for the test',
    });
    await lab.core.settle();
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot(file);
    expect(lastTold()).toEqual(new Array(4).fill(`terminated ${event}`));
    expect(lab.pcscf.registrations()).toEqual([]);
    expect(titles().slice(1)).toEqual([
      `P-CSCF watches the registration of Alice: ended: ${event}`,
      `Alice’s phone watches its registration: ended: ${event}`,
      'The HSS ends the registration of Alice: done',
    ]);
  });

  it.each([
    ['NEW_SERVER_ASSIGNED', 'rtr-new-server-assigned.txt'],
    ['REMOVE_S_CSCF', 'rtr-remove-s-cscf.txt'],
  ] as const)('shows RTR %s: the UE hears nothing', async (reason, file) => {
    const from = next();
    await lab.core.scscfCx.registrationTermination({
      userName: alice.impi,
      publicIdentities: [],
      reason: DeregistrationReason[reason],
    });
    await lab.core.settle();
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot(file);
    expect(lab.core.scscf.registrations()).toEqual([]);
  });

  it('shows how a call ends with the registration', async () => {
    const bob = lab.phone('Bob');
    await bob.register();
    const call = await alice.invite(bob.impu);
    await bob.respond(180);
    await bob.respond(200);
    expect(call.state).toBe('talking');
    const from = next();
    await lab.core.scscfCx.registrationTermination({
      userName: alice.impi,
      publicIdentities: [],
      reason: DeregistrationReason.PERMANENT_TERMINATION,
    });
    await lab.core.settle();
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('rtr-in-a-call.txt');
    expect([call.state, bob.call.state]).toEqual(['over', 'over']);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.totals().sessions).toBe(0);
  });

  it('shows how the UE registers again after SERVER_CHANGE', async () => {
    await lab.core.scscfCx.registrationTermination({
      userName: alice.impi,
      publicIdentities: [],
      reason: DeregistrationReason.SERVER_CHANGE,
    });
    expect((await alice.register()).status).toBe(200);
    expect((await alice.watchRegistration()).status).toBe(200);
    expect(lab.pcscf.registrations()).toHaveLength(1);
    expect(lastTold()[0]).toBe('active registered');
  });

  it('shows a de-registration by the operator, of which the HSS is told', async () => {
    const from = next();
    await lab.core.scscf.deregister(alice.impi);
    await lab.core.settle();
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('operator-deregisters.txt');
    expect((await lab.core.store.byImpi(alice.impi))?.state).toBe('NOT_REGISTERED');
  });

  it('shows a registration that the operator shortens, and the UE that renews it', async () => {
    const from = next();
    await lab.core.scscf.shortenRegistration(alice.impi, 120);
    await lab.core.settle();
    expect(lastTold()[0]).toBe('active shortened');
    expect(lab.pcscf.registrations()).toMatchObject([{ expiresInS: 120 }]);
    expect((await alice.register()).status).toBe(200);
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('operator-shortens.txt');
    expect(lastTold()[0]).toBe('active refreshed');
    expect(lab.pcscf.registrations()).toMatchObject([{ expiresInS: 3600 }]);
  });
});

describe('the ladder of a changed profile', () => {
  it('shows PPR, and how UE and P-CSCF learn of a new public identity', async () => {
    await alice.watchRegistration();
    const added = `sip:alice.new@${alice.impu.split('@')[1]}`;
    const userData = buildUserData({
      privateId: alice.impi,
      serviceProfiles: [
        {
          publicIdentities: [...(lab.core.scscf.registrations()[0]?.impus ?? []), added].map((identity) => ({
            identity,
            barred: false,
            identityType: 0,
          })),
          initialFilterCriteria: [],
          sharedIfcSetIds: [],
        },
      ],
    });
    const from = next();
    await lab.core.scscfCx.pushProfile({ userName: alice.impi, userData });
    await lab.core.settle();
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('ppr.txt');
    expect(lastTold()).toHaveLength(5);
    expect(lab.pcscf.registrations()[0]?.impus).toContain(added);
    expect(titles().at(-1)).toBe('The HSS sends a new profile of Alice: done');
  });
});
