import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIREFOX, Firefox, type FirefoxTab } from './kit/firefox.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { waitUntil } from './kit/wait-until.ts';

/** Firefox pairs none of its candidates with a relay at the loopback address alone: the lab announces an address of this machine. */
const ownAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
if (ownAddress === undefined) console.log('skipped: voice in Firefox, this machine has the loopback address alone');

describe.skipIf(!hasProgram(FIREFOX))('two windows of Firefox', () => {
  let lab: LabProcess;
  let firefox: Firefox;
  let alice: FirefoxTab;
  let bob: FirefoxTab;

  beforeAll(async () => {
    lab = await LabProcess.start({ env: { IMSLAB_MEDIA_ADDRESS: ownAddress ?? '127.0.0.1' } });
    firefox = await Firefox.start();
    alice = await firefox.open(`${lab.url}/?ue=alice`);
    bob = await firefox.open(`${lab.url}/?ue=bob`);
  }, 60_000);
  afterAll(async () => {
    await firefox?.close();
    await lab?.close();
  });

  it('register with AKA', async () => {
    for (const tab of [alice, bob]) {
      await tab.click('button', 'Register');
      await tab.waitForStatus('Registered');
    }
  });

  it('send messages', async () => {
    for (const tab of [alice, bob]) await tab.click('tab', 'Chats');
    await alice.click('combobox', 'Message to');
    await alice.type('bob');
    await alice.click('textbox', 'Message to Bob');
    await alice.type('Hello from Firefox');
    await alice.waitForText('delivered');
    await bob.waitForText('Hello from Firefox');
    for (const tab of [alice, bob]) await tab.click('tab', 'Phone');
  });

  it.skipIf(ownAddress === undefined)('call each other, and each gets the voice of the other', async () => {
    await alice.click('textbox', 'Call to');
    await alice.type('bob');
    await bob.click('button', 'Answer');
    for (const tab of [alice, bob]) await tab.waitForStatus('In call');
    const octets = `window.imslab.peerConnection.getStats().then((stats) => [...stats.values()]
      .filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')
      .reduce((sum, { bytesReceived }) => sum + bytesReceived, 0))`;
    for (const tab of [alice, bob]) {
      await waitUntil('voice comes', async () => (await tab.value<number>(octets)) > 10_000);
    }
    await alice.click('button', 'Hang up');
    for (const tab of [alice, bob]) await tab.waitForStatus('Registered');
  });

  it('show each message on the ladder', async () => {
    const names = await alice.value<string[]>(
      `[...document.querySelectorAll('[aria-label=Ladder] > li')].map((item) => item.ariaLabel)`,
    );
    for (const name of ['REGISTER Alice to P-CSCF', 'MESSAGE P-CSCF to Bob', '200 P-CSCF to Bob']) {
      expect(names.some((each) => each.endsWith(name))).toBe(true);
    }
  });
});
