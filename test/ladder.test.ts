import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { eventName } from '@imslab/ims-core/trace/ladder';
import type { Browser, BrowserContext, Locator, WebSocketRoute } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { openChromium, Tab } from './kit/browser.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

/** Messages of a registration, and with the two subscriptions to it, which the ladder folds; how many of the first are Diameter. */
const REGISTRATION = 20;
const WITH_WATCHES = 36;
const DIAMETER = 8;
/** No message takes longer from one box to the next, milliseconds. */
const QUIET_MS = 300;

const numberOf = (name: string) => Number.parseInt(name, 10);

describe.skipIf(!hasProgram('chromium'))('the ladder in a tab', () => {
  let lab: LabProcess;
  let browser: Browser;
  let context: BrowserContext;
  let alice: Tab;
  let bob: Tab;

  beforeAll(async () => {
    lab = await LabProcess.start();
    browser = await openChromium({ microphone: false });
    context = await browser.newContext();
    alice = await Tab.open(context, `${lab.url}/?ue=alice`);
    bob = await Tab.open(context, `${lab.url}/?ue=bob`);
    await bob.page.getByRole('button', { name: 'Register', exact: true }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });
  beforeEach(async () => {
    await alice.page.setViewportSize({ width: 1440, height: 900 });
  });
  // The next test begins with nobody registered and an empty ladder.
  afterEach(async () => {
    for (const tab of [alice, bob]) {
      const deregister = tab.page.getByRole('button', { name: 'Deregister' });
      if ((await deregister.count()) > 0) await deregister.click();
      await tab.waitForStatus('Not registered');
    }
    await quiet(alice);
    await fetch(`${lab.url}/api/v1/trace`, { method: 'DELETE' });
    await alice.page.getByText('Nothing on the wire yet').waitFor();
    expect([...alice.errors, ...bob.errors]).toEqual([]);
  });

  /** Registers; P-CSCF and phone watch the registration from then on. */
  async function registered(tab: Tab): Promise<void> {
    await tab.register();
    await waitUntil('all of it is on the ladder', async () => {
      const count = (await tab.ladder()).length;
      return count > 0 && count === REGISTRATION * (await watches(tab).count());
    });
  }

  /** What opens the two subscriptions to a registration. */
  function watches(tab: Tab): Locator {
    return tab.page.getByRole('button', { name: '2 watches of this registration' });
  }

  /** Nothing comes to the ladder any more. */
  async function quiet(tab: Tab): Promise<void> {
    let before = -1;
    await waitUntil('nothing is on its way', async () => {
      await tab.page.waitForTimeout(QUIET_MS);
      const now = (await tab.ladder()).length;
      const same = now === before;
      before = now;
      return same;
    });
  }

  function row(tab: Tab, name: RegExp): Locator {
    return tab.page.getByRole('list', { name: 'Ladder' }).getByRole('listitem', { name }).first();
  }

  function focusedName(tab: Tab): Promise<string | null | undefined> {
    return tab.page.evaluate(() => document.activeElement?.closest('li')?.getAttribute('aria-label'));
  }

  it('opens a message with Enter, shows its text, walks with the arrow keys and closes with Escape', async () => {
    await registered(alice);
    const { page } = alice;
    const first = row(alice, /REGISTER Alice to P-CSCF/).getByRole('button');
    await first.focus();
    await page.keyboard.press('Enter');
    const message = page.getByRole('region', { name: 'Message' });
    await message.getByRole('rowheader', { name: 'Call-ID' }).waitFor();
    await message.getByRole('tab', { name: 'Raw' }).click();
    const raw = await message.locator('pre').textContent();
    expect(raw).toMatch(/^REGISTER sip:\S+ SIP\/2\.0\r?\n[\s\S]*\nCSeq: \d+ REGISTER\r?\n/);

    await first.focus();
    await page.keyboard.press('ArrowDown');
    expect(await focusedName(alice)).toMatch(/REGISTER P-CSCF to I-CSCF/);
    await page.keyboard.press('ArrowDown');
    expect(await focusedName(alice)).toMatch(/UAR I-CSCF to HSS/);
    // The docked message goes along: a Diameter message has its AVPs, explained where the focus is.
    await message.getByRole('button', { name: /^Session-Id/ }).focus();
    await message.getByText('RFC 6733').waitFor();
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^Vendor-Specific-Application-Id/);

    await page.keyboard.press('Escape');
    await message.waitFor({ state: 'detached' });
    expect(await focusedName(alice)).toMatch(/UAR I-CSCF to HSS/);
  });

  it('shows what a box changed and why, and leads along cause and effect', async () => {
    await registered(alice);
    const { page } = alice;
    await row(alice, /REGISTER P-CSCF to I-CSCF/)
      .getByRole('button')
      .click();
    await page.getByRole('tab', { name: /Changes/ }).click();
    await page
      .getByText(/TS 24\.229 5\.2\.2\.1/)
      .first()
      .waitFor();
    await page
      .getByRole('button', { name: /UAR I-CSCF to HSS/ })
      .last()
      .click();
    await page.getByRole('heading', { name: /UAR I-CSCF to HSS/ }).waitFor();
    expect(await focusedName(alice)).toMatch(/UAR I-CSCF to HSS/);
  });

  it('gives the message more room by keyboard', async () => {
    await registered(alice);
    await row(alice, /REGISTER Alice to P-CSCF/)
      .getByRole('button')
      .click();
    const { page } = alice;
    const message = page.getByRole('region', { name: 'Message' });
    const before = (await message.boundingBox())?.height ?? 0;
    await page.getByRole('separator', { name: 'Height of the message' }).focus();
    await page.keyboard.press('ArrowUp');
    await waitUntil('it is taller', async () => ((await message.boundingBox())?.height ?? 0) > before);
  });

  it('lights the message that a Cx answer decided, and the answer that decided a message, in words too', async () => {
    await registered(alice);
    const answer = row(alice, /MAA 2001 HSS to S-CSCF/);
    const refusal = row(alice, /401 S-CSCF to I-CSCF/);
    await answer.hover();
    expect(await refusal.textContent()).toContain('effect');
    expect(await row(alice, /MAR S-CSCF to HSS/).textContent()).toContain('cause');
    await refusal.getByRole('button').focus();
    await alice.page.mouse.move(0, 0);
    await refusal.getByRole('button').blur();
    await refusal.getByRole('button').focus();
    await waitUntil('the answer is the cause', async () => ((await answer.textContent()) ?? '').includes('cause'));
  });

  it('pauses when scrolled up, counts what is new, and goes on with End', async () => {
    await registered(alice);
    const { page } = alice;
    await page.getByRole('button', { name: 'Following' }).waitFor();
    // A registration is taller than this window: its end stays in view.
    await page.setViewportSize({ width: 1440, height: 600 });
    const last = row(alice, /200 P-CSCF to Alice/);
    await waitUntil('the end is in view', async () => ((await last.boundingBox())?.y ?? 600) < 600);
    await page.locator('.ladder-scroll').hover();
    await page.mouse.wheel(0, -300);
    await page.getByRole('button', { name: 'Paused', exact: true }).waitFor();
    await registered(bob);
    await page.getByRole('button', { name: `Paused, ${REGISTRATION} new` }).waitFor();
    await row(alice, /REGISTER Alice to P-CSCF/)
      .getByRole('button')
      .focus();
    await page.keyboard.press('End');
    await page.getByRole('button', { name: 'Following' }).waitFor();
    await waitUntil('the newest message is in view', async () => {
      const box = await row(alice, /200 P-CSCF to Bob/).boundingBox();
      return box !== null && box.y > 100 && box.y < 600;
    });
  });

  it('filters by UE and by protocol, remembers it over a reload, and shows everything again', async () => {
    await registered(alice);
    await registered(bob);
    const { page } = alice;
    await waitUntil('both are there', async () => (await alice.ladder()).length === 2 * REGISTRATION);
    await page.getByRole('combobox', { name: 'Phone' }).selectOption({ label: 'Bob' });
    await waitUntil('Bob is left', async () => (await alice.ladder()).length === REGISTRATION);
    expect((await alice.ladder()).join()).not.toContain('Alice');
    await page.getByRole('button', { name: 'Diameter', exact: true }).click();
    await waitUntil('SIP is left', async () => (await alice.ladder()).length === REGISTRATION - DIAMETER);
    expect((await alice.ladder()).join()).not.toContain('HSS');
    await page.reload();
    await waitUntil(
      'the filters are still there',
      async () => (await alice.ladder()).length === REGISTRATION - DIAMETER,
    );
    await page.getByRole('button', { name: 'SIP', exact: true }).click();
    await page.getByRole('button', { name: 'Show everything' }).click();
    await waitUntil('all is there again', async () => (await alice.ladder()).length >= 2 * REGISTRATION);
  });

  it('closes and opens a group by its heading', async () => {
    await registered(alice);
    const heading = alice.page.getByRole('heading', { name: /Registration of Alice/ });
    expect(await heading.textContent()).toMatch(new RegExp(`${REGISTRATION} messages · .* · registered$`));
    await heading.getByRole('button').press('Enter');
    await waitUntil('its events are gone', async () => (await alice.ladder()).length === 0);
    await heading.getByRole('button').press('Enter');
    await waitUntil('its events are back', async () => (await alice.ladder()).length === REGISTRATION);
  });

  it('folds the watches beside their registration: one line a registration, and nothing is lost', async () => {
    await registered(alice);
    await registered(bob);
    const titles = () => alice.page.locator('.ladder-group-title').allTextContents();
    await waitUntil('both have their line', async () => (await titles()).length === 2);
    expect(await titles()).toEqual(['Registration of Alice', 'Registration of Bob']);
    await watches(alice).first().press('Enter');
    await waitUntil(
      'the watches of Alice are there',
      async () => (await alice.ladder()).length === WITH_WATCHES + REGISTRATION,
    );
    expect(await titles()).toEqual([
      'Registration of Alice',
      'P-CSCF watches the registration of Alice',
      'Alice’s phone watches its registration',
      'Registration of Bob',
    ]);
    await watches(alice).first().press('Enter');
    await waitUntil('they are folded', async () => (await alice.ladder()).length === 2 * REGISTRATION);
  });

  it('opens folded watches when cause and effect lead there', async () => {
    await registered(alice);
    const { events } = await lab.json<{ events: TraceEvent[] }>('/api/v1/trace');
    const subscribe = events.find((event) => eventName(event).endsWith(' SUBSCRIBE P-CSCF to I-CSCF'));
    // A note stands between: the registration is known, so it is watched.
    const note = events.find(({ seq }) => seq === subscribe?.cause);
    await row(alice, new RegExp(`^${note?.cause} `))
      .getByRole('button')
      .click();
    const message = alice.page.getByRole('region', { name: 'Message' });
    for (const event of [note, subscribe]) {
      await message.getByRole('button', { name: new RegExp(`^${event?.seq} `) }).click();
    }
    await waitUntil('the watches are there', async () => (await alice.ladder()).length === WITH_WATCHES);
    expect(await focusedName(alice)).toMatch(/SUBSCRIBE P-CSCF to I-CSCF/);
  });

  it('clears in every tab', async () => {
    await registered(alice);
    await registered(bob);
    await waitUntil('both tabs show both', async () => (await alice.ladder()).length === 2 * REGISTRATION);
    await alice.page.getByRole('button', { name: 'Clear' }).click();
    for (const tab of [alice, bob]) {
      await waitUntil('the ladder is empty', async () => (await tab.ladder()).length === 0);
      await tab.page.getByText('Nothing on the wire yet').waitFor();
    }
  });

  it('resumes a feed that was cut: nothing is lost, nothing comes twice', async () => {
    const sockets: WebSocketRoute[] = [];
    let reachable = true;
    await alice.page.routeWebSocket(/\/api\/v1\/trace\/live/, (socket) => {
      if (!reachable) {
        socket.close();
        return;
      }
      sockets.push(socket);
      socket.connectToServer();
    });
    await alice.page.reload();
    await alice.page.getByText('lab up').waitFor();
    await registered(alice);
    reachable = false;
    await sockets.at(-1)?.close();
    await alice.page.getByText('lab not reached').waitFor();
    await registered(bob);
    expect(await alice.ladder()).toHaveLength(REGISTRATION);
    reachable = true;
    await waitUntil('what was missed has come', async () => (await watches(alice).count()) === 2);
    for (const tab of [alice, bob]) {
      await tab.showWatches();
      await waitUntil('all is there', async () => (await tab.ladder()).length === 2 * WITH_WATCHES);
    }
    const numbers = (await alice.ladder()).map(numberOf);
    expect(new Set(numbers).size).toBe(2 * WITH_WATCHES);
    const inBobsTab = (await bob.ladder()).map(numberOf);
    expect(numbers.toSorted((a, b) => a - b)).toEqual(inBobsTab.toSorted((a, b) => a - b));
  });
});
