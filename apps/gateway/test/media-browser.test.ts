import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Clock } from '@imslab/ims-core/ports/clock';
import type { MediaLegKey, MediaResult } from '@imslab/ims-core/ports/media-relay';
import type { MediaResourceResult, MediaResourceSession } from '@imslab/ims-core/ports/media-resource';
import type { TraceEventInput } from '@imslab/ims-core/trace/event';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { readAnnouncement } from '../src/media/announcement-file.ts';
import { createMediaResource, type RtpMediaResource } from '../src/media/media-resource.ts';
import { createMediasoupRelay, type MediasoupRelay } from '../src/media/mediasoup-relay.ts';
import { systemRandom } from '../src/system-random.ts';
import { type BrowserPhone, browserPhone, type Heard } from './browser-phone.ts';

declare global {
  var phone: BrowserPhone;
}

const CHROMIUM = process.env['IMSLAB_CHROMIUM'] ?? '/usr/bin/chromium';
const chromiumIsThere = existsSync(CHROMIUM);
if (!chromiumIsThere) console.warn(`skipped: no Chromium at ${CHROMIUM} (IMSLAB_CHROMIUM names another)`);

const ALICE_HZ = 700;
const BOB_HZ = 1100;
/** The two frequencies of the key 5, which a receiving browser makes from telephone-event packets. @see ITU-T Q.23 */
const KEY_FIVE_HZ = [770, 1336];
const TONE_TOLERANCE_HZ = 15;
/** A loopback address of its own: other labs may be running. */
const ADDRESS = '127.0.94.1';
const GREETING = path.resolve(import.meta.dirname, '../announcements/greeting.wav');
/** The tone with which the greeting begins. */
const GREETING_HZ = 880;
const AS_PORT_MIN = 31_000;
const AS_PORT_MAX = 31_999;

const clock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return { stop: () => clearTimeout(timer) };
  },
};

function sdpOf(result: MediaResult | MediaResourceResult): string {
  if (!result.ok) throw new Error(`${result.code}: ${result.text}`);
  return result.sdp;
}

const alice = { id: '001010000000001', label: 'Alice' };
const bob = { id: '001010000000002', label: 'Bob' };

describe.skipIf(!chromiumIsThere)('two browsers through the media relay', () => {
  let relay: MediasoupRelay;
  let resource: RtpMediaResource;
  let browser: Browser;
  let a: Page;
  let b: Page;
  const events: TraceEventInput[] = [];
  let calls = 0;
  let originating: MediaLegKey;
  let terminating: MediaLegKey;
  const cause = { cause: 7 };

  beforeAll(async () => {
    relay = createMediasoupRelay({
      config: {
        webrtcPort: 0,
        listenAddresses: [ADDRESS],
        coreAddress: ADDRESS,
        corePortMin: 30_100,
        corePortMax: 30_999,
        workers: 1,
      },
      trace: { message: () => 0, record: (event) => events.push(event) },
      clock,
      log: console,
      partyOf: () => ({ node: 'as', id: '', label: 'AS' }),
    });
    resource = createMediaResource({
      config: { address: ADDRESS, portMin: AS_PORT_MIN, portMax: AS_PORT_MAX },
      clock,
      random: systemRandom,
      announcement: readAnnouncement(GREETING),
    });
    await relay.start();
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--use-fake-ui-for-media-stream',
        '--use-fake-device-for-media-stream',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
        '--autoplay-policy=no-user-gesture-required',
      ],
    });
    [a, b] = await Promise.all([browser.newPage(), browser.newPage()]);
  });

  afterAll(async () => {
    await browser?.close();
    await resource?.close();
    await relay?.close();
  });

  beforeEach(() => {
    calls += 1;
    originating = { callId: `call-${calls}`, pass: 'originating', id: 'o' };
    terminating = { callId: `call-${calls}`, pass: 'terminating', id: 't' };
    events.length = 0;
  });

  afterEach(hangUp);

  async function pickUp(
    aOptions: Partial<Parameters<BrowserPhone['open']>[0]> = {},
    bOptions: Partial<Parameters<BrowserPhone['open']>[0]> = {},
  ): Promise<void> {
    const start = (page: Page, options: Parameters<BrowserPhone['open']>[0]) =>
      page.evaluate(`globalThis.phone = (${browserPhone.toString()})(); phone.open(${JSON.stringify(options)})`);
    await Promise.all([start(a, { toneHz: ALICE_HZ, ...aOptions }), start(b, { toneHz: BOB_HZ, ...bOptions })]);
  }

  async function hangUp(): Promise<void> {
    await Promise.all([a, b].map((page) => page.evaluate(() => globalThis.phone?.close())));
    await relay.delete(terminating, cause);
    await relay.delete(originating, cause);
  }

  /** An offer of Alice's goes to Bob and his answer back, as the two P-CSCF passes would pass them on. */
  async function aliceOffers(
    options: Parameters<BrowserPhone['offer']>[0] = {},
    answerOptions: Parameters<BrowserPhone['answer']>[1] = {},
  ): Promise<{ toBob: string; toAlice: string }> {
    const offer = await a.evaluate((o) => phone.offer(o), options);
    const coreOffer = sdpOf(await relay.offer({ key: originating, from: 'webrtc', sdp: offer, ue: alice }, cause));
    const toBob = sdpOf(await relay.offer({ key: terminating, from: 'core', sdp: coreOffer, ue: bob }, cause));
    const answer = await b.evaluate(([sdp, o]) => phone.answer(sdp, o), [toBob, answerOptions] as const);
    const coreAnswer = sdpOf(await relay.answer({ key: terminating, from: 'webrtc', sdp: answer }, cause));
    const toAlice = sdpOf(await relay.answer({ key: originating, from: 'core', sdp: coreAnswer }, cause));
    await a.evaluate((sdp) => phone.accept(sdp), toAlice);
    return { toBob, toAlice };
  }

  async function bobOffers(
    options: Parameters<BrowserPhone['offer']>[0] = {},
    answerOptions: Parameters<BrowserPhone['answer']>[1] = {},
  ): Promise<void> {
    const offer = await b.evaluate((o) => phone.offer(o), options);
    const coreOffer = sdpOf(await relay.offer({ key: terminating, from: 'webrtc', sdp: offer, ue: bob }, cause));
    const toAlice = sdpOf(await relay.offer({ key: originating, from: 'core', sdp: coreOffer, ue: alice }, cause));
    const answer = await a.evaluate(([sdp, o]) => phone.answer(sdp, o), [toAlice, answerOptions] as const);
    const coreAnswer = sdpOf(await relay.answer({ key: originating, from: 'webrtc', sdp: answer }, cause));
    const toBob = sdpOf(await relay.answer({ key: terminating, from: 'core', sdp: coreAnswer }, cause));
    await b.evaluate((sdp) => phone.accept(sdp), toBob);
  }

  const listen = (page: Page): Promise<Heard> => page.evaluate(() => phone.listen());

  async function hears(page: Page, toneHz: number): Promise<Heard> {
    const before = await listen(page);
    return vi.waitFor(
      async () => {
        const heard = await listen(page);
        expect(heard.bytes).toBeGreaterThan(before.bytes);
        expect(heard.energy).toBeGreaterThan(before.energy);
        expect(Math.abs((heard.peaksHz[0] ?? 0) - toneHz)).toBeLessThan(TONE_TOLERANCE_HZ);
        return heard;
      },
      { timeout: 15_000, interval: 100 },
    );
  }

  async function hearsNothing(page: Page): Promise<void> {
    await vi.waitFor(
      async () => {
        const before = await listen(page);
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect((await listen(page)).bytes).toBe(before.bytes);
      },
      { timeout: 10_000, interval: 10 },
    );
  }

  async function hearsKeyFive(page: Page): Promise<void> {
    await vi.waitFor(
      async () => {
        const { peaksHz } = await listen(page);
        for (const part of KEY_FIVE_HZ) {
          expect(Math.min(...peaksHz.map((peak) => Math.abs(peak - part)))).toBeLessThan(TONE_TOLERANCE_HZ);
        }
      },
      { timeout: 10_000, interval: 50 },
    );
  }

  const bothHear = () => Promise.all([hears(a, BOB_HZ), hears(b, ALICE_HZ)]);

  it('carries opus both ways and tells the ladder what happened', async () => {
    await pickUp();
    await aliceOffers();
    const [atAlice, atBob] = await bothHear();
    expect([atAlice.codec, atBob.codec]).toEqual(['audio/opus', 'audio/opus']);
    expect(relay.totals()).toEqual({ sessions: 2, routers: 1, transports: 2, producers: 2, consumers: 2 });
    expect(await relay.query(originating)).toMatchObject({ ue: alice, codec: 'opus/48000', dtlsState: 'connected' });
    await hangUp();
    const told = events.map((event) =>
      event.kind === 'media'
        ? `${event.media.what} ${event.from.label} to ${event.to.label}, cause ${event.cause}`
        : '',
    );
    for (const { label } of [alice, bob]) {
      expect(told.filter((line) => line.includes(label)).sort()).toEqual([
        `DTLS connected ${label} to Media relay, cause 7`,
        `ICE connected ${label} to Media relay, cause 7`,
        `first RTP packet ${label} to Media relay, cause 7`,
        `first RTP packet Media relay to ${label}, cause 7`,
        `media closed Media relay to ${label}, cause 7`,
      ]);
    }
  });

  it('carries PCMU when that is all that one side has', async () => {
    await pickUp({ codecs: ['PCMU'] });
    await aliceOffers();
    const [atAlice, atBob] = await bothHear();
    expect([atAlice.codec, atBob.codec]).toEqual(['audio/PCMU', 'audio/PCMU']);
  });

  it.each([
    ['opus', {}],
    ['PCMU', { codecs: ['PCMU'] }],
  ])('carries digits beside %s as telephone-event packets', async (_codec, options) => {
    await pickUp(options);
    await aliceOffers();
    await bothHear();
    await a.evaluate(() => phone.dial('5555555555'));
    await hearsKeyFive(b);
    await b.evaluate(() => phone.dial('5555555555'));
    await hearsKeyFive(a);
  });

  it.each([
    [
      'the caller',
      () => aliceOffers({ direction: 'sendonly' }),
      () => a,
      () => b,
      ALICE_HZ,
      () => aliceOffers({ direction: 'sendrecv' }, { direction: 'sendrecv' }),
    ],
    [
      'the callee',
      () => bobOffers({ direction: 'sendonly' }),
      () => b,
      () => a,
      BOB_HZ,
      () => bobOffers({ direction: 'sendrecv' }, { direction: 'sendrecv' }),
    ],
  ])(
    'stops what the holder would hear when %s holds, and resumes',
    async (_who, hold, holder, held, holderHz, resume) => {
      await pickUp();
      await aliceOffers();
      await bothHear();
      await hold();
      await hears(held(), holderHz);
      await hearsNothing(holder());
      await resume();
      await bothHear();
      expect(relay.totals()).toMatchObject({ transports: 2, producers: 2, consumers: 2 });
    },
  );

  it('stops both ways when both sides hold, and resumes one after the other', async () => {
    await pickUp();
    await aliceOffers();
    await bothHear();
    await aliceOffers({ direction: 'sendonly' });
    await bobOffers({ direction: 'inactive' });
    await Promise.all([hearsNothing(a), hearsNothing(b)]);
    await bobOffers({ direction: 'sendrecv' }, { direction: 'sendrecv' });
    await bothHear();
  });

  it.each([
    ['the caller', () => aliceOffers({ iceRestart: true })],
    ['the callee', () => bobOffers({ iceRestart: true })],
  ])('goes on on the same transports when %s restarts ICE', async (_who, restart) => {
    await pickUp();
    await aliceOffers();
    await bothHear();
    await restart();
    await bothHear();
    expect(relay.totals()).toEqual({ sessions: 2, routers: 1, transports: 2, producers: 2, consumers: 2 });
  });

  it('goes on after refreshes from both sides that change nothing', async () => {
    await pickUp();
    await aliceOffers();
    await bothHear();
    await aliceOffers();
    await bobOffers();
    await aliceOffers();
    await bothHear();
    expect(relay.totals()).toEqual({ sessions: 2, routers: 1, transports: 2, producers: 2, consumers: 2 });
  });

  it('refuses a video line with port 0 and carries the voice', async () => {
    await pickUp({ video: true });
    const { toBob, toAlice } = await aliceOffers();
    await bothHear();
    expect(toBob).toMatch(/^m=video 0 /m);
    expect(toAlice).toMatch(/^m=video 0 /m);
  });

  it('joins the branch that answers when the call was forked', async () => {
    await pickUp();
    const offer = await a.evaluate(() => phone.offer());
    const coreOffer = sdpOf(await relay.offer({ key: originating, from: 'webrtc', sdp: offer, ue: alice }, cause));
    const losing: MediaLegKey = { ...terminating, id: 'losing' };
    const carol = { id: '001010000000003', label: 'Carol' };
    await relay.offer({ key: losing, from: 'core', sdp: coreOffer, ue: carol }, cause).then(sdpOf);
    const toBob = await relay.offer({ key: terminating, from: 'core', sdp: coreOffer, ue: bob }, cause).then(sdpOf);
    expect(relay.totals()).toMatchObject({ sessions: 3, routers: 1, transports: 3 });
    const answer = await b.evaluate((sdp) => phone.answer(sdp), toBob);
    const coreAnswer = await relay.answer({ key: terminating, from: 'webrtc', sdp: answer }, cause).then(sdpOf);
    const toAlice = await relay.answer({ key: originating, from: 'core', sdp: coreAnswer }, cause).then(sdpOf);
    await a.evaluate((sdp) => phone.accept(sdp), toAlice);
    await relay.delete(losing, cause);
    await bothHear();
    expect(relay.totals()).toEqual({ sessions: 2, routers: 1, transports: 2, producers: 2, consumers: 2 });
  });

  /** An offer of Alice's goes to a media function and its answer back. */
  async function aliceAsks(
    session: MediaResourceSession,
    options: Parameters<BrowserPhone['offer']>[0] = {},
  ): Promise<void> {
    const offer = await a.evaluate((o) => phone.offer(o), options);
    const coreOffer = sdpOf(await relay.offer({ key: originating, from: 'webrtc', sdp: offer, ue: alice }, cause));
    const coreAnswer = sdpOf(await session.answer(coreOffer));
    const toAlice = sdpOf(await relay.answer({ key: originating, from: 'core', sdp: coreAnswer }, cause));
    await a.evaluate((sdp) => phone.accept(sdp), toAlice);
  }

  it.each([
    ['opus', {}],
    ['PCMU', { codecs: ['PCMU'] }],
  ])('sends back what is said to the echo over plain RTP, in %s, and tells the ladder so', async (codec, options) => {
    await pickUp(options);
    const echo = resource.open('echo');
    await aliceAsks(echo);
    echo.play(() => {});
    expect((await hears(a, ALICE_HZ)).codec).toBe(`audio/${codec}`);
    await a.evaluate(() => phone.dial('5555555555'));
    await hearsKeyFive(a);
    expect(relay.totals()).toEqual({ sessions: 1, routers: 1, transports: 2, producers: 2, consumers: 2 });
    // On hold nothing comes back; after it the same streams go on.
    await aliceAsks(echo, { direction: 'sendonly' });
    await hearsNothing(a);
    await aliceAsks(echo, { direction: 'sendrecv' });
    await hears(a, ALICE_HZ);
    await aliceAsks(echo, { iceRestart: true });
    await hears(a, ALICE_HZ);
    await hangUp();
    await echo.close();
    const told = events.flatMap((event) =>
      event.kind === 'media' && [event.from.node, event.to.node].includes('as')
        ? [`${event.media.what} ${event.from.label} to ${event.to.label}`]
        : [],
    );
    expect(told.toSorted()).toEqual([
      'first RTP packet AS to Media relay',
      'first RTP packet Media relay to AS',
      'media closed Media relay to AS',
    ]);
    expect(relay.totals()).toEqual({ sessions: 0, routers: 0, transports: 0, producers: 0, consumers: 0 });
    expect(resource.sessions()).toBe(0);
  });

  it('speaks the greeting once, and says when it is over', async () => {
    await pickUp();
    const greeting = resource.open('announcement');
    await aliceAsks(greeting);
    const began = performance.now();
    const played = new Promise<number>((resolve) => greeting.play(() => resolve(performance.now() - began)));
    expect((await hears(a, GREETING_HZ)).codec).toBe('audio/PCMU');
    const lengthMs = readAnnouncement(GREETING).length / 8;
    expect(Math.abs((await played) - lengthMs)).toBeLessThan(200);
    await hearsNothing(a);
    await greeting.close();
  });

  it('leaves nothing behind after 100 calls', async () => {
    const before = relay.totals();
    expect(before).toEqual({ sessions: 0, routers: 0, transports: 0, producers: 0, consumers: 0 });
    for (let call = 0; call < 100; call += 1) {
      originating = { ...originating, callId: `row-${call}` };
      terminating = { ...terminating, callId: `row-${call}` };
      await pickUp();
      await aliceOffers();
      if (call % 10 === 0) await bothHear();
      expect(relay.totals()).toEqual({ sessions: 2, routers: 1, transports: 2, producers: 2, consumers: 2 });
      await hangUp();
    }
    expect(relay.totals()).toEqual(before);
  });
});
