import type { LabState, ServiceSettings, SubscriberView } from '@imslab/ims-core/api/lab-api';
import type { MediaTotals } from '@imslab/ims-core/ports/media-relay';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { eventName } from '@imslab/ims-core/trace/ladder';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallState } from '../apps/web/src/ue/phone-state.ts';
import type {} from '../apps/web/src/ue/scripting-hook.ts';
import { openChromium, Tab } from './kit/browser.ts';
import { hear } from './kit/hear.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

/** Test tones of the seeded SIMs, and the tone with which the greeting begins and ends, Hz. */
const ALICE_HZ = 420;
const CAROL_HZ = 560;
const GREETING_HZ = 880;
const NEAR_HZ = 30;
/** Longest wait: a busy machine repeats its 200s before the browser has its ACK out. */
const LIMIT_MS = 40_000;
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
  /** Number of the newest event before a test. */
  let before = 0;

  beforeAll(async () => {
    lab = await LabProcess.start();
    browser = await openChromium({ microphone: false });
    context = await browser.newContext();
    [alice, bob, carol] = [await phoneOf('alice'), await phoneOf('bob'), await phoneOf('carol')];
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });
  beforeEach(async () => {
    before = (await events(0)).at(-1)?.seq ?? 0;
  });
  afterEach(async () => {
    for (const tab of [alice, bob, carol]) {
      await press(tab, 'hangUp');
      await comesTo(tab, undefined);
    }
    for (const name of ['Bob', 'Carol', 'Erin', 'Ivan']) await set(name, NOTHING);
    await waitUntil(
      'neither relay nor P-CSCF nor AS has a call',
      async () => {
        const { media, state, serviceCalls } = await lab.json<Health>('/healthz');
        return Object.values(media).every((count) => count === 0) && state.calls === 0 && serviceCalls === 0;
      },
      LIMIT_MS,
    );
    expect([...alice.errors, ...bob.errors, ...carol.errors]).toEqual([]);
  });

  async function phoneOf(name: string): Promise<Tab> {
    const tab = await Tab.open(context, `${lab.url}/?ue=${name}`);
    await tab.register();
    return tab;
  }

  const call = (tab: Tab, whom: string) => tab.page.evaluate((name) => window.imslab.phone?.call(name), whom);
  const press = (tab: Tab, key: 'answer' | 'hangUp') => tab.page.evaluate((name) => window.imslab.phone?.[name](), key);
  const comesTo = (tab: Tab, state: CallState | undefined) =>
    waitUntil(
      `the call is ${state ?? 'over'}`,
      async () => (await tab.page.evaluate(() => window.imslab.state?.call?.state)) === state,
      LIMIT_MS,
    );

  async function set(name: string, settings: object): Promise<void> {
    const subscribers = await lab.json<SubscriberView[]>('/api/v1/subscribers');
    const imsi = subscribers.find((subscriber) => subscriber.name === name)?.imsi;
    const response = await fetch(`${lab.url}/api/v1/subscribers/${imsi}/services`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(settings),
    });
    expect(response.status).toBe(200);
  }

  const forward = (forwarding: object) => set('Bob', { forwarding, greeting: false });

  const hears = (tab: Tab, toneHz: number) =>
    waitUntil(
      `the tab hears ${toneHz} Hz`,
      async () => Math.abs((await hear(tab.page)).loudestHz - toneHz) < NEAR_HZ,
      LIMIT_MS,
    );

  /** The loudest frequency of each moment of the tab's next call, Hz: what is heard once only is not missed. */
  const heardOfCall = (tab: Tab): Promise<number[]> =>
    tab.page.evaluate(async () => {
      const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      const context = new AudioContext();
      const analyser = new AnalyserNode(context, { fftSize: 4_096, smoothingTimeConstant: 0 });
      const bins = new Float32Array(analyser.frequencyBinCount);
      const loudest: number[] = [];
      let source: MediaStreamAudioSourceNode | undefined;
      let called = false;
      while (!called || window.imslab.state?.call != null) {
        called ||= window.imslab.state?.call != null;
        const receivers = window.imslab.peerConnection?.getReceivers() ?? [];
        const track = receivers.find((receiver) => receiver.track.kind === 'audio')?.track;
        if (source === undefined && track !== undefined) {
          source = new MediaStreamAudioSourceNode(context, { mediaStream: new MediaStream([track]) });
          source.connect(analyser);
        }
        analyser.getFloatFrequencyData(bins);
        const peak = bins.indexOf(Math.max(...bins));
        if ((bins[peak] ?? -200) > -70) loudest.push((peak * context.sampleRate) / analyser.fftSize);
        await pause(40);
      }
      await context.close();
      return loudest;
    });

  const events = async (after: number) =>
    (await lab.json<{ events: TraceEvent[] }>(`/api/v1/trace?after=${after}`)).events;

  /** The ladder of this test, without numbers. */
  const ladder = async () => (await events(before)).map((event) => eventName(event).replace(/^\d+ /, ''));

  /** Waits until these rows stand on the ladder in this order. */
  async function expectInOrder(...rows: readonly string[]): Promise<void> {
    const inOrder = async () => {
      const names = await ladder();
      let at = -1;
      return rows.every((row) => {
        at = names.indexOf(row, at + 1);
        return at >= 0;
      });
    };
    await waitUntil(`the ladder has ${rows.join(', ')}`, inOrder);
  }

  /** Carol's phone rings with the call that Alice made, and both hear each other. */
  async function carolTakesIt(): Promise<void> {
    await comesTo(carol, 'incoming');
    await press(carol, 'answer');
    await comesTo(alice, 'in-call');
    await comesTo(carol, 'in-call');
    await hears(alice, CAROL_HZ);
    await hears(carol, ALICE_HZ);
  }

  it('lets Alice hear herself in the echo test', async () => {
    await call(alice, 'echo');
    await comesTo(alice, 'in-call');
    await hears(alice, ALICE_HZ);
    const earlier = await hear(alice.page);
    const later = await hear(alice.page);
    expect(later.octetsReceived).toBeGreaterThan(earlier.octetsReceived);
    expect(later.energy).toBeGreaterThan(earlier.energy);
    await press(alice, 'hangUp');
    await comesTo(alice, undefined);
    await expectInOrder(
      'INVITE Alice to P-CSCF',
      'INVITE P-CSCF to S-CSCF',
      'INVITE S-CSCF to I-CSCF',
      'INVITE I-CSCF to S-CSCF',
      'INVITE S-CSCF to AS',
      '200 AS to S-CSCF',
      '200 P-CSCF to Alice',
      'ACK S-CSCF to AS',
      'BYE S-CSCF to AS',
    );
    await expectInOrder('first RTP packet Media relay to AS', 'media closed Media relay to AS');
    await expectInOrder('first RTP packet AS to Media relay', 'media closed Media relay to AS');
    await alice.page.getByRole('list', { name: 'Boxes of the network' }).getByText('AS', { exact: true }).waitFor();
  });

  it('greets callers of a user who is not registered, and hangs up', async () => {
    await set('Ivan', { forwarding: {}, greeting: true });
    const heard = heardOfCall(alice);
    await call(alice, 'ivan');
    await comesTo(alice, 'in-call');
    await comesTo(alice, undefined);
    expect((await heard).some((hz) => Math.abs(hz - GREETING_HZ) < NEAR_HZ)).toBe(true);
    await expectInOrder('INVITE S-CSCF to AS', '200 AS to S-CSCF', 'BYE AS to S-CSCF', 'BYE P-CSCF to Alice');
  });

  it('does not greet any more when the greeting is off', async () => {
    await call(alice, 'ivan');
    await comesTo(alice, undefined);
    await expectInOrder('480 P-CSCF to Alice');
    expect((await ladder()).filter((row) => row.includes(' AS'))).toEqual([]);
  });

  it('forwards all calls', async () => {
    await forward({ unconditional: 'carol' });
    await call(alice, 'bob');
    await carolTakesIt();
    await expectInOrder(
      'INVITE S-CSCF to AS',
      '181 AS to S-CSCF',
      '181 P-CSCF to Alice',
      '180 Carol to P-CSCF',
      '200 P-CSCF to Alice',
    );
    expect(await ladder()).not.toContain('INVITE P-CSCF to Bob');
    // Both phones, the ladder and the voice say who was called and who is talking.
    for (const tab of [alice, carol]) await tab.page.getByText('forwarded from Bob', { exact: true }).waitFor();
    const { page } = alice;
    await page.getByRole('heading', { name: /Call Alice to Carol \(forwarded from Bob\)/ }).waitFor();
    await page.locator('.voice-name', { hasText: 'Carol (forwarded from Bob)' }).waitFor();
  });

  it('forwards calls while the user is busy', async () => {
    await forward({ busy: 'carol' });
    await call(bob, 'echo');
    await comesTo(bob, 'in-call');
    await call(alice, 'bob');
    await carolTakesIt();
    await expectInOrder('486 Bob to P-CSCF', '486 S-CSCF to AS', '181 AS to S-CSCF', 'INVITE P-CSCF to Carol');
    await comesTo(bob, 'in-call');
  });

  it('forwards calls that are not answered', async () => {
    await forward({ noAnswer: { target: 'carol', afterS: 2 } });
    await call(alice, 'bob');
    await comesTo(bob, 'incoming');
    await carolTakesIt();
    await comesTo(bob, undefined);
    await expectInOrder('180 S-CSCF to AS', 'CANCEL AS to S-CSCF', '181 AS to S-CSCF', 'INVITE P-CSCF to Carol');
  });

  it('forwards calls of a user who is not registered', async () => {
    await set('Ivan', { forwarding: { notReachable: 'carol' }, greeting: true });
    await call(alice, 'ivan');
    await carolTakesIt();
    await expectInOrder('INVITE S-CSCF to AS', '181 AS to S-CSCF', 'INVITE P-CSCF to Carol');
  });

  it('forwards calls of a user whose phone is gone', async () => {
    const erin = await phoneOf('erin');
    await set('Erin', { forwarding: { notReachable: 'carol' }, greeting: false });
    await erin.page.close();
    await call(alice, 'erin');
    await carolTakesIt();
    await expectInOrder('480 S-CSCF to AS', '181 AS to S-CSCF', 'INVITE P-CSCF to Carol');
  });

  it('takes no part in a call when nothing is on, and lets a call be answered that need not be forwarded', async () => {
    for (const forwarding of [{}, { busy: 'carol', notReachable: 'carol', noAnswer: { target: 'carol' } }]) {
      before = (await events(before)).at(-1)?.seq ?? before;
      await forward(forwarding);
      await call(alice, 'bob');
      await comesTo(bob, 'incoming');
      await press(bob, 'answer');
      await comesTo(alice, 'in-call');
      await press(alice, 'hangUp');
      await comesTo(bob, undefined);
      expect((await ladder()).includes('INVITE S-CSCF to AS')).toBe(Object.keys(forwarding).length > 0);
    }
  });

  it('ends a call that is forwarded in a circle', async () => {
    await forward({ unconditional: 'carol' });
    await set('Carol', { forwarding: { unconditional: 'bob' }, greeting: false });
    await call(alice, 'bob');
    await comesTo(alice, undefined);
    await expectInOrder('482 P-CSCF to Alice');
  });

  it('keeps no port and no call when callers hang up at any moment', async () => {
    for (let number = 0; number < 20; number += 1) {
      await call(alice, 'echo');
      await new Promise((resolve) => setTimeout(resolve, 20 * number));
      await press(alice, 'hangUp');
      await comesTo(alice, undefined);
    }
  });
});
