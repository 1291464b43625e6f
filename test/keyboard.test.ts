import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium, Tab } from './kit/browser.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

/** The phone without a mouse. The tests follow one another: each goes on where the one before it ended. */
describe.skipIf(!hasProgram('chromium'))('the phone by keyboard', () => {
  let lab: LabProcess;
  let browser: Browser;
  let alice: Tab;
  let bob: Tab;

  beforeAll(async () => {
    lab = await LabProcess.start();
    browser = await openChromium({ microphone: false });
    alice = await Tab.open(await browser.newContext(), `${lab.url}/?ue=alice`);
    bob = await Tab.open(await browser.newContext(), `${lab.url}/?ue=bob`);
    await bob.register();
  });
  afterAll(async () => {
    expect([...alice.errors, ...bob.errors]).toEqual([]);
    await browser?.close();
    await lab?.close();
  });

  /** Presses these keys, one after the other, wherever the focus is. */
  async function press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await alice.page.keyboard.press(key);
  }

  /** Presses the key until the focus is there. */
  async function walk(key: 'Tab' | 'Shift+Tab', name: string): Promise<void> {
    const limit = 20;
    for (let presses = 0; presses < limit && (await focused()) !== name; presses += 1) await press(key);
    expect(await focused()).toBe(name);
  }

  /** What a screen reader would call what has the focus. */
  function focused(): Promise<string> {
    return alice.page.evaluate(() => {
      const element = document.activeElement;
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
      const name = element?.ariaLabel ?? labels.map((label) => label.textContent).join(' ');
      return name || (element?.textContent ?? '').trim();
    });
  }

  async function waitForFocus(name: string): Promise<void> {
    await waitUntil(`the focus is on ${name}`, async () => (await focused()) === name);
  }

  const selected = () => alice.page.getByRole('tab', { selected: true }).first().textContent();

  it('registers with the first Enter', async () => {
    await waitForFocus('Register');
    await press('Enter');
    await alice.waitForStatus('Registered');
    await waitForFocus('Call to');
  });

  it.each([
    ['ArrowRight', 'Chats'],
    ['ArrowRight', 'Services'],
    ['ArrowRight', 'Phone'],
    ['ArrowLeft', 'Services'],
    ['Home', 'Phone'],
    ['End', 'Services'],
    ['ArrowLeft', 'Chats'],
  ])('goes along the tabs with %s to %s', async (key, name) => {
    if ((await focused()) === 'Call to') await walk('Shift+Tab', 'Phone');
    await press(key);
    expect(await focused()).toBe(name);
    expect(await selected()).toBe(name);
    // One tab alone is a stop: the next one is on the page.
    expect(await alice.page.locator('[role="tab"][tabindex="0"]').count()).toBe(1);
  });

  it('begins a chat, writes on, and comes back to its line with Escape', async () => {
    await press('Tab');
    expect(await focused()).toBe('Message to');
    await alice.page.keyboard.type('bob');
    await press('Enter');
    await waitForFocus('Message to Bob');
    await alice.page.keyboard.type('Hello');
    await press('Enter');
    await alice.bubbles().filter({ hasText: 'delivered' }).waitFor();
    expect(await focused()).toBe('Message to Bob');

    await press('Escape');
    await waitUntil('the focus is on the line of Bob', async () => (await focused()).includes('You: Hello'));
    await press('Enter');
    await waitForFocus('Message to Bob');
    await alice.page.keyboard.type('Not sent with the mou');
    await walk('Shift+Tab', 'All chats');
    await press('Enter');
    await waitUntil('the focus is on the line of Bob again', async () => (await focused()).includes('You: Hello'));
  });

  it('keeps what was begun, and sends it with the button without losing the place', async () => {
    await press('Enter');
    await waitForFocus('Message to Bob');
    await alice.page.keyboard.type('se');
    await press('Tab', 'Enter');
    await alice.bubbles().filter({ hasText: 'Not sent with the mouse' }).waitFor();
    await waitForFocus('Message to Bob');
  });

  it('passes an open chat along the tabs', async () => {
    await walk('Shift+Tab', 'Chats');
    await press('ArrowRight', 'ArrowLeft');
    expect(await focused()).toBe('Chats');
    await press('ArrowLeft');
    expect(await selected()).toBe('Phone');
  });

  it('does not answer a call with the Enter that ends a message, and keeps the message', async () => {
    await press('ArrowRight');
    await walk('Tab', 'Message to Bob');
    await alice.page.keyboard.type('I was just wri');
    await bob.call('alice');
    await alice.waitForStatus('Incoming call');
    await waitForFocus('Phone');
    await press('Enter');
    expect(await alice.status()).toContain('Incoming call');
    await press('Escape');
    await alice.waitForStatus('Registered');
    await bob.waitForStatus('Registered');
    await walk('Shift+Tab', 'Phone');
    await press('ArrowRight');
    await walk('Tab', 'Message to Bob');
    expect(await alice.page.getByRole('textbox', { name: 'Message to Bob' }).inputValue()).toBe('I was just wri');
  });

  it('sets a service with Enter and takes it back with the button, and the focus stays', async () => {
    await walk('Shift+Tab', 'Chats');
    await press('ArrowRight');
    await alice.page.getByRole('combobox', { name: 'Always' }).waitFor();
    await press('Tab');
    expect(await focused()).toBe('Always');
    await alice.page.keyboard.type('carol');
    await press('Enter');
    const saved = alice.page.getByRole('note').filter({ hasText: 'Saved' });
    await saved.waitFor();
    expect(await focused()).toBe('Always');
    await press('Control+a', 'Delete');
    await saved.waitFor({ state: 'detached' });
    await walk('Tab', 'Save');
    await press('Space');
    await saved.waitFor();
    expect(await focused()).toBe('Save');
  });

  it('gives up a call that is not answered with Escape', async () => {
    await walk('Shift+Tab', 'Services');
    await press('Home');
    await walk('Tab', 'Call to');
    await alice.page.keyboard.type('bob');
    await press('Enter');
    await bob.waitForStatus('Incoming call');
    await waitUntil('the focus is on the key to hang up', async () => (await focused()).startsWith('Hang up'));
    await press('Escape');
    await alice.waitForStatus('Registered');
    await bob.waitForStatus('Registered');
    await waitForFocus('Call to');
  });
});
