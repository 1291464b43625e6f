import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BareChromium, type BareTab } from './kit/bare-chromium.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

/** A frame that does not come in this time does not come. */
const FRAME_WAIT_MS = 1_000;

const AUDIBLE = `(window.imslab.phone?.audio.levelDb('incoming') ?? -200) > -50`;
const EVENTS = `document.querySelectorAll('[aria-label=Ladder] > li').length`;

describe.skipIf(!hasProgram('chromium'))(
  'a tab behind another one of its window (visibilityState hidden, no animation frames)',
  () => {
    let lab: LabProcess;
    let browser: BareChromium;
    let alice: BareTab;
    let bob: BareTab;

    beforeAll(async () => {
      lab = await LabProcess.start();
      browser = await BareChromium.start();
      bob = await browser.open(`${lab.url}/?ue=bob`);
      await register(bob);
      alice = await browser.open(`${lab.url}/?ue=alice`);
      await register(alice);
    });
    afterAll(async () => {
      await browser?.close();
      await lab?.close();
    });

    const isTrue = (tab: BareTab, expression: string) => () => tab.value<boolean>(expression);
    const callIs = (state: string) => `window.imslab.state?.call?.state === '${state}'`;

    async function register(tab: BareTab): Promise<void> {
      await waitUntil('there is a button Register', () => tab.press('Register'));
      await waitUntil('the phone is registered', isTrue(tab, `window.imslab.state?.registration === 'registered'`));
    }

    async function answeredWhileHidden(): Promise<void> {
      await alice.value(`window.imslab.phone.call('bob')`);
      await waitUntil('it rings', isTrue(bob, callIs('incoming')));
      await waitUntil('there is a button Answer', () => bob.press('Answer'));
      for (const tab of [alice, bob]) await waitUntil('they talk', isTrue(tab, callIs('in-call')));
      await waitUntil('the seen tab hears the hidden one', isTrue(alice, AUDIBLE));
      await waitUntil('the hidden tab hears the seen one', isTrue(bob, AUDIBLE));
    }

    it('is really hidden', async () => {
      const frame = `Promise.race([
      new Promise((resolve) => requestAnimationFrame(() => resolve('frame'))),
      new Promise((resolve) => setTimeout(() => resolve('none'), ${FRAME_WAIT_MS})),
    ])`;
      expect(await bob.value('document.visibilityState')).toBe('hidden');
      expect(await bob.value(frame)).toBe('none');
      expect(await alice.value('document.visibilityState')).toBe('visible');
    });

    it('rings with sound and title, is answered, and both hear each other', async () => {
      const before = await bob.value<number>(EVENTS);
      await alice.value(`window.imslab.phone.call('bob')`);
      await waitUntil('the title tells', isTrue(bob, `document.title.includes('Alice is calling')`));
      expect(await bob.value(`window.imslab.phone.audio.store.getState().sounding`)).toBe('ring');
      expect(await bob.value(`window.imslab.phone.audio.store.getState().blocked`)).toBe(false);
      await bob.press('Reject');
      await waitUntil('the call is over', isTrue(alice, 'window.imslab.state?.call === null'));
      expect(await bob.value(`window.imslab.phone.audio.store.getState().sounding`)).toBe(null);
      await answeredWhileHidden();
      await waitUntil('the hidden ladder went on', async () => (await bob.value<number>(EVENTS)) > before);
      const [shown, hidden] = [await alice.value<number>(EVENTS), await bob.value<number>(EVENTS)];
      expect(hidden).toBeGreaterThan(shown / 2);
      await bob.press('Hang up');
      await waitUntil('the call is over', isTrue(alice, 'window.imslab.state?.call === null'));
    });

    it('registers again by itself after a crash of the gateway, and is called again', async () => {
      await lab.kill();
      await waitUntil('the hidden tab noticed', isTrue(bob, 'window.imslab.state?.connected === false'));
      await lab.boot();
      for (const tab of [bob, alice]) {
        const back = `window.imslab.state?.connected === true && window.imslab.state.registration === 'registered'`;
        await waitUntil('the tab registered again', isTrue(tab, back), 40_000);
      }
      expect(await bob.value('document.visibilityState')).toBe('hidden');
      await answeredWhileHidden();
    });
  },
);
