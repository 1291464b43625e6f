import type { CauseHolder } from './trace-sink.ts';

/** What kind of SDP one side of a P-CSCF speaks: `webrtc` a browser (UDP/TLS/RTP/SAVPF), `core` ordinary RTP/AVP. */
export type MediaSide = 'webrtc' | 'core';

/** Names one P-CSCF's part of a session: one pass of one call through one P-CSCF. */
export interface MediaLegKey {
  /** Call-ID of the dialog. */
  readonly callId: string;
  /** `originating` at the caller's P-CSCF pass, `terminating` at the callee's; the same box may do both for one Call-ID. */
  readonly pass: 'originating' | 'terminating';
  /** Tag of the UE of this pass is not known at the offer; the P-CSCF gives the branch or another word unique in the call. */
  readonly id: string;
}

export interface MediaUe {
  /** IMSI (or other id) and name, as in the trace's party of that UE. */
  readonly id: string;
  readonly label: string;
}

export interface MediaOffer {
  readonly key: MediaLegKey;
  /** The side that the SDP comes from. */
  readonly from: MediaSide;
  /** The SDP as received. */
  readonly sdp: string;
  /** The UE on the browser side of this pass. */
  readonly ue: MediaUe;
}

export interface MediaAnswer {
  readonly key: MediaLegKey;
  readonly from: MediaSide;
  readonly sdp: string;
}

/** Stable codes of a refusal, each with the SIP status that the P-CSCF answers. */
export type MediaErrorCode =
  | 'MEDIA_SDP_MALFORMED' // 400
  | 'MEDIA_NO_COMMON_CODEC' // 488
  | 'MEDIA_NOT_SUPPORTED' // 488: the other side is no browser of this relay (issue of plain RTP peers)
  | 'MEDIA_NO_RESOURCES' // 503
  | 'MEDIA_UNKNOWN_SESSION' // 481
  | 'MEDIA_RELAY_DOWN'; // 503

export type MediaResult =
  | { readonly ok: true; readonly sdp: string }
  | { readonly ok: false; readonly code: MediaErrorCode; readonly text: string };

export interface MediaLegStatistics {
  readonly key: MediaLegKey;
  readonly ue: MediaUe;
  readonly iceState: string;
  readonly dtlsState: string;
  readonly codec: string;
  readonly packetsReceived: number;
  readonly octetsReceived: number;
  readonly packetsSent: number;
  readonly octetsSent: number;
}

export interface MediaTotals {
  readonly sessions: number;
  readonly routers: number;
  readonly transports: number;
  readonly producers: number;
  readonly consumers: number;
}

/**
 * The IMS access gateway behind the P-CSCF, in the four verbs that users of rtpengine know. No call rejects.
 * A re-offer within a dialog uses the same key and the same verbs, from either side.
 * @see TS 23.334 §5, TS 23.228 Annex U
 */
export interface MediaRelay {
  /** Takes the offer of one side, returns the offer to send to the other side. */
  offer(request: MediaOffer, cause: CauseHolder): Promise<MediaResult>;
  /** Takes the answer of the side that was offered to, returns the answer for the side that offered first. */
  answer(request: MediaAnswer, cause: CauseHolder): Promise<MediaResult>;
  query(key: MediaLegKey): Promise<MediaLegStatistics | undefined>;
  /** Releases the pass; the call's transports close with its last pass. Unknown keys are no error. */
  delete(key: MediaLegKey, cause: CauseHolder): Promise<void>;
  totals(): MediaTotals;
}
