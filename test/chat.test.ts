import type { TraceEvent } from '@imslab/ims-core/trace/event';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium, Tab } from './kit/browser.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

describe.skipIf(!hasProgram('chromium'))('messages between tabs', () => {
  let lab: LabProcess;
  let browser: Browser;
  let alice: Tab;
  let bob: Tab;

  beforeAll(async () => {
    lab = await LabProcess.start();
    browser = await openChromium({ microphone: false });
    alice = await Tab.open(await browser.newContext(), `${lab.url}/?ue=alice`);
    bob = await Tab.open(await browser.newContext(), `${lab.url}/?ue=bob`);
    await alice.register();
    await bob.register();
  });
  afterAll(async () => {
    expect([...alice.errors, ...bob.errors]).toEqual([]);
    await browser?.close();
    await lab?.close();
  });

  async function write(tab: Tab, to: string): Promise<void> {
    await tab.page.getByRole('combobox', { name: 'Message to' }).fill(to);
    await tab.page.keyboard.press('Enter');
  }

  async function says(tab: Tab, text: string): Promise<void> {
    await tab.page.getByRole('textbox', { name: /^Message to / }).fill(text);
    await tab.page.keyboard.press('Enter');
  }

  it('arrive as chat, say that they were delivered, and are answered', async () => {
    await alice.showPage('Chats');
    await write(alice, 'bob');
    await says(alice, 'Hello Bob, can you hear me? Ünïcödé ☎');
    await alice.bubbles().filter({ hasText: 'delivered' }).waitFor();

    // Bob looks at his keypad: the tab counts what is unread, and so does the title.
    await bob.page.getByRole('tab', { name: 'Chats 1 unread' }).click();
    expect(await bob.page.title()).toMatch(/^\(1\) /);
    await bob.page.getByRole('region', { name: 'Chats' }).getByRole('button', { name: /Alice/ }).click();
    expect(await bob.bubbles().allTextContents()).toEqual([
      expect.stringContaining('Hello Bob, can you hear me? Ünïcödé ☎'),
    ]);
    await bob.page.getByRole('tab', { name: 'Chats', exact: true }).waitFor();
    await says(bob, 'Loud and clear');
    await alice.bubbles().filter({ hasText: 'Loud and clear' }).waitFor();

    // Both are one chat, on the way of a call: six hops there, six back.
    expect(await alice.bubbles().count()).toBe(2);
    const events = (await lab.json<{ events: TraceEvent[] }>('/api/v1/trace')).events;
    const hops = events.filter(
      (event) => event.kind === 'sip' && event.sip.method === 'MESSAGE' && event.sip.status === 0,
    );
    expect(hops.slice(0, 6).map(({ from, to }) => `${from.label} to ${to.label}`)).toEqual([
      'Alice to P-CSCF',
      'P-CSCF to S-CSCF',
      'S-CSCF to I-CSCF',
      'I-CSCF to S-CSCF',
      'S-CSCF to P-CSCF',
      'P-CSCF to Bob',
    ]);
  });

  it('that nobody gets say why, and the chat outlives a reload', async () => {
    await alice.page.getByRole('button', { name: 'All chats' }).click();
    await write(alice, 'judy');
    await says(alice, 'Are you there?');
    await alice
      .bubbles()
      .filter({ hasText: 'Not delivered: Judy is not reachable' })
      .filter({ hasText: '480' })
      .waitFor();
    await alice.page.getByRole('button', { name: 'All chats' }).click();
    await write(alice, 'nobody-of-this-name');
    await says(alice, 'Hello?');
    await alice.bubbles().filter({ hasText: 'Not delivered: nobody is called' }).filter({ hasText: '404' }).waitFor();

    await alice.page.reload();
    await alice.waitForStatus('Registered');
    await alice.showPage('Chats');
    const lines = alice.page.getByRole('region', { name: 'Chats' }).getByRole('listitem');
    await waitUntil('three chats are listed', async () => (await lines.count()) === 3);
    await lines.filter({ hasText: 'Bob' }).getByRole('button').click();
    expect(await alice.bubbles().count()).toBe(2);
  });

  it('leave the list alone when the address is none', async () => {
    await alice.page.getByRole('button', { name: 'All chats' }).click();
    await write(alice, 'two words');
    await alice.page.getByRole('alert').filter({ hasText: 'is not a name, a number or a SIP address' }).waitFor();
  });
});
