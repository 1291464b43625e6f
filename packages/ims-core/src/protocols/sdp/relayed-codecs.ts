import { isRtp, type SdpCodec, type SdpMedia } from './description.ts';

/** What the relay passes on: it never transcodes, so both sides must have one of the voice codecs in common. */
const VOICE: readonly { name: string; clockRate: number; channels: number }[] = [
  { name: 'opus', clockRate: 48_000, channels: 2 },
  { name: 'pcmu', clockRate: 8000, channels: 1 },
  { name: 'pcma', clockRate: 8000, channels: 1 },
];

/** The two clock rates at which browsers send digits. @see RFC 4733 §2.1 */
const EVENT_CLOCK_RATES: readonly number[] = [48_000, 8000];

/** Digits and other events as RTP. @see RFC 4733 */
export function isTelephoneEvent(codec: SdpCodec): boolean {
  return codec.name.toLowerCase() === 'telephone-event';
}

export function sameCodec(one: SdpCodec, other: SdpCodec): boolean {
  return (
    one.name.toLowerCase() === other.name.toLowerCase() &&
    one.clockRate === other.clockRate &&
    one.channels === other.channels
  );
}

/**
 * The codecs of a media line that the relay can pass on: each once, voice before events, else in the line's order.
 * Empty when the line is rejected, is no audio over RTP, or has no voice codec.
 */
export function relayedCodecs(media: SdpMedia): readonly SdpCodec[] {
  if (media.rejected || media.kind !== 'audio' || !isRtp(media.protocol)) return [];
  const once = media.codecs.filter(
    (codec, index) => media.codecs.findIndex((earlier) => sameCodec(earlier, codec)) === index,
  );
  const voice = once.filter((codec) =>
    VOICE.some(
      ({ name, clockRate, channels }) =>
        name === codec.name.toLowerCase() && clockRate === codec.clockRate && channels === codec.channels,
    ),
  );
  if (voice.length === 0) return [];
  return [...voice, ...once.filter((codec) => isTelephoneEvent(codec) && EVENT_CLOCK_RATES.includes(codec.clockRate))];
}

/**
 * Those of `codecs` that `known` has under the same payload type, in the order of `codecs`.
 * Empty when no voice codec is among them.
 */
export function commonCodecs(codecs: readonly SdpCodec[], known: readonly SdpCodec[]): readonly SdpCodec[] {
  const common = codecs.filter((codec) =>
    known.some((other) => other.payloadType === codec.payloadType && sameCodec(other, codec)),
  );
  return common.some((codec) => !isTelephoneEvent(codec)) ? common : [];
}

/** What an answer settles on: its first voice codec, and the events. */
export function chosenCodecs(answered: readonly SdpCodec[]): readonly SdpCodec[] {
  const voice = answered.find((codec) => !isTelephoneEvent(codec));
  return voice ? [voice, ...answered.filter(isTelephoneEvent)] : [];
}
