import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type {} from '../apps/web/src/ue/scripting-hook.ts';
import { openChromium, Tab } from './kit/browser.ts';
import { hear } from './kit/hear.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

/** Test tones of the seeded SIMs Alice and Carol, Hz, and what is near to one of them. */
const ALICE_HZ = 420;
const CAROL_HZ = 560;
const NEAR_HZ = 30;
/** What a call hears of a silent other side stays under this level, dBFS. */
const AUDIBLE_DB = -50;

describe.skipIf(!hasProgram('chromium'))('the microphone', () => {
  let lab: LabProcess;
  let browser: Browser | undefined;

  beforeAll(async () => {
    lab = await LabProcess.start();
  });
  afterEach(async () => {
    await browser?.close();
  });
  afterAll(async () => {
    await lab?.close();
  });

  async function talk(caller: string, called: string): Promise<readonly [Tab, Tab]> {
    if (browser === undefined) throw new Error('there is no browser');
    const context = await browser.newContext();
    const from = await Tab.open(context, `${lab.url}/?ue=${caller}`);
    const to = await Tab.open(context, `${lab.url}/?ue=${called}`);
    for (const tab of [from, to]) await tab.register();
    await from.call(called);
    await to.waitForStatus('Incoming call');
    await to.click('Answer');
    for (const tab of [from, to]) await tab.waitForStatus('In call');
    return [from, to];
  }

  const sound = (tab: Tab) => tab.page.evaluate(() => window.imslab.phone?.audio.store.getState());

  it.each([
    ['is denied', ['--deny-permission-prompts', '--use-fake-device-for-media-stream'], 'not allowed', 'alice', 'bob'],
    ['is not there', [], 'No microphone', 'carol', 'dave'],
  ] as const)('that %s is replaced by the test tone, and the person is told', async (_case, args, words, from, to) => {
    browser = await openChromium({ microphone: false, args });
    const [caller, called] = await talk(from, to);
    await caller.page.getByRole('alert').filter({ hasText: words }).waitFor();
    expect((await sound(caller))?.source).toBe('tone');
    const toneHz = from === 'alice' ? ALICE_HZ : CAROL_HZ;
    await waitUntil(
      'the other side hears the tone',
      async () => Math.abs((await hear(called.page)).loudestHz - toneHz) < NEAR_HZ,
    );
  });

  it('is heard at the other side, both ways, when it is allowed', async () => {
    browser = await openChromium({ microphone: true });
    const tabs = await talk('erin', 'frank');
    for (const tab of tabs) {
      expect(await sound(tab)).toMatchObject({ source: 'microphone', notice: '' });
      await tab.page.waitForFunction(
        (audible) => (window.imslab.phone?.audio.levelDb('incoming') ?? -200) > audible,
        AUDIBLE_DB,
        { polling: 20 },
      );
      expect((await hear(tab.page)).energy).toBeGreaterThan(0);
    }
  });
});
