import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { MediaLegKey, MediaResult } from '@imslab/ims-core/ports/media-relay';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCorePorts } from './core-ports.ts';
import { mediaListenAddresses } from './listen-addresses.ts';
import { createMediasoupRelay, type MediasoupRelay, type MediasoupRelayConfig } from './mediasoup-relay.ts';

const FINGERPRINT = Array.from({ length: 32 }, () => 'A1').join(':');
const ue = { id: '001010000000001', label: 'Alice' };
const cause = { cause: null };
const originating: MediaLegKey = { callId: 'c', pass: 'originating', id: 'o' };
const terminating: MediaLegKey = { callId: 'c', pass: 'terminating', id: 't' };
const NOTHING = { sessions: 0, routers: 0, transports: 0, producers: 0, consumers: 0 };

const browser = (options: { setup?: string; codec?: string; ssrc?: number; ufrag?: string } = {}) =>
  [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `m=audio 9 UDP/TLS/RTP/SAVPF ${options.codec ? '96' : '111 0'}`,
    'c=IN IP4 0.0.0.0',
    `a=ice-ufrag:${options.ufrag ?? 'user'}`,
    'a=ice-pwd:0123456789abcdefghijklmn',
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    `a=setup:${options.setup ?? 'actpass'}`,
    'a=mid:0',
    'a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid',
    options.codec ? `a=rtpmap:96 ${options.codec}` : 'a=rtpmap:111 opus/48000/2',
    `a=ssrc:${options.ssrc ?? 1001} cname:x`,
    '',
  ].join('\r\n');

const phone = 'v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n';

/** An SDP of a plain RTP peer that announces its SSRC. */
const plain = (options: { direction?: string; port?: number; codecs?: string }) =>
  [
    'v=0',
    'o=as 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${options.port ?? 40_000} RTP/AVP ${options.codecs ?? '0'}`,
    `a=${options.direction ?? 'sendrecv'}`,
    'a=ssrc:3003 cname:as',
    '',
  ].join('\r\n');

/** True when a UDP port of the loopback address can be bound. */
async function isFree(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const free = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => resolve(true));
  });
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return free;
}

function sdpOf(result: MediaResult): string {
  if (!result.ok) throw new Error(`${result.code}: ${result.text}`);
  return result.sdp;
}

const config: MediasoupRelayConfig = {
  webrtcPort: 0,
  listenAddresses: ['127.0.0.1'],
  coreAddress: '127.0.0.1',
  corePortMin: 30_100,
  corePortMax: 30_105,
  workers: 1,
};

function createRelay(more: Partial<MediasoupRelayConfig> = {}): MediasoupRelay {
  return createMediasoupRelay({
    config: { ...config, ...more },
    trace: { message: () => 1, record: () => 1 },
    clock: {
      now: () => 0,
      after: () => ({ stop() {} }),
    },
    log: { info() {}, warn() {}, error() {} },
    partyOf: (address, port) => ({ node: 'other', id: '', label: `${address}:${port}` }),
  });
}

describe('the mediasoup relay', () => {
  let relay: MediasoupRelay;

  beforeEach(async () => {
    relay = createRelay();
    await relay.start();
  });
  afterEach(() => relay.close());

  const offer = (key: MediaLegKey, from: 'webrtc' | 'core', sdp: string) => relay.offer({ key, from, sdp, ue }, cause);
  const answer = (key: MediaLegKey, from: 'webrtc' | 'core', sdp: string) => relay.answer({ key, from, sdp }, cause);

  async function connect(): Promise<string> {
    const coreOffer = sdpOf(await offer(originating, 'webrtc', browser()));
    sdpOf(await offer(terminating, 'core', coreOffer));
    const coreAnswer = sdpOf(await answer(terminating, 'webrtc', browser({ setup: 'active', ssrc: 2002 })));
    return sdpOf(await answer(originating, 'core', coreAnswer));
  }

  it('joins two browser legs on one router and lets go of all when both passes are deleted', async () => {
    const toAlice = await connect();
    expect(toAlice).toMatch(/^a=ssrc:\d+ cname:x/m);
    expect(toAlice).not.toContain('sdes:mid');
    expect(relay.totals()).toEqual({ sessions: 2, routers: 1, transports: 2, producers: 2, consumers: 2 });
    await relay.delete(originating, cause);
    await relay.delete(terminating, cause);
    await relay.delete(terminating, cause);
    expect(relay.totals()).toEqual(NOTHING);
  });

  it('joins a browser with a plain RTP peer that announces its SSRC, and lets go of its ports', async () => {
    const coreOffer = sdpOf(await offer(originating, 'webrtc', browser()));
    const port = Number(/^m=audio (\d+) /m.exec(coreOffer)?.[1]);
    const toAlice = sdpOf(await answer(originating, 'core', plain({ direction: 'sendrecv' })));
    expect(toAlice).toMatch(/^m=audio \d+ UDP\/TLS\/RTP\/SAVPF 0\r$/m);
    const both = { sessions: 1, routers: 1, transports: 2, producers: 2, consumers: 2 };
    expect(relay.totals()).toEqual(both);
    expect(await isFree(port)).toBe(false);
    // A hold, a change of the address and a refresh stay on one leg.
    await offer(originating, 'webrtc', browser());
    sdpOf(await answer(originating, 'core', plain({ direction: 'recvonly' })));
    await offer(originating, 'webrtc', browser());
    sdpOf(await answer(originating, 'core', plain({ port: 40_002 })));
    expect(relay.totals()).toEqual(both);
    await relay.delete(originating, cause);
    expect(relay.totals()).toEqual(NOTHING);
    await vi.waitFor(async () => expect(await isFree(port)).toBe(true));
  });

  it('joins a plain RTP peer that calls a browser', async () => {
    sdpOf(await offer(terminating, 'core', plain({ codecs: '0 8' })));
    const toPeer = sdpOf(await answer(terminating, 'webrtc', browser({ setup: 'active', ssrc: 2002 })));
    expect(toPeer).toMatch(/^m=audio \d+ RTP\/AVP 0\r$/m);
    expect(relay.totals()).toEqual({ sessions: 1, routers: 1, transports: 2, producers: 2, consumers: 2 });
    await relay.delete(terminating, cause);
    expect(relay.totals()).toEqual(NOTHING);
  });

  it('refuses the answer of a peer whose stream it could not tell, and takes a good one after it', async () => {
    sdpOf(await offer(originating, 'webrtc', browser()));
    expect(await answer(originating, 'core', phone)).toMatchObject({ ok: false, code: 'MEDIA_NOT_SUPPORTED' });
    sdpOf(await answer(originating, 'core', plain({})));
    await relay.delete(originating, cause);
    expect(relay.totals()).toEqual(NOTHING);
  });

  it('gives the same answer again when the same answer comes again, as in 183 and 200', async () => {
    const coreOffer = sdpOf(await offer(originating, 'webrtc', browser()));
    sdpOf(await offer(terminating, 'core', coreOffer));
    const coreAnswer = sdpOf(await answer(terminating, 'webrtc', browser({ setup: 'active' })));
    const first = sdpOf(await answer(originating, 'core', coreAnswer));
    expect(sdpOf(await answer(originating, 'core', coreAnswer))).toBe(first);
  });

  it('answers an ICE restart with new credentials and a version that is one higher', async () => {
    const before = await connect();
    const coreOffer = sdpOf(await offer(originating, 'webrtc', browser({ ufrag: 'again' })));
    sdpOf(await offer(terminating, 'core', coreOffer));
    const coreAnswer = sdpOf(await answer(terminating, 'webrtc', browser({ setup: 'active', ssrc: 2002 })));
    const after = sdpOf(await answer(originating, 'core', coreAnswer));
    const ufrag = (sdp: string) => /a=ice-ufrag:(\S+)/.exec(sdp)?.[1];
    const version = (sdp: string) => Number(/^o=- \d+ (\d+)/m.exec(sdp)?.[1]);
    expect(ufrag(after)).not.toBe(ufrag(before));
    expect(version(after)).toBe(version(before) + 1);
  });

  it.each([
    ['garbage', 'originating', 'webrtc', 'hello', 'MEDIA_SDP_MALFORMED'],
    ['no ICE', 'originating', 'webrtc', phone, 'MEDIA_SDP_MALFORMED'],
    ['no codec of the relay', 'originating', 'webrtc', browser({ codec: 'G722/8000' }), 'MEDIA_NO_COMMON_CODEC'],
    ['a phone of another network', 'terminating', 'core', phone, 'MEDIA_NOT_SUPPORTED'],
  ] as const)('refuses a first offer with %s and keeps nothing of it', async (_name, pass, from, sdp, code) => {
    expect(await offer({ callId: 'x', pass, id: '1' }, from, sdp)).toMatchObject({ ok: false, code });
    expect(relay.totals()).toEqual(NOTHING);
  });

  it('refuses a core answer that is not its own, and an answer without an offer', async () => {
    sdpOf(await offer(originating, 'webrtc', browser()));
    expect(await answer(originating, 'core', phone)).toMatchObject({ ok: false, code: 'MEDIA_NOT_SUPPORTED' });
    expect(await answer(originating, 'webrtc', browser())).toMatchObject({ ok: false, code: 'MEDIA_UNKNOWN_SESSION' });
    expect(await answer(terminating, 'core', phone)).toMatchObject({ ok: false, code: 'MEDIA_UNKNOWN_SESSION' });
  });

  it('refuses an offer when the core ports are used up', async () => {
    const codes: string[] = [];
    for (const id of ['1', '2', '3', '4']) {
      const result = await offer({ callId: id, pass: 'originating', id }, 'webrtc', browser());
      codes.push(result.ok ? 'ok' : result.code);
    }
    expect(codes).toEqual(['ok', 'ok', 'ok', 'MEDIA_NO_RESOURCES']);
    expect(relay.totals()).toMatchObject({ sessions: 3, routers: 3, transports: 3 });
  });

  it('drops the calls of a worker that died and serves new ones with a new worker', async () => {
    await connect();
    const workers = await workerPids();
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(relay.totals()).toEqual(NOTHING));
    expect(await answer(originating, 'webrtc', browser())).toMatchObject({ code: 'MEDIA_UNKNOWN_SESSION' });
    await vi.waitFor(async () => expect(await connect()).toContain('a=ice-lite'), { timeout: 10_000 });
  });

  it('says that it is down before it started', async () => {
    const idle = createRelay();
    expect(await idle.offer({ key: originating, from: 'webrtc', sdp: browser(), ue }, cause)).toMatchObject({
      ok: false,
      code: 'MEDIA_RELAY_DOWN',
    });
  });

  it('names the setting when its port is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    try {
      await expect(createRelay({ webrtcPort: port }).start()).rejects.toMatchObject({
        code: 'MEDIA_PORT_IN_USE',
        message: expect.stringMatching(new RegExp(`${port}.*IMSLAB_MEDIA_PORT`)),
      });
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});

/** Process ids of the media workers that this process started. */
async function workerPids(): Promise<number[]> {
  const { readdir, readFile } = await import('node:fs/promises');
  const pids: number[] = [];
  for (const name of await readdir('/proc')) {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const match = /^(\d+) \(mediasoup-worke?r?\) \S (\d+)/.exec(stat);
    if (match && Number(match[2]) === process.pid) pids.push(Number(match[1]));
  }
  return pids;
}

describe('the core ports', () => {
  it('are even, each once, and come again only after all others', () => {
    const ports = createCorePorts<string>(30_101, 30_106);
    expect([ports.take('a'), ports.take('b'), ports.take('c')]).toEqual([30_102, 30_104, undefined]);
    ports.release(30_102);
    expect([ports.owner(30_102), ports.owner(30_104), ports.take('d')]).toEqual([undefined, 'b', 30_102]);
  });
});

describe('mediaListenAddresses', () => {
  const lan = { address: '192.0.2.7', netmask: '', mac: '', family: 'IPv4', internal: false, cidr: null } as const;

  it.each([
    ['loopback and the first other address', undefined, { eth0: [lan] }, ['127.0.0.1', '192.0.2.7']],
    ['the address that was chosen', '192.0.2.9', { eth0: [lan] }, ['127.0.0.1', '192.0.2.9']],
    ['loopback alone on a machine without a network', undefined, {}, ['127.0.0.1']],
  ])('gives %s', (_name, chosen, interfaces, addresses) => {
    expect(mediaListenAddresses(chosen, interfaces)).toEqual(addresses);
  });
});
