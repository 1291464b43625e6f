import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium, Tab } from './kit/browser.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

describe.skipIf(!hasProgram('chromium'))('the services of a phone', () => {
  let lab: LabProcess;
  let browser: Browser;
  let bob: Tab;

  beforeAll(async () => {
    lab = await LabProcess.start();
    browser = await openChromium({ microphone: false });
    bob = await Tab.open(await browser.newContext(), `${lab.url}/?ue=bob`);
    await bob.register();
  });
  afterAll(async () => {
    expect(bob.errors).toEqual([]);
    await browser?.close();
    await lab?.close();
  });

  function target(name: string) {
    return bob.page.getByRole('combobox', { name, exact: true });
  }

  const stored = () => lab.json<unknown>('/api/v1/subscribers/001010000000002/services');

  it('are set by names, reach the S-CSCF as a new profile, and outlive a reload', async () => {
    await bob.page.getByRole('tab', { name: 'Services' }).click();
    await target('No answer').fill('carol');
    await bob.page.getByRole('spinbutton', { name: 'Seconds without an answer' }).fill('5');
    await target('Not reachable').fill('+1 555 000 1004');
    await bob.page.getByRole('checkbox', { name: /^Greet callers/ }).check();
    await bob.click('Save');
    await bob.page.getByRole('note').filter({ hasText: 'Saved' }).waitFor();
    await waitUntil('the ladder shows PPR and PPA', async () => {
      const ladder = await bob.ladder();
      return ladder.some((item) => / PPR HSS to S-CSCF$/.test(item)) && ladder.some((item) => / PPA 2001 /.test(item));
    });
    const domain = 'ims.mnc001.mcc001.3gppnetwork.org';
    expect(await stored()).toEqual({
      forwarding: {
        noAnswer: { target: expect.stringContaining(`@${domain}`), afterS: 5 },
        notReachable: expect.stringContaining('+15550001004'),
      },
      greeting: true,
    });

    await bob.page.reload();
    await bob.waitForStatus('Registered');
    await bob.page.getByRole('tab', { name: 'Services' }).click();
    await target('No answer').waitFor();
    await waitUntil('the stored target is back', async () => (await target('No answer').inputValue()) === 'carol');
    expect(await target('Not reachable').inputValue()).toBe('dave');
    expect(await target('Always').inputValue()).toBe('');
  });

  it('say what is wrong with a target, and keep what was stored', async () => {
    const before = await stored();
    await target('Always').fill('two words');
    await bob.click('Save');
    await bob.page.getByRole('alert').filter({ hasText: 'two words' }).waitFor();
    expect(await stored()).toEqual(before);
  });

  it('are off again when their targets are empty', async () => {
    for (const name of ['Always', 'No answer', 'Not reachable']) await target(name).fill('');
    await bob.page.getByRole('checkbox', { name: /^Greet callers/ }).uncheck();
    await bob.click('Save');
    await bob.page.getByRole('note').filter({ hasText: 'Saved' }).waitFor();
    expect(await stored()).toEqual({ forwarding: {}, greeting: false });
  });
});
