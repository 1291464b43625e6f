import type { SdpExtension } from '@imslab/ims-core/protocols/sdp/description';
import type { types } from 'mediasoup';

const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const ABS_SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
const TRANSPORT_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
const AUDIO_LEVEL = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';

/**
 * The numbers that the media worker writes on every audio packet it sends, whatever the SDP says. The first four are the
 * extensions that the relay negotiates; a browser must not read another meaning into any of them.
 */
const WORKER_IDS: ReadonlyMap<string, number> = new Map([
  [MID, 1],
  [ABS_SEND_TIME, 4],
  [TRANSPORT_CC, 5],
  [AUDIO_LEVEL, 6],
  ['http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time', 10],
  ['http://www.webrtc.org/experiments/rtp-hdrext/playout-delay', 11],
  ['urn:mediasoup:params:rtp-hdrext:packet-id', 12],
]);

const NEGOTIATED: readonly types.RtpHeaderExtensionUri[] = [MID, ABS_SEND_TIME, TRANSPORT_CC, AUDIO_LEVEL];

function isNegotiated(uri: string): uri is types.RtpHeaderExtensionUri {
  return NEGOTIATED.some((known) => known === uri);
}

/**
 * Those of a browser's offered extensions that the answer may repeat: known to the relay, and with a number that the
 * worker does not use for another one. `allowMid` is false on a leg that offered first: its MID number is the browser's
 * own, the worker's is 1, so streams go by SSRC there.
 * @see RFC 8285 §6
 */
export function answeredExtensions(offered: readonly SdpExtension[], allowMid: boolean): readonly SdpExtension[] {
  return offered.filter(
    ({ id, uri }) =>
      isNegotiated(uri) &&
      (uri !== MID || (allowMid && id === WORKER_IDS.get(MID))) &&
      ![...WORKER_IDS].some(([otherUri, otherId]) => otherId === id && otherUri !== uri),
  );
}

/**
 * The extensions of an offer to a browser: the worker's numbers. A leg that has negotiated numbers keeps them for its
 * life (browsers refuse a change). `addMid` adds MID for a line whose stream no SSRC announces; where one does, a browser
 * that is given MID in mid-call may lose the stream's sound.
 */
export function offeredExtensions(
  negotiated: readonly SdpExtension[] | undefined,
  addMid: boolean,
): readonly SdpExtension[] {
  const worker = NEGOTIATED.map((uri) => ({ uri, id: WORKER_IDS.get(uri) ?? 0 }));
  if (!negotiated) return worker;
  if (!addMid) return negotiated;
  return [...worker.filter(({ uri }) => uri === MID), ...negotiated.filter(({ uri }) => uri !== MID)];
}

/** For packets from the browser: its own numbers. */
export function producerExtensions(extensions: readonly SdpExtension[]): types.RtpHeaderExtensionParameters[] {
  return extensions.flatMap(({ id, uri }) => (isNegotiated(uri) ? [{ id, uri }] : []));
}

/** For packets to the browser: those that it negotiated under the worker's number. */
export function consumerExtensions(extensions: readonly SdpExtension[]): types.RtpHeaderExtension[] {
  return extensions.flatMap(({ id, uri }) =>
    isNegotiated(uri) && WORKER_IDS.get(uri) === id ? [{ kind: 'audio' as const, uri, preferredId: id }] : [],
  );
}

export function negotiatesMid(extensions: readonly SdpExtension[]): boolean {
  return extensions.some(({ uri }) => uri === MID);
}
