import type { SdpCodec, SdpDescription, SdpDirection, SdpMedia } from '@imslab/ims-core/protocols/sdp/description';
import { checkAnswer, narrowDirection, sends } from '@imslab/ims-core/protocols/sdp/offer-answer';
import { chosenCodecs, commonCodecs, relayedCodecs } from '@imslab/ims-core/protocols/sdp/relayed-codecs';
import type { RefusedLine } from '@imslab/ims-core/protocols/sdp/write';
import type { RemoteTransport } from './access-leg.ts';
import { MediaRefusal } from './media-refusal.ts';
import { relayedFeedback } from './rtp-parameters.ts';

/** A media line as it goes on to the other side: no codecs, not used. */
export interface Line {
  readonly media: SdpMedia;
  readonly codecs: readonly SdpCodec[];
  /** From the point of view of the SDP's writer. */
  readonly direction: SdpDirection;
}

/** The lines that an answer leaves of an offer: its codec of each, and the direction that both sides agree on. @see RFC 3264 §6 */
export function answeredLines(
  offer: SdpDescription,
  offered: readonly Line[],
  answer: SdpDescription,
): readonly Line[] {
  const problem = checkAnswer(offer, answer);
  if (problem) throw new MediaRefusal('MEDIA_SDP_MALFORMED', `${problem.text} (${problem.reference})`);
  const lines = answer.media.map((media, index): Line => {
    const line = offered[index];
    return {
      media,
      codecs: chosenCodecs(commonCodecs(relayedCodecs(media), line?.codecs ?? [])),
      direction: narrowDirection(line?.direction ?? 'inactive', media.direction),
    };
  });
  requireCodec(lines);
  return lines;
}

/** @throws {MediaRefusal} when no line can carry voice */
export function requireCodec(lines: readonly Line[]): void {
  if (lines.every((line) => line.codecs.length === 0)) {
    throw new MediaRefusal('MEDIA_NO_COMMON_CODEC', 'no audio line with a codec that the relay and both sides have');
  }
}

/** @throws {MediaRefusal} when a peer outside this relay sends a stream that could not be told */
export function requireSources(lines: readonly Line[]): void {
  const untold = lines.some(({ codecs, direction, media }) => codecs.length > 0 && sends(direction) && !media.ssrcs[0]);
  if (!untold) return;
  // Deviation: TS 23.334 §5.1 serves any RTP/AVP peer; this relay tells streams by SSRC and serves those that announce it (RFC 5576).
  throw new MediaRefusal('MEDIA_NOT_SUPPORTED', 'the other side is no browser of this lab and announces no a=ssrc');
}

/** The line as it goes on when it is not used. */
export function refusedLine(media: SdpMedia, protocol: string, mid: string): RefusedLine {
  return { refused: true, kind: media.kind, protocol, formats: media.formats, mid };
}

/** The RTCP feedback that a media line has for a codec and the relay passes on. */
export function feedbackOf(media: SdpMedia, codec: SdpCodec): readonly string[] {
  const own = media.codecs.find(({ payloadType }) => payloadType === codec.payloadType);
  return own ? relayedFeedback(own) : [];
}

/** The browser's end of the one transport, from its first line in use. @see RFC 9143 §7.1 */
export function remoteTransport(description: SdpDescription, role: RemoteTransport['role']): RemoteTransport {
  const media = description.media.find((line) => !line.rejected && line.ice && line.fingerprint);
  if (!media?.ice || !media.fingerprint) {
    throw new MediaRefusal(
      'MEDIA_SDP_MALFORMED',
      'no media line has ICE credentials and a fingerprint (RFC 8827 §6.5)',
    );
  }
  return { ice: media.ice, fingerprint: media.fingerprint, role };
}

/** Who begins DTLS, by a browser's answer. @see RFC 8842 §5.3 */
export function answererRole(answer: SdpDescription): RemoteTransport['role'] {
  const setup = answer.media.find((line) => !line.rejected && line.setup)?.setup;
  if (setup === 'active') return 'client';
  if (setup === 'passive') return 'server';
  throw new MediaRefusal(
    'MEDIA_SDP_MALFORMED',
    'the answer has neither a=setup:active nor a=setup:passive (RFC 8842 §5.3)',
  );
}
