import type { RegistrationView } from '@imslab/ims-core/api/lab-api';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium, Tab } from './kit/browser.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

/** What the ladder shows with all that it folds, without numbers. */
async function ladder(tab: Tab): Promise<string[]> {
  await tab.showWatches();
  return (await tab.ladder()).map((name) => name.replace(/^\d+ /, ''));
}

describe.skipIf(!hasProgram('chromium'))('a phone in Chromium whose registration the network ends', () => {
  let lab: LabProcess;
  let browser: Browser;
  let context: BrowserContext;
  let alice: Tab;

  beforeAll(async () => {
    lab = await LabProcess.start();
    browser = await openChromium({ microphone: false });
    context = await browser.newContext();
    alice = await Tab.open(context, `${lab.url}/?ue=alice`);
    await alice.register();
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
  });

  const registrations = () => lab.json<RegistrationView[]>('/api/v1/registrations');
  const end = async (reason: string): Promise<void> => {
    const url = new URL(`/api/v1/registrations/${encodeURIComponent('tel:+15550001001')}?reason=${reason}`, lab.url);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
  };

  it('watches its registration, and so does its P-CSCF', async () => {
    await waitUntil('the ladder shows both subscriptions', async () => {
      const names = await ladder(alice);
      return names.includes('NOTIFY P-CSCF to Alice') && names.includes('SUBSCRIBE P-CSCF to I-CSCF');
    });
    const names = await ladder(alice);
    expect(names.filter((name) => name.startsWith('NOTIFY'))).toHaveLength(3);
    expect(names.filter((name) => name.startsWith('SUBSCRIBE'))).toHaveLength(4);
    expect(names).toContain('200 Alice to P-CSCF');
  });

  it('registers anew at once when another server shall serve it', async () => {
    const before = (await ladder(alice)).filter((name) => name === 'REGISTER Alice to P-CSCF').length;
    await end('SERVER_CHANGE');
    await waitUntil('Alice is registered again', async () => {
      const registers = (await ladder(alice)).filter((name) => name === 'REGISTER Alice to P-CSCF');
      return registers.length === before + 2 && (await registrations()).length === 1;
    });
    await alice.waitForStatus('Registered');
    await waitUntil(
      'the new registration is watched',
      async () => (await ladder(alice)).filter((name) => name === 'SUBSCRIBE Alice to P-CSCF').length === 2,
    );
  });

  it('stays off when its subscription is over, and says why', async () => {
    await end('PERMANENT_TERMINATION');
    await alice.waitForStatus('Not registered');
    await alice.page.getByText('The network ended your registration').waitFor();
    expect(await registrations()).toEqual([]);
  });

  it('registers again when a person asks for it', async () => {
    await alice.register();
    expect(await registrations()).toHaveLength(1);
    await waitUntil(
      'the registration is watched',
      async () => (await ladder(alice)).filter((name) => name === 'SUBSCRIBE Alice to P-CSCF').length === 3,
    );
    await alice.click('Deregister');
    await alice.waitForStatus('Not registered');
    expect(await registrations()).toEqual([]);
    expect(alice.errors).toEqual([]);
  });
});
