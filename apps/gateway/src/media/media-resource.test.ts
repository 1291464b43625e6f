import { createSocket, type Socket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { MediaResourceResult } from '@imslab/ims-core/ports/media-resource';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../system-clock.ts';
import { systemRandom } from '../system-random.ts';
import { AnnouncementError, readAnnouncement } from './announcement-file.ts';
import { createMediaResource, type RtpMediaResource } from './media-resource.ts';
import { parseRtp, type RtpPacket, writeRtp } from './rtp-packet.ts';

/** A loopback address of its own: other labs may be running. */
const ADDRESS = '127.0.95.1';
const PACKET = { marker: true, payloadType: 0, sequence: 1, timestamp: 160, ssrc: 1, payload: new Uint8Array(160) };

/** A phone's ports: RTP and, one above, RTCP. */
class Phone {
  readonly packets: RtpPacket[] = [];
  readonly reports: Uint8Array[] = [];
  readonly #sockets: readonly Socket[];
  readonly port: number;

  private constructor(sockets: readonly Socket[], port: number) {
    this.#sockets = sockets;
    this.port = port;
    sockets[0]?.on('message', (octets) => {
      const packet = parseRtp(octets);
      if (packet) this.packets.push(packet);
    });
    sockets[1]?.on('message', (octets) => this.reports.push(octets));
  }

  static async open(port: number): Promise<Phone> {
    const bind = async (at: number) => {
      const socket = createSocket('udp4');
      await new Promise<void>((resolve) => socket.bind(at, ADDRESS, resolve));
      return socket;
    };
    return new Phone([await bind(port), await bind(port + 1)], port);
  }

  send(sdp: string, packet: RtpPacket): void {
    this.#sockets[0]?.send(writeRtp(packet), portOf(sdp), ADDRESS);
  }

  sdp(lines: readonly string[] = [], format = '0'): string {
    return sdpWith([`m=audio ${this.port} RTP/AVP ${format}`, ...lines]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
  }
}

function sdpWith(lines: readonly string[]): string {
  return ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', `c=IN IP4 ${ADDRESS}`, 't=0 0', ...lines, ''].join('\r\n');
}

function sdpOf(result: MediaResourceResult): string {
  if (!result.ok) throw new Error(`${result.code}: ${result.text}`);
  return result.sdp;
}

const portOf = (sdp: string) => Number(/^m=audio (\d+) /m.exec(sdp)?.[1]);
const ssrcOf = (sdp: string) => Number(/^a=ssrc:(\d+) cname:as\r$/m.exec(sdp)?.[1]);

let resource: RtpMediaResource;
let phone: Phone;

beforeEach(async () => {
  resource = createMediaResource({
    config: { address: ADDRESS, portMin: 31_000, portMax: 31_003 },
    clock: systemClock,
    random: systemRandom,
    announcement: new Uint8Array(480).map((_, at) => Math.floor(at / 160)),
  });
  phone = await Phone.open(40_000);
});
afterEach(async () => {
  await resource.close();
  expect(resource.sessions()).toBe(0);
  await phone.close();
});

describe('the echo', () => {
  it('sends packets back under the SSRC of its SDP, with sequence numbers of its own', async () => {
    const echo = resource.open('echo');
    const answer = sdpOf(await echo.answer(phone.sdp()));
    for (const sequence of [500, 501, 900]) {
      phone.send(answer, { ...PACKET, sequence, timestamp: sequence * 160 });
    }
    await vi.waitFor(() => expect(phone.packets).toHaveLength(3));
    const [first] = phone.packets;
    if (!first) throw new Error('nothing came back');
    expect(phone.packets.map(({ ssrc }) => ssrc)).toEqual(phone.packets.map(() => ssrcOf(answer)));
    const numbers = phone.packets.map(({ sequence }) => (sequence - first.sequence) & 0xffff);
    expect(numbers.toSorted((one, other) => one - other)).toEqual([0, 1, 2]);
    expect(first).toMatchObject({ marker: true, payloadType: 0 });
    await echo.close();
    await vi.waitFor(() => expect(phone.reports).toHaveLength(1));
    // Sender report, CNAME, BYE.
    expect([...(phone.reports[0] ?? [])].filter((_, at) => [1, 29, 45].includes(at))).toEqual([200, 202, 203]);
  });

  it('answers with any voice codec that is offered, and with its digits', async () => {
    const lines = ['a=rtpmap:96 AMR-WB/16000', 'a=rtpmap:101 telephone-event/8000', 'a=ptime:20'];
    const answer = sdpOf(await resource.open('echo').answer(phone.sdp(lines, '13 96 8 101')));
    expect(answer).toContain('RTP/AVP 96 101\r\n');
    expect(answer).toContain('a=ptime:20\r\n');
  });

  it('keeps its address, port and SSRC through changes, and its version when nothing changes', async () => {
    const echo = resource.open('echo');
    const first = sdpOf(await echo.answer(phone.sdp()));
    expect(sdpOf(await echo.answer(phone.sdp()))).toBe(first);
    const held = sdpOf(await echo.answer(phone.sdp(['a=sendonly'])));
    expect(held).toContain('a=recvonly');
    expect([portOf(held), ssrcOf(held)]).toEqual([portOf(first), ssrcOf(first)]);
    expect(/^o=- \d+ 2 /m.test(held)).toBe(true);
  });

  it.each([
    ['on hold', ['a=sendonly']],
    ['on hold as in RFC 2543', ['c=IN IP4 0.0.0.0']],
  ])('is silent %s', async (_what, lines) => {
    const echo = resource.open('echo');
    await echo.answer(phone.sdp());
    const answer = sdpOf(await echo.answer(phone.sdp(lines)));
    phone.send(answer, PACKET);
    // Long enough to arrive on loopback.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await echo.answer(phone.sdp());
    phone.send(answer, { ...PACKET, timestamp: 320 });
    await vi.waitFor(() => expect(phone.packets.length).toBeGreaterThan(0));
    expect(phone.packets).toHaveLength(1);
  });

  it('takes packets from the peer of the SDP only', async () => {
    const stranger = await Phone.open(40_010);
    const answer = sdpOf(await resource.open('echo').answer(phone.sdp()));
    stranger.send(answer, PACKET);
    phone.send(answer, PACKET);
    await vi.waitFor(() => expect(phone.packets).toHaveLength(1));
    expect(stranger.packets).toEqual([]);
    await stranger.close();
  });

  it('offers PCMU when it is asked for an offer, and takes the answer', async () => {
    const echo = resource.open('echo');
    const offer = sdpOf(await echo.offer());
    expect(offer).toContain('RTP/AVP 0\r\n');
    expect(await echo.accept(phone.sdp())).toBeUndefined();
    phone.send(offer, PACKET);
    await vi.waitFor(() => expect(phone.packets).toHaveLength(1));
    expect(await echo.accept(phone.sdp([], '8'))).toMatchObject({ code: 'MEDIA_NO_COMMON_CODEC' });
  });

  it('refuses the lines that it does not use, in their places', async () => {
    const offer = sdpWith(['m=video 5000 RTP/AVP 31', 'm=audio 40000 RTP/AVP 0', 'm=audio 40004 RTP/AVP 8']);
    const answer = sdpOf(await resource.open('echo').answer(offer));
    expect(answer.match(/^m=.*/gm)?.map((line) => line.replace(/\d{5}/, 'port'))).toEqual([
      'm=video 0 RTP/AVP 31',
      'm=audio port RTP/AVP 0',
      'm=audio 0 RTP/AVP 8',
    ]);
  });

  it.each([
    ['no SDP', 'hello', 'MEDIA_SDP_MALFORMED'],
    ['no audio', sdpWith(['m=video 5000 RTP/AVP 31']), 'MEDIA_NO_COMMON_CODEC'],
    [
      'events alone',
      sdpWith(['m=audio 5000 RTP/AVP 101', 'a=rtpmap:101 telephone-event/8000']),
      'MEDIA_NO_COMMON_CODEC',
    ],
    ['encrypted media', sdpWith(['m=audio 5000 RTP/SAVP 0']), 'MEDIA_NO_COMMON_CODEC'],
    ['a name as its address', sdpWith(['m=audio 5000 RTP/AVP 0', 'c=IN IP4 phone.example']), 'MEDIA_NO_COMMON_CODEC'],
  ])('refuses an offer with %s', async (_what, offer, code) => {
    expect(await resource.open('echo').answer(offer)).toMatchObject({ ok: false, code });
  });

  it('refuses a call when its ports are used up, and takes one again when a call has ended', async () => {
    const [one, two, three] = [resource.open('echo'), resource.open('echo'), resource.open('echo')];
    sdpOf(await one.answer(phone.sdp()));
    sdpOf(await two.answer(phone.sdp()));
    expect(await three.answer(phone.sdp())).toMatchObject({ code: 'MEDIA_NO_RESOURCES' });
    await one.close();
    sdpOf(await three.answer(phone.sdp()));
  });

  it('passes by a port that somebody else has', async () => {
    const other = await Phone.open(31_000);
    expect(portOf(sdpOf(await resource.open('echo').answer(phone.sdp())))).toBe(31_002);
    await other.close();
  });
});

describe('the announcement', () => {
  it('is sent once, a packet every 20 ms, under the payload type that the peer has for PCMU', async () => {
    const session = resource.open('announcement');
    const answer = sdpOf(await session.answer(phone.sdp(['a=rtpmap:97 PCMU/8000'], '8 97')));
    expect(answer).toContain('RTP/AVP 97\r\n');
    expect(answer).toContain('a=sendonly\r\n');
    await new Promise<void>((resolve) => session.play(resolve));
    await vi.waitFor(() => expect(phone.packets).toHaveLength(3));
    expect(phone.packets.map(({ marker, payloadType, payload }) => [marker, payloadType, payload[0]])).toEqual([
      [true, 97, 0],
      [false, 97, 1],
      [false, 97, 2],
    ]);
    const [first, second] = phone.packets;
    expect(((second?.timestamp ?? 0) - (first?.timestamp ?? 0)) >>> 0).toBe(160);
  });

  it('says nothing more when the call ends', async () => {
    const session = resource.open('announcement');
    sdpOf(await session.answer(phone.sdp()));
    const played = vi.fn();
    session.play(played);
    await session.close();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(played).not.toHaveBeenCalled();
  });

  it('needs PCMU', async () => {
    const offer = phone.sdp([], '8');
    expect(await resource.open('announcement').answer(offer)).toMatchObject({ code: 'MEDIA_NO_COMMON_CODEC' });
  });
});

describe('an announcement file', () => {
  const greeting = path.resolve(import.meta.dirname, '../../announcements/greeting.wav');

  it('gives its samples', () => {
    const seconds = readAnnouncement(greeting).length / 8_000;
    expect(seconds).toBeGreaterThan(3);
    expect(seconds).toBeLessThan(10);
  });

  it.each([
    ['is not there', undefined],
    ['is no WAVE file', 'hello'],
    ['has no samples', 'RIFF\0\0\0\0WAVE'],
  ])('says so when it %s', (name, content) => {
    const file = path.join(tmpdir(), `imslab-${process.pid}-${name}.wav`);
    if (content !== undefined) writeFileSync(file, content);
    expect(() => readAnnouncement(file)).toThrow(AnnouncementError);
  });
});
