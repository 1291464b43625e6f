import type { LabState, ServiceSettings, SubscriberView } from '@imslab/ims-core/api/lab-api';
import type { MediaTotals } from '@imslab/ims-core/ports/media-relay';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type {} from '../apps/web/src/ue/scripting-hook.ts';
import { openChromium, Tab } from './kit/browser.ts';
import { hear } from './kit/hear.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

/** Test tones of the seeded SIMs, and the tone with which the greeting begins, Hz. */
const ALICE_HZ = 420;
const CAROL_HZ = 560;
const GREETING_HZ = 880;
const NEAR_HZ = 30;
const NOTHING: ServiceSettings = { forwarding: {}, greeting: false };

interface Health {
  readonly media: MediaTotals;
  readonly state: LabState;
  readonly serviceCalls: number;
}

describe.skipIf(!hasProgram('chromium'))('the application server', () => {
  let lab: LabProcess;
  let browser: Browser;
  let context: BrowserContext;
  let alice: Tab;
  let bob: Tab;
  let carol: Tab;

  beforeAll(async () => {
    lab = await LabProcess.start();
    browser = await openChromium({ microphone: false });
    context = await browser.newContext();
    alice = await Tab.open(context, `${lab.url}/?ue=alice`);
    bob = await Tab.open(context, `${lab.url}/?ue=bob`);
    carol = await Tab.open(context, `${lab.url}/?ue=carol`);
    for (const tab of [alice, bob, carol]) await tab.register();
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });
  afterEach(async () => {
    for (const tab of [alice, bob, carol]) {
      await tab.page.evaluate(() => window.imslab.phone?.hangUp());
      await tab.waitForStatus('egistered');
    }
    await set('Bob', NOTHING);
    const nothing = { sessions: 0, routers: 0, transports: 0, producers: 0, consumers: 0 };
    await waitUntil('the relay is empty', async () => {
      const { media, state, serviceCalls } = await lab.json<Health>('/healthz');
      return JSON.stringify(media) === JSON.stringify(nothing) && state.calls === 0 && serviceCalls === 0;
    });
    expect([...alice.errors, ...bob.errors, ...carol.errors]).toEqual([]);
  });

  async function set(name: string, settings: object): Promise<ServiceSettings> {
    const subscribers = await lab.json<SubscriberView[]>('/api/v1/subscribers');
    const imsi = subscribers.find((subscriber) => subscriber.name === name)?.imsi;
    const response = await fetch(`${lab.url}/api/v1/subscribers/${imsi}/services`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(settings),
    });
    expect(response.status).toBe(200);
    return (await response.json()) as ServiceSettings;
  }

  const forward = (forwarding: object) => set('Bob', { forwarding, greeting: false });

  const hears = (tab: Tab, toneHz: number) =>
    waitUntil(
      `the tab hears ${toneHz} Hz`,
      async () => Math.abs((await hear(tab.page)).loudestHz - toneHz) < NEAR_HZ,
      20_000,
    );

  /** Names of the ladder's rows from the latest INVITE of Alice on, without their numbers. */
  async function callLadder(): Promise<string[]> {
    const names = (await alice.ladder()).map((name) => name.replace(/^\d+ /, ''));
    return names.slice(names.lastIndexOf('INVITE Alice to P-CSCF'));
  }

  /** Waits until these rows of the ladder stand there in this order; the page draws them when it has time. */
  async function expectInOrder(rows: readonly string[]): Promise<void> {
    const missing = async () => {
      const names = await callLadder();
      let at = -1;
      return rows.find((row) => {
        at = names.indexOf(row, at + 1);
        return at < 0;
      });
    };
    await waitUntil(`${rows.join(', ')} stand on the ladder`, async () => (await missing()) === undefined);
  }

  async function answeredByCarol(): Promise<void> {
    await carol.waitForStatus('Incoming call', 30_000);
    await carol.click('Answer');
    await alice.waitForStatus('In call');
    await carol.waitForStatus('In call');
    await hears(alice, CAROL_HZ);
    await hears(carol, ALICE_HZ);
  }

  it('lets Alice hear herself in the echo test', async () => {
    await alice.call('echo');
    await alice.waitForStatus('In call');
    await hears(alice, ALICE_HZ);
    const before = await hear(alice.page);
    const after = await hear(alice.page);
    expect(after.octetsReceived).toBeGreaterThan(before.octetsReceived);
    expect(after.energy).toBeGreaterThan(before.energy);
    await expectInOrder(['first RTP packet Media relay to AS']);
    await expectInOrder(['first RTP packet AS to Media relay']);
    await expectInOrder([
      'INVITE Alice to P-CSCF',
      'INVITE P-CSCF to S-CSCF',
      'INVITE S-CSCF to I-CSCF',
      'INVITE I-CSCF to S-CSCF',
      'INVITE S-CSCF to AS',
      '200 AS to S-CSCF',
      '200 P-CSCF to Alice',
      'ACK S-CSCF to AS',
    ]);
    await alice.click('Hang up');
    await alice.waitForStatus('Registered');
    await expectInOrder(['BYE S-CSCF to AS']);
  });

  it('greets callers of a user who is not registered, and hangs up', async () => {
    await set('Ivan', { forwarding: {}, greeting: true });
    await alice.call('ivan');
    await alice.waitForStatus('In call');
    await hears(alice, GREETING_HZ);
    await alice.waitForStatus('Registered', 20_000);
    await expectInOrder(['INVITE S-CSCF to AS', '200 AS to S-CSCF', 'BYE AS to S-CSCF', 'BYE P-CSCF to Alice']);
    await set('Ivan', NOTHING);
    await alice.call('ivan');
    await alice.page.getByText('480').first().waitFor();
  });

  it('forwards all calls', async () => {
    await forward({ unconditional: 'carol' });
    await alice.call('bob');
    await answeredByCarol();
    expect(await bob.status()).toContain('Registered');
    await expectInOrder(['INVITE S-CSCF to AS', '181 AS to S-CSCF', 'INVITE AS to S-CSCF', 'INVITE P-CSCF to Carol']);
    await carol.click('Hang up');
    await alice.waitForStatus('Registered');
  });

  it('forwards calls while the user is busy', async () => {
    await forward({ busy: 'carol' });
    const dave = await Tab.open(context, `${lab.url}/?ue=dave`);
    await dave.register();
    await dave.call('bob');
    await bob.waitForStatus('Incoming call');
    await bob.click('Answer');
    await dave.waitForStatus('In call');
    await alice.call('bob');
    await answeredByCarol();
    await expectInOrder(['INVITE P-CSCF to Bob', '486 S-CSCF to AS', '181 AS to S-CSCF', 'INVITE P-CSCF to Carol']);
    expect(await bob.status()).toContain('In call');
    await dave.click('Hang up');
    await dave.waitForStatus('Registered');
    await dave.page.close();
  });

  it('forwards calls that are not answered', async () => {
    await forward({ noAnswer: { target: 'carol', afterS: 2 } });
    await alice.call('bob');
    await bob.waitForStatus('Incoming call');
    await alice.waitForStatus('Ringing');
    await answeredByCarol();
    await bob.waitForStatus('Registered');
    await expectInOrder(['180 S-CSCF to AS', 'CANCEL AS to S-CSCF', '181 AS to S-CSCF', 'INVITE P-CSCF to Carol']);
  });

  it('forwards calls of a user who is not registered', async () => {
    await set('Ivan', { forwarding: { notReachable: 'carol' }, greeting: true });
    await alice.call('ivan');
    await answeredByCarol();
    await set('Ivan', NOTHING);
  });

  it('forwards calls of a user whose phone is gone', async () => {
    const erin = await Tab.open(context, `${lab.url}/?ue=erin`);
    await erin.register();
    await set('Erin', { forwarding: { notReachable: 'carol' }, greeting: false });
    await erin.page.close();
    await alice.call('erin');
    await answeredByCarol();
    await expectInOrder(['INVITE S-CSCF to AS', '480 S-CSCF to AS', '181 AS to S-CSCF', 'INVITE P-CSCF to Carol']);
    await set('Erin', NOTHING);
  });

  it('lets a call be answered that need not be forwarded, and the plain call is plain again when nothing is on', async () => {
    await forward({ busy: 'carol', noAnswer: { target: 'carol', afterS: 30 }, notReachable: 'carol' });
    for (const takesPart of [true, false]) {
      await alice.call('bob');
      await bob.waitForStatus('Incoming call');
      await bob.click('Answer');
      await alice.waitForStatus('In call');
      expect((await callLadder()).some((row) => / AS$/.test(row))).toBe(takesPart);
      await alice.click('Hang up');
      await bob.waitForStatus('Registered');
      await forward({});
    }
  });

  it('leaves no port and no call behind when callers hang up at any moment', async () => {
    for (let number = 0; number < 20; number += 1) {
      await alice.page.evaluate(() => window.imslab.phone?.call('echo'));
      await new Promise((resolve) => setTimeout(resolve, 25 * number));
      await alice.page.evaluate(() => window.imslab.phone?.hangUp());
      await waitUntil('the call is over', () => alice.page.evaluate(() => window.imslab.state?.call === null), 40_000);
    }
  });

  it('leads a call in a circle nowhere', async () => {
    await forward({ unconditional: 'carol' });
    await set('Carol', { forwarding: { unconditional: 'bob' }, greeting: false });
    await alice.call('bob');
    await alice.page.getByText('482').first().waitFor();
    await set('Carol', NOTHING);
  });
});
