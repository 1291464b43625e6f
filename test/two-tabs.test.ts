import type { LabState, SubscriberView } from '@imslab/ims-core/api/lab-api';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {} from '../apps/web/src/ue/scripting-hook.ts';
import { openChromium, Tab } from './kit/browser.ts';
import { hear } from './kit/hear.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

/** Test tones of the seeded SIMs, Hz. */
const ALICE_HZ = 420;
const BOB_HZ = 490;
/** Half the distance between the two: what is nearer to one is that one. */
const NEAR_HZ = 30;

describe.skipIf(!hasProgram('chromium'))('two tabs', () => {
  let lab: LabProcess;
  let browser: Browser;
  let context: BrowserContext;
  /** The two tabs that most tests share: a closed tab keeps its SIM for a while, so others take SIMs of their own. */
  let alice: Tab;
  let bob: Tab;

  beforeAll(async () => {
    lab = await LabProcess.start();
    // No microphone on this machine: both phones fall back to their own test tone.
    browser = await openChromium({ microphone: false });
    context = await browser.newContext();
    alice = await Tab.open(context, lab.url);
    bob = await Tab.open(context, lab.url);
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });
  beforeEach(async () => {
    for (const tab of [alice, bob]) if ((await tab.status()).includes('Not registered')) await tab.register();
  });
  afterEach(async () => {
    for (const tab of [alice, bob]) {
      await tab.page.evaluate(() => window.imslab.phone?.hangUp());
      await tab.waitForStatus('Registered');
    }
    await waitUntil('the relay is empty', async () => (await labState()).mediaTransports === 0);
  });

  async function talk(from: Tab, to: Tab, name: string): Promise<void> {
    await from.call(name);
    await to.waitForStatus('Incoming call');
    await from.waitForStatus('Ringing');
    await to.click('Answer');
    await from.waitForStatus('In call');
    await to.waitForStatus('In call');
  }

  const labState = async (): Promise<LabState> => (await lab.json<{ state: LabState }>('/healthz')).state;

  it('take the first free SIM and the next one', async () => {
    const names = await Promise.all([alice, bob].map(nameOf));
    expect(names).toEqual(['Alice', 'Bob']);
  });

  it('that is a copy of another one, with its memory, takes the next free SIM', async () => {
    const memory = await alice.page.evaluate(() => ({ ...sessionStorage }));
    const page = await context.newPage();
    await page.addInitScript((items) => {
      for (const [key, value] of Object.entries(items)) sessionStorage.setItem(key, value);
    }, memory);
    const copy = await Tab.in(page, lab.url);
    await waitUntil('the copy has a SIM', async () => (await nameOf(copy)) !== undefined);
    expect(await nameOf(copy)).toBe('Carol');
    expect(await alice.status()).toContain('Registered');
    await page.close();
  });

  it('register through P-, I-, S-CSCF and HSS, and the ladder shows each message in order', async () => {
    const judy = await Tab.open(context, `${lab.url}/?ue=judy`);
    await judy.register();
    const ofJudy = async () => {
      const names = (await judy.ladder()).map((name) => name.replace(/^\d+ /, ''));
      return names.slice(names.indexOf('REGISTER Judy to P-CSCF'));
    };
    await waitUntil('the ladder has the 200 to Judy', async () => (await ofJudy()).includes('200 P-CSCF to Judy'));
    const names = await ofJudy();
    expect(names.slice(0, 20)).toEqual([
      'REGISTER Judy to P-CSCF',
      'REGISTER P-CSCF to I-CSCF',
      'UAR I-CSCF to HSS',
      'UAA 2001 HSS to I-CSCF',
      'REGISTER I-CSCF to S-CSCF',
      'MAR S-CSCF to HSS',
      'MAA 2001 HSS to S-CSCF',
      '401 S-CSCF to I-CSCF',
      '401 I-CSCF to P-CSCF',
      '401 P-CSCF to Judy',
      'REGISTER Judy to P-CSCF',
      'REGISTER P-CSCF to I-CSCF',
      'UAR I-CSCF to HSS',
      'UAA 2002 HSS to I-CSCF',
      'REGISTER I-CSCF to S-CSCF',
      'SAR S-CSCF to HSS',
      'SAA 2001 HSS to S-CSCF',
      '200 S-CSCF to I-CSCF',
      '200 I-CSCF to P-CSCF',
      '200 P-CSCF to Judy',
    ]);
    expect(judy.errors).toEqual([]);
    await judy.page.close();
  });

  it('call, and each hears the tone of the other', async () => {
    await talk(alice, bob, 'bob');
    await waitUntil(
      'Alice hears the tone of Bob',
      async () => Math.abs((await hear(alice.page)).loudestHz - BOB_HZ) < NEAR_HZ,
    );
    await waitUntil(
      'Bob hears the tone of Alice',
      async () => Math.abs((await hear(bob.page)).loudestHz - ALICE_HZ) < NEAR_HZ,
    );
    for (const tab of [alice, bob]) {
      const before = await hear(tab.page);
      const after = await hear(tab.page);
      expect(after.octetsReceived).toBeGreaterThan(before.octetsReceived);
      expect(after.energy).toBeGreaterThan(before.energy);
    }
    await waitUntil('the ladder shows media both ways', async () => {
      const names = (await alice.ladder()).join('\n');
      return (
        ['DTLS connected Alice to Media relay', 'DTLS connected Bob to Media relay'].every((words) =>
          names.includes(words),
        ) &&
        /first RTP packet (Alice|Bob) to Media relay/.test(names) &&
        /first RTP packet Media relay to (Alice|Bob)/.test(names)
      );
    });
    const call = (await alice.ladder()).map((name) => name.replace(/^\d+ /, ''));
    const order = [
      'INVITE Alice to P-CSCF',
      'INVITE P-CSCF to S-CSCF',
      'INVITE S-CSCF to I-CSCF',
      'LIR I-CSCF to HSS',
      'LIA 2001 HSS to I-CSCF',
      'INVITE I-CSCF to S-CSCF',
      'INVITE S-CSCF to P-CSCF',
      'INVITE P-CSCF to Bob',
      '180 Bob to P-CSCF',
      '180 P-CSCF to Alice',
      '200 Bob to P-CSCF',
      '200 P-CSCF to Alice',
      'ACK Alice to P-CSCF',
      'ACK P-CSCF to Bob',
    ];
    const from = call.indexOf('INVITE Alice to P-CSCF');
    // The first of each: what is sent again on a busy machine is legal.
    const firsts = [...new Set(call.slice(from).filter((name) => order.includes(name)))];
    expect(firsts).toEqual(order);
    await bob.click('Hang up');
    await alice.waitForStatus('Registered');
    expect([...alice.errors, ...bob.errors]).toEqual([]);
  });

  it.each([
    ['a number', '+15550001002'],
    ['a SIP URI', 'sip:bob@ims.mnc001.mcc001.3gppnetwork.org'],
    ['a tel URI', 'tel:+15550001002'],
  ])('call by %s', async (_kind, target) => {
    await alice.call(target);
    await bob.waitForStatus('Incoming call');
    expect(await bob.page.getByText('Alice').count()).toBeGreaterThan(0);
    await alice.click('Hang up');
    await bob.waitForStatus('Registered');
  });

  it('hear why a call failed: declined, unknown, not registered, busy', async () => {
    await alice.call('bob');
    await bob.waitForStatus('Incoming call');
    await bob.click('Reject');
    await alice.waitForStatus('Registered');
    await alice.page.getByText('603').first().waitFor();
    await alice.call('+15559999999');
    await alice.page.getByText('404').first().waitFor();
    await alice.call('ivan');
    await alice.page.getByText('480').first().waitFor();
    await talk(alice, bob, 'bob');
    const heidi = await Tab.open(context, `${lab.url}/?ue=heidi`);
    await heidi.register();
    await heidi.call('bob');
    await heidi.page.getByText('486').first().waitFor();
    await heidi.page.close();
    expect(await alice.status()).toContain('In call');
  });

  it('come back by themselves after a reload, on the same SIM', async () => {
    const sim = () => bob.page.evaluate(() => window.imslab.session.sim?.imsi);
    const imsi = await sim();
    await bob.page.reload();
    await bob.waitForStatus('Registered');
    expect(await sim()).toBe(imsi);
  });

  it('register again and talk after a crash of the gateway during a call', async () => {
    await talk(alice, bob, 'bob');
    await lab.kill();
    await lab.boot();
    for (const tab of [alice, bob]) {
      await waitUntil(
        'the tab registered again',
        () =>
          tab.page.evaluate(() => {
            const state = window.imslab.state;
            return state?.connected === true && state.registration === 'registered';
          }),
        40_000,
      );
    }
    await waitUntil('the gateway has both', async () => (await labState()).registeredUsers >= 2, 40_000);
    for (const tab of [alice, bob]) {
      if ((await tab.status()).includes('In call')) await tab.click('Hang up');
      await tab.waitForStatus('Registered');
    }
    await talk(alice, bob, 'bob');
    await waitUntil(
      'Alice hears Bob again',
      async () => Math.abs((await hear(alice.page)).loudestHz - BOB_HZ) < NEAR_HZ,
    );
  });

  it('of the same SIM: the second is told and may choose', async () => {
    const second = await Tab.open(context, `${lab.url}/?ue=alice`);
    await second.page.getByRole('button', { name: /^Be .* instead$/ }).click();
    await waitUntil('the second tab has another SIM', async () => (await nameOf(second)) !== undefined);
    expect(['Alice', 'Bob']).not.toContain(await nameOf(second));
    expect(await alice.status()).toContain('Registered');
    await second.page.close();
  });

  it('that close are gone from the network, and their call ends at the other side', async () => {
    const grace = await Tab.open(context, `${lab.url}/?ue=grace`);
    await grace.register();
    await talk(grace, bob, 'bob');
    const closed = performance.now();
    await grace.page.close();
    await bob.waitForStatus('Registered', 30_000);
    await waitUntil(
      'Grace is not registered any more',
      async () => {
        const subscribers = await lab.json<SubscriberView[]>('/api/v1/subscribers');
        const gone = subscribers.find((subscriber) => subscriber.name === 'Grace');
        return gone !== undefined && !gone.taken && gone.state === 'NOT_REGISTERED';
      },
      30_000,
    );
    expect(performance.now() - closed).toBeLessThan(30_000);
    expect((await labState()).mediaTransports).toBe(0);
  });
});

/** Name on the SIM of a tab; undefined while it has none. */
function nameOf(tab: Tab): Promise<string | undefined> {
  return tab.page.evaluate(() => window.imslab.session.sim?.name);
}
