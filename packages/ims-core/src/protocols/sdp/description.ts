/** Who sends on a media line, from the point of view of the SDP's writer. @see RFC 3264 §5.1 */
export type SdpDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** One format of an RTP media line. @see RFC 8866 §6.6 */
export interface SdpCodec {
  /** 0 to 127. */
  readonly payloadType: number;
  /** Encoding name as written: `opus`, `PCMU`, `telephone-event`. */
  readonly name: string;
  /** Hertz. */
  readonly clockRate: number;
  readonly channels: number;
  /** Format parameters as written, empty when there are none. */
  readonly fmtp: string;
  /** RTCP feedback, as in `a=rtcp-fb` after the payload type: `nack pli`, `transport-cc`. */
  readonly feedback: readonly string[];
}

/** An RTP header extension and its number. @see RFC 8285 */
export interface SdpExtension {
  readonly id: number;
  readonly uri: string;
}

/** @see RFC 8839 §5.4 */
export interface SdpIce {
  readonly usernameFragment: string;
  readonly password: string;
}

/** @see RFC 8122 §5 */
export interface SdpFingerprint {
  readonly algorithm: string;
  readonly value: string;
}

/** One m= section. */
export interface SdpMedia {
  /** `audio`, `video`, `application`. */
  readonly kind: string;
  readonly port: number;
  /** True for port 0 without `a=bundle-only`. @see RFC 3264 §5.1, RFC 9143 §6 */
  readonly rejected: boolean;
  /** `RTP/AVP`, `UDP/TLS/RTP/SAVPF`. */
  readonly protocol: string;
  /** The formats of the m= line as written. */
  readonly formats: readonly string[];
  /** The formats that an rtpmap or the static table of RFC 3551 explains, in the order of the m= line. */
  readonly codecs: readonly SdpCodec[];
  /** Address of the c= line that holds here, empty when there is none. */
  readonly address: string;
  readonly direction: SdpDirection;
  /** Empty when there is none. */
  readonly mid: string;
  readonly extensions: readonly SdpExtension[];
  /** Every SSRC that is announced, each once. */
  readonly ssrcs: readonly number[];
  /** Empty when there is none. */
  readonly cname: string;
  /** Milliseconds; undefined when there is none. */
  readonly ptime: number | undefined;
  readonly ice: SdpIce | undefined;
  readonly fingerprint: SdpFingerprint | undefined;
  /** `actpass`, `active`, `passive`, or empty. @see RFC 8842 §5 */
  readonly setup: string;
}

/** A session description as the relay reads it; what the relay has no use for is left out. @see RFC 8866 */
export interface SdpDescription {
  readonly media: readonly SdpMedia[];
}

/** A media line is real RTP when its protocol is one of the RTP profiles, on whatever transport. */
export function isRtp(protocol: string): boolean {
  return /(^|\/)RTP\/S?AVPF?$/.test(protocol);
}
