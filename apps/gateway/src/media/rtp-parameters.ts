import type { SdpCodec, SdpExtension } from '@imslab/ims-core/protocols/sdp/description';
import { isTelephoneEvent } from '@imslab/ims-core/protocols/sdp/relayed-codecs';
import type { types } from 'mediasoup';
import { consumerExtensions, negotiatesMid, producerExtensions } from './header-extensions.ts';

interface RelayCodec {
  readonly mimeType: string;
  readonly clockRate: number;
  readonly channels?: number;
}

const SUPPORTED_FEEDBACK: readonly string[] = ['nack', 'transport-cc'];

/**
 * The codec as the media worker is told it. A consumer drops telephone-event packets, so the worker is told another
 * codec for them, one that no browser has; it looks at the payload type only, and the SDPs say telephone-event.
 */
function relayCodec(codec: SdpCodec): RelayCodec {
  if (isTelephoneEvent(codec)) {
    return codec.clockRate === 8000
      ? { mimeType: 'audio/iLBC', clockRate: 8000 }
      : { mimeType: 'audio/SILK', clockRate: 8000 };
  }
  const { name, clockRate, channels } = codec;
  return { mimeType: `audio/${name}`, clockRate, ...(channels > 1 ? { channels } : {}) };
}

/** The RTCP feedback that browser and relay have in common. */
export function relayedFeedback(codec: SdpCodec): readonly string[] {
  return codec.feedback.filter((feedback) => SUPPORTED_FEEDBACK.includes(feedback));
}

/** The router numbers its codecs as the first offer does: consumers send the router's payload types, whatever they are told. */
export function routerCodecs(codecs: readonly SdpCodec[]): types.RouterRtpCodecCapability[] {
  return codecs.map((codec) => ({
    kind: 'audio',
    ...relayCodec(codec),
    preferredPayloadType: codec.payloadType,
  }));
}

/** What one media line of a browser sends or receives once it is agreed. */
export interface AgreedStream {
  /** The voice codec first, then events. */
  readonly codecs: readonly SdpCodec[];
  readonly extensions: readonly SdpExtension[];
  readonly mid: string;
  /** The stream that the browser announced; undefined when it is found by MID. */
  readonly ssrc: number | undefined;
  readonly cname: string;
}

export function producerParameters(stream: AgreedStream): types.RtpParameters {
  return {
    ...(negotiatesMid(stream.extensions) ? { mid: stream.mid } : {}),
    codecs: stream.codecs.map((codec) => ({
      ...relayCodec(codec),
      payloadType: codec.payloadType,
      rtcpFeedback: relayedFeedback(codec).map((type) => ({ type })),
    })),
    headerExtensions: producerExtensions(stream.extensions),
    encodings: [stream.ssrc === undefined ? {} : { ssrc: stream.ssrc }],
    rtcp: { ...(stream.cname ? { cname: stream.cname } : {}), reducedSize: true },
  };
}

export function consumerCapabilities(stream: AgreedStream): types.RtpCapabilities {
  return {
    codecs: stream.codecs.map((codec) => ({
      kind: 'audio',
      ...relayCodec(codec),
      preferredPayloadType: codec.payloadType,
      rtcpFeedback: relayedFeedback(codec).map((type) => ({ type })),
    })),
    headerExtensions: consumerExtensions(stream.extensions),
  };
}
