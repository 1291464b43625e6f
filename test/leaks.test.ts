import type { CallView, LabState } from '@imslab/ims-core/api/lab-api';
import type { MediaTotals } from '@imslab/ims-core/ports/media-relay';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PhoneState } from '../apps/web/src/ue/phone-state.ts';
import type {} from '../apps/web/src/ue/scripting-hook.ts';
import { openChromium, Tab } from './kit/browser.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

const CALLS = 100;
/** Longest wait before somebody changes their mind in the middle of a call's set-up, milliseconds. */
const CHANGE_OF_MIND_MS = 200;

declare global {
  interface Window {
    /** How the call before this one ended. */
    endedBefore?: PhoneState['ended'];
  }
}

interface Health {
  readonly state: LabState;
  readonly media: MediaTotals;
}

/** Numbers from 0 to 1, the same in every run. @see Numerical Recipes, 3rd edition, §7.1.3 */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Counts what a page makes and does not close. Runs in the page before its own scripts. */
function countInPage(): void {
  const connections: RTCPeerConnection[] = [];
  let contexts = 0;
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given: ConstructorParameters<typeof RTCPeerConnection>) {
      super(...given);
      connections.push(this);
    }
  };
  window.AudioContext = class extends AudioContext {
    constructor(...given: ConstructorParameters<typeof AudioContext>) {
      super(...given);
      contexts += 1;
    }
  };
  Object.assign(window, {
    made: () => ({
      openConnections: connections.filter(({ signalingState }) => signalingState !== 'closed').length,
      audioContexts: contexts,
    }),
  });
}

describe.skipIf(!hasProgram('chromium'))('a hundred calls in a row', () => {
  let lab: LabProcess;
  let browser: Browser;
  let context: BrowserContext;
  let alice: Tab;
  let bob: Tab;

  beforeAll(async () => {
    lab = await LabProcess.start();
    browser = await openChromium({ microphone: false });
    context = await browser.newContext();
    await context.addInitScript(countInPage);
    alice = await Tab.open(context, `${lab.url}/?ue=alice`);
    bob = await Tab.open(context, `${lab.url}/?ue=bob`);
    await alice.register();
    await bob.register();
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });

  const health = () => lab.json<Health>('/healthz');
  const made = (tab: Tab) => tab.page.evaluate<{ openConnections: number; audioContexts: number }>('window.made()');
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

  /** Waits for a state of the call at a tab. False when the call ended instead. */
  async function comesTo(tab: Tab, wanted: 'incoming' | 'in-call'): Promise<boolean> {
    const came = await tab.page.waitForFunction(
      (state) => {
        const { call, ended } = window.imslab.state ?? { call: null, ended: null };
        return call?.state === state ? 'yes' : call === null && ended !== window.endedBefore ? 'ended' : false;
      },
      wanted,
      { polling: 10 },
    );
    return (await came.jsonValue()) === 'yes';
  }
  const over = (tab: Tab) =>
    tab.page.waitForFunction(() => window.imslab.state?.call === null, undefined, { polling: 10 });
  const press = (tab: Tab, key: 'answer' | 'reject' | 'hangUp') =>
    tab.page.evaluate((name) => window.imslab.phone?.[name](), key);
  async function call(): Promise<void> {
    for (const { page } of [alice, bob]) {
      await page.evaluate(() => {
        window.endedBefore = window.imslab.state?.ended ?? null;
      });
    }
    await alice.page.evaluate(() => window.imslab.phone?.call('bob'));
  }

  /** Each way in which a call goes; `wait` is a time at which somebody changes their mind. */
  const ways: Readonly<Record<string, (wait: number) => Promise<unknown>>> = {
    async 'cancelled at any moment'(wait) {
      await call();
      await pause(wait);
      await press(alice, 'hangUp');
    },
    async rejected(wait) {
      await call();
      await comesTo(bob, 'incoming');
      await pause(wait / 4);
      await press(bob, 'reject');
    },
    async 'cancelled while it is answered'(wait) {
      await call();
      await comesTo(bob, 'incoming');
      await Promise.all([press(bob, 'answer'), pause(wait / 4).then(() => press(alice, 'hangUp'))]);
    },
    async 'hung up by the called while it is set up'(wait) {
      await call();
      await comesTo(bob, 'incoming');
      await press(bob, 'answer');
      await pause(wait / 4);
      await press(bob, 'hangUp');
    },
  };
  const names = Object.keys(ways);

  async function talk(who: Tab): Promise<void> {
    await call();
    expect(await comesTo(bob, 'incoming')).toBe(true);
    await press(bob, 'answer');
    expect(await Promise.all([comesTo(alice, 'in-call'), comesTo(bob, 'in-call')])).toEqual([true, true]);
    await press(who, 'hangUp');
  }

  it('leave nothing behind, in the relay, in the P-CSCF and in the pages', { timeout: 300_000 }, async () => {
    await talk(alice);
    for (const tab of [alice, bob]) await over(tab);
    await waitUntil('the first call is gone', async () => (await health()).media.sessions === 0);
    const before = { health: await health(), pages: await Promise.all([alice, bob].map(made)) };
    const random = sequence(2_026);
    for (let number = 0; number < CALLS; number += 1) {
      const way = number % 2 === 0 ? undefined : names[Math.floor(random() * names.length)];
      if (way === undefined) await talk(number % 4 === 0 ? alice : bob);
      else await ways[way]?.(random() * CHANGE_OF_MIND_MS);
      await waitUntil('the P-CSCF has no call', async () => (await health()).state.calls === 0, 40_000);
      for (const tab of [alice, bob]) await over(tab);
    }
    await waitUntil('the relay is empty', async () => (await health()).media.sessions === 0, 40_000);
    const after = await health();
    expect(after.media).toEqual(before.health.media);
    expect(after.state.mediaTransports).toBe(0);
    expect(after.state.calls).toBe(0);
    expect(await lab.json<CallView[]>('/api/v1/calls')).toEqual([]);
    expect(await Promise.all([alice, bob].map(made))).toEqual(before.pages);
    expect(before.pages.map(({ openConnections }) => openConnections)).toEqual([0, 0]);
    expect([...alice.errors, ...bob.errors]).toEqual([]);
    await talk(alice);
  });
});
