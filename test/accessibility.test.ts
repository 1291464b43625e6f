import axe from 'axe-core';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium, Tab } from './kit/browser.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';

declare global {
  interface Window {
    readonly axe: typeof axe;
  }
}

/** What axe-core finds against WCAG 2.2 AA and its own best practices, a line each. */
async function violations(tab: Tab): Promise<string[]> {
  const { page } = tab;
  if (!(await page.evaluate(() => 'axe' in window))) await page.addScriptTag({ content: axe.source });
  // Colours that are on their way are no colours of ours.
  await page.evaluate(() =>
    Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {}))),
  );
  const found = await page.evaluate(async () => (await window.axe.run(document)).violations);
  return found.flatMap((violation) =>
    violation.nodes.map((node) => `${violation.id}: ${node.target.join(' ')} ${node.failureSummary ?? ''}`),
  );
}

describe.skipIf(!hasProgram('chromium')).each(['light', 'dark'] as const)('axe-core in %s', (colorScheme) => {
  let lab: LabProcess;
  let browser: Browser;
  let context: BrowserContext;
  let alice: Tab;
  let bob: Tab;

  beforeAll(async () => {
    lab = await LabProcess.start();
    browser = await openChromium({ microphone: false });
    context = await browser.newContext({
      colorScheme,
      viewport: { width: 1440, height: 900 },
      reducedMotion: 'reduce',
    });
    alice = await Tab.open(context, `${lab.url}/?ue=alice`);
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });

  // The scenes follow one another: each goes on where the one before it ended.
  it('finds nothing on the first page', async () => {
    await alice.page.getByRole('button', { name: 'Register', exact: true }).waitFor();
    expect(await violations(alice)).toEqual([]);
  });

  it('finds nothing on an empty ladder that a small screen cuts', async () => {
    await alice.page.setViewportSize({ width: 390, height: 844 });
    await alice.click('Ladder');
    await alice.page.getByText('Nothing on the wire yet').waitFor();
    expect(await violations(alice)).toEqual([]);
    await alice.click('Phone');
    await alice.page.setViewportSize({ width: 1440, height: 900 });
  });

  it('finds nothing on a registered phone beside the ladder', async () => {
    await alice.register();
    bob = await Tab.open(context, `${lab.url}/?ue=bob`);
    await bob.register();
    await alice.page.getByRole('heading', { name: /Registration of Bob.*registered/ }).waitFor();
    expect(await violations(alice)).toEqual([]);
  });

  it('finds nothing on the chats: none yet, one that was delivered, one that was not, and all of them', async () => {
    await alice.showPage('Chats');
    await alice.page.getByText('No chats yet').waitFor();
    expect(await violations(alice)).toEqual([]);

    await alice.write('bob', 'Hello Bob, can you hear me?');
    await alice.bubbles().filter({ hasText: 'delivered' }).waitFor();
    expect(await violations(alice)).toEqual([]);

    await alice.click('All chats');
    await alice.write('judy', 'Are you there?');
    await alice.bubbles().filter({ hasText: 'Not delivered' }).waitFor();
    expect(await violations(alice)).toEqual([]);

    await alice.click('All chats');
    await alice.page.getByRole('region', { name: 'Chats' }).getByRole('listitem').first().waitFor();
    expect(await violations(alice)).toEqual([]);
  });

  it('finds nothing on unread messages', async () => {
    await bob.page.getByRole('tab', { name: 'Chats 1 unread' }).waitFor();
    expect(await violations(bob)).toEqual([]);
  });

  it('finds nothing on the services: all off, one with its seconds, and one that is refused', async () => {
    await alice.showPage('Services');
    const noAnswer = alice.page.getByRole('combobox', { name: 'No answer' });
    await noAnswer.waitFor();
    expect(await violations(alice)).toEqual([]);

    await noAnswer.fill('carol');
    await alice.page.getByRole('spinbutton', { name: 'Seconds without an answer' }).waitFor();
    expect(await violations(alice)).toEqual([]);

    await alice.page.getByRole('combobox', { name: 'Always' }).fill('two words');
    await alice.click('Save');
    await alice.page.getByRole('alert').filter({ hasText: 'two words' }).waitFor();
    expect(await violations(alice)).toEqual([]);
    await alice.showPage('Phone');
  });

  it('finds nothing on a registration whose watches are open', async () => {
    await alice.showWatches();
    await alice.page
      .getByRole('heading', { name: /watches its registration/ })
      .first()
      .waitFor();
    expect(await violations(alice)).toEqual([]);
  });

  it.each([
    ['a SIP message taken apart', /REGISTER P-CSCF to I-CSCF/, 'Parsed'],
    ['a SIP message as sent', /REGISTER P-CSCF to I-CSCF/, 'Raw'],
    ['what a box changed', /REGISTER P-CSCF to I-CSCF/, 'Changes'],
    ['a Diameter message', /MAA 2001/, 'Parsed'],
  ])('finds nothing on %s', async (_name, row, view) => {
    const ladder = alice.page.getByRole('list', { name: 'Ladder' });
    await ladder.getByRole('listitem', { name: row }).first().getByRole('button').click();
    await alice.page.getByRole('tab', { name: view }).click();
    expect(await violations(alice)).toEqual([]);
  });

  it('finds nothing while filters leave nothing', async () => {
    await alice.page.keyboard.press('Escape');
    for (const name of ['SIP', 'Diameter', 'Media'])
      await alice.page.getByRole('button', { name, exact: true }).click();
    await alice.page.getByText('The filters leave nothing').waitFor();
    expect(await violations(alice)).toEqual([]);
    await alice.page.getByRole('button', { name: 'Show everything' }).click();
  });

  it('finds nothing on an incoming call', async () => {
    await alice.call('bob');
    await bob.waitForStatus('Incoming call');
    expect(await violations(bob)).toEqual([]);
    expect(await violations(alice)).toEqual([]);
  });

  it('finds nothing in a call, with media on the ladder', async () => {
    await bob.click('Answer');
    await alice.waitForStatus('In call');
    await alice.page
      .getByRole('listitem', { name: /first RTP packet/ })
      .first()
      .waitFor();
    await alice.page.locator('.voice-band').waitFor();
    expect(await violations(alice)).toEqual([]);
  });

  it('finds nothing on a small screen', async () => {
    await alice.page.setViewportSize({ width: 390, height: 844 });
    expect(await violations(alice)).toEqual([]);
    await alice.page.getByRole('button', { name: 'Ladder', exact: true }).click();
    expect(await violations(alice)).toEqual([]);
  });

  it('finds nothing after a failed call', async () => {
    await alice.page.setViewportSize({ width: 1440, height: 900 });
    await alice.click('Hang up');
    await alice.waitForStatus('Registered');
    await alice.call('carol');
    await alice.page.getByText('480').first().waitFor();
    expect(await violations(alice)).toEqual([]);
  });
});
