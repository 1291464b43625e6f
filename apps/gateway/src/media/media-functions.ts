import type { Clock, Timer } from '@imslab/ims-core/ports/clock';
import type { MediaFunction } from '@imslab/ims-core/ports/media-resource';
import type { SdpCodec } from '@imslab/ims-core/protocols/sdp/description';
import { isTelephoneEvent } from '@imslab/ims-core/protocols/sdp/relayed-codecs';
import { parseRtp } from './rtp-packet.ts';
import type { RtpSender } from './rtp-sender.ts';

/** What a media function sends, and when. */
export interface RunningFunction {
  /** A packet of the peer. */
  receive(octets: Uint8Array): void;
  /** What the peer agreed to: the voice codec's payload type, and whether it wants to hear something now. */
  agree(payloadType: number, held: boolean): void;
  /** Begins; `played` is called once when all was sent. */
  play(played: () => void): void;
  stop(): void;
}

/** G.711 mu-law. @see RFC 3551 §4.5.14 */
export const PCMU: SdpCodec = {
  payloadType: 0,
  name: 'PCMU',
  clockRate: 8_000,
  channels: 1,
  fmtp: '',
  feedback: [],
};
const PACKET_MS = 20;
const PACKET_SAMPLES = (PCMU.clockRate * PACKET_MS) / 1_000;

/** The codecs of an offered line that a function can work with: one voice codec, and for the echo digits too. Empty: none. */
export function functionCodecs(what: MediaFunction, offered: readonly SdpCodec[]): readonly SdpCodec[] {
  if (what === 'announcement') return offered.filter(({ name }) => name.toUpperCase() === 'PCMU').slice(0, 1);
  const voice = offered.find((codec) => !isTelephoneEvent(codec) && codec.name.toUpperCase() !== 'CN');
  return voice ? [voice, ...offered.filter(isTelephoneEvent)] : [];
}

/** Sends every packet back as a stream of its own: same payload, own SSRC and sequence numbers. */
export function echoFunction(sender: RtpSender): RunningFunction {
  let held = false;
  return {
    receive(octets) {
      const packet = held ? undefined : parseRtp(octets);
      if (packet) sender.send(packet.payloadType, packet.timestamp, packet.payload, packet.marker);
    },
    agree(_payloadType, now) {
      held = now;
    },
    play() {},
    stop() {},
  };
}

/** Speaks an announcement once. @param samples mu-law, one octet each */
export function announcementFunction(sender: RtpSender, clock: Clock, samples: Uint8Array): RunningFunction {
  let payloadType = PCMU.payloadType;
  let held = false;
  let next: Timer | undefined;
  let startedAt = 0;
  let sent = 0;

  const sendNext = (played: () => void): void => {
    const from = sent * PACKET_SAMPLES;
    if (from >= samples.length) {
      next = undefined;
      played();
      return;
    }
    const payload = samples.subarray(from, from + PACKET_SAMPLES);
    if (!held) sender.send(payloadType, from, payload, sent === 0);
    sent += 1;
    // By the beginning, not by the packet before: delays do not add up.
    next = clock.after(Math.max(0, startedAt + sent * PACKET_MS - clock.now()), () => sendNext(played));
  };

  return {
    receive() {},
    agree(agreedPayloadType, now) {
      payloadType = agreedPayloadType;
      held = now;
    },
    play(played) {
      startedAt = clock.now();
      sendNext(played);
    },
    stop() {
      next?.stop();
    },
  };
}
