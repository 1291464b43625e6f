import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromium, Tab } from './kit/browser.ts';
import { Capture, mayCapture } from './kit/capture.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';

const ready = hasProgram('tshark') && hasProgram('chromium') && (await mayCapture());

describe.skipIf(!ready)('tshark, a decoder that is not ours', () => {
  let lab: LabProcess;
  let browser: Browser;
  let context: BrowserContext;
  const capture = new Capture();

  beforeAll(async () => {
    const host = '127.61.62.63';
    await capture.start(host);
    lab = await LabProcess.start({ host });
    browser = await openChromium({ microphone: false });
    context = await browser.newContext();
    const alice = await Tab.open(context, `${lab.url}/?ue=alice`);
    const bob = await Tab.open(context, `${lab.url}/?ue=bob`);
    await alice.register();
    await bob.register();
    await alice.call('bob');
    await bob.waitForStatus('Incoming call');
    await bob.click('Answer');
    await alice.waitForStatus('In call');
    await alice.click('Hang up');
    await bob.waitForStatus('Registered');
    await alice.click('Deregister');
    await alice.waitForStatus('Not registered');
    await capture.stop();
  });
  afterAll(async () => {
    await browser?.close();
    await lab?.close();
    capture.remove();
  });

  it('sees the SIP and the Diameter of two registrations, a call and a de-registration', async () => {
    expect(await capture.count('sip.Method == "REGISTER"')).toBeGreaterThanOrEqual(8);
    expect(await capture.count('sip.Method == "INVITE"')).toBeGreaterThanOrEqual(4);
    expect(await capture.count('sip.Method == "BYE"')).toBeGreaterThanOrEqual(2);
    for (const [name, code] of [
      ['UAR', 300],
      ['SAR', 301],
      ['LIR', 302],
      ['MAR', 303],
    ] as const) {
      const requests = await capture.count(`diameter.cmd.code == ${code} && diameter.flags.request == 1`);
      expect({ name, seen: requests > 0 }).toEqual({ name, seen: true });
    }
  });

  it('sees SIP at the ports of the three CSCFs, and Diameter at that of the HSS only', async () => {
    for (const port of [5060, 4060, 6060]) {
      expect({ port, seen: (await capture.count(`sip && tcp.port == ${port}`)) > 0 }).toEqual({ port, seen: true });
    }
    expect(await capture.count('diameter')).toBe(await capture.count('diameter && tcp.port == 3868'));
  });

  it('finds no malformed frame', async () => {
    expect(await capture.count('_ws.malformed')).toBe(0);
    expect(await capture.count('sip && _ws.expert.severity == error')).toBe(0);
  });

  it('finds no unknown AVP, vendor, command or application, and no wrong length', async () => {
    for (const fault of [
      'avp.unknown',
      'avp.code.unknown',
      'unknown_vendor',
      'cmd.code.unknown',
      'applicationId.unknown',
      'avp.invalid-data',
      'avp.invalid-len',
      'invalid_avp_len',
    ]) {
      expect({ fault, frames: await capture.count(`diameter.${fault}`) }).toEqual({ fault, frames: 0 });
    }
  });
});
