import type { SdpCodec, SdpDirection, SdpExtension, SdpFingerprint, SdpIce } from './description.ts';

/** The fields of o= that change: the version goes up with every change of the SDP. @see RFC 8866 §5.2 */
export interface SdpOrigin {
  /** Decimal, the same for the life of the session. */
  readonly sessionId: string;
  readonly sessionVersion: number;
  readonly address: string;
}

interface MediaLine {
  readonly kind: string;
  readonly protocol: string;
  readonly direction: SdpDirection;
  readonly codecs: readonly SdpCodec[];
  /** Milliseconds. */
  readonly ptime?: number | undefined;
}

/** A line that is not used: it keeps its place with port 0 and the formats that it came with. @see RFC 3264 §6 */
export interface RefusedLine {
  readonly refused: true;
  readonly kind: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly mid: string;
}

export interface CoreLine extends MediaLine {
  readonly refused: false;
  readonly port: number;
  /** The stream that is sent, for peers that tell streams by it. @see RFC 5576 §4.1 */
  readonly source?: { readonly ssrc: number; readonly cname: string } | undefined;
}

/** An ordinary SDP as any SIP phone reads it. @see RFC 3264, RFC 3551 */
export interface CoreDescription {
  readonly origin: SdpOrigin;
  readonly media: readonly (CoreLine | RefusedLine)[];
}

/** An RTP stream that is named in advance. @see RFC 5576, RFC 8830 */
export interface WebrtcSource {
  readonly ssrc: number;
  readonly cname: string;
  readonly streamId: string;
  readonly trackId: string;
}

export interface WebrtcLine extends MediaLine {
  readonly refused: false;
  readonly mid: string;
  readonly extensions: readonly SdpExtension[];
  readonly source?: WebrtcSource | undefined;
}

export interface WebrtcCandidate {
  readonly foundation: string;
  readonly protocol: 'udp' | 'tcp';
  readonly priority: number;
  readonly address: string;
  readonly port: number;
}

/** What a browser is told: everything goes over the one transport of an ICE-lite peer. @see RFC 8829, RFC 8839 */
export interface WebrtcDescription {
  readonly origin: SdpOrigin;
  readonly ice: SdpIce;
  /** The first one stands in the c= and m= lines; at least one. */
  readonly candidates: readonly WebrtcCandidate[];
  readonly fingerprint: SdpFingerprint;
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly media: readonly (WebrtcLine | RefusedLine)[];
}

const RTP_COMPONENT = 1;

/** Writes the SDP for the core: no ICE, DTLS, BUNDLE or header extension leaves the access. @see TS 23.228 U.2.4 */
export function writeCoreSdp({ origin, media }: CoreDescription): string {
  const lines = [...sessionLines(origin), `c=IN ${addressType(origin.address)} ${origin.address}`, 't=0 0'];
  for (const line of media) {
    if (line.refused) {
      lines.push(mediaLine(line.kind, 0, line.protocol, line.formats));
    } else {
      lines.push(
        mediaLine(line.kind, line.port, line.protocol, payloadTypes(line.codecs)),
        ...line.codecs.flatMap((codec) => codecLines(codec)),
        ...packetTimeLines(line),
        `a=${line.direction}`,
        ...(line.source ? [`a=ssrc:${line.source.ssrc} cname:${line.source.cname}`] : []),
      );
    }
  }
  return text(lines);
}

/** Writes the SDP for a browser. */
export function writeWebrtcSdp(description: WebrtcDescription): string {
  const { origin, ice, candidates, fingerprint, setup, media } = description;
  const used = media.filter((line) => !line.refused).map((line) => line.mid);
  const lines = [...sessionLines(origin), 't=0 0', 'a=ice-lite'];
  if (used.length > 0) lines.push(`a=group:BUNDLE ${used.join(' ')}`);
  lines.push('a=msid-semantic: WMS *');
  const [first] = candidates;
  const address = first?.address ?? '0.0.0.0';
  for (const line of media) {
    if (line.refused) {
      lines.push(mediaLine(line.kind, 0, line.protocol, line.formats), 'c=IN IP4 0.0.0.0', `a=mid:${line.mid}`);
      lines.push('a=inactive');
      continue;
    }
    lines.push(
      mediaLine(line.kind, first?.port ?? 0, line.protocol, payloadTypes(line.codecs)),
      `c=IN ${addressType(address)} ${address}`,
      `a=mid:${line.mid}`,
      `a=ice-ufrag:${ice.usernameFragment}`,
      `a=ice-pwd:${ice.password}`,
      ...candidates.map(candidateLine),
      'a=end-of-candidates',
      `a=fingerprint:${fingerprint.algorithm} ${fingerprint.value}`,
      `a=setup:${setup}`,
      'a=rtcp-mux',
      'a=rtcp-rsize',
      `a=${line.direction}`,
      ...line.codecs.flatMap((codec) => [
        ...codecLines(codec),
        ...codec.feedback.map((feedback) => `a=rtcp-fb:${codec.payloadType} ${feedback}`),
      ]),
      ...packetTimeLines(line),
      ...line.extensions.map(({ id, uri }) => `a=extmap:${id} ${uri}`),
      ...sourceLines(line.source),
    );
  }
  return text(lines);
}

function sessionLines({ sessionId, sessionVersion, address }: SdpOrigin): string[] {
  return ['v=0', `o=- ${sessionId} ${sessionVersion} IN ${addressType(address)} ${address}`, 's=-'];
}

function addressType(address: string): 'IP4' | 'IP6' {
  return address.includes(':') ? 'IP6' : 'IP4';
}

function mediaLine(kind: string, port: number, protocol: string, formats: readonly string[]): string {
  return `m=${kind} ${port} ${protocol} ${formats.join(' ')}`;
}

function payloadTypes(codecs: readonly SdpCodec[]): string[] {
  return codecs.map((codec) => String(codec.payloadType));
}

function codecLines(codec: SdpCodec): string[] {
  const channels = codec.channels > 1 ? `/${codec.channels}` : '';
  const map = `a=rtpmap:${codec.payloadType} ${codec.name}/${codec.clockRate}${channels}`;
  return codec.fmtp ? [map, `a=fmtp:${codec.payloadType} ${codec.fmtp}`] : [map];
}

function packetTimeLines({ ptime }: MediaLine): string[] {
  return ptime === undefined ? [] : [`a=ptime:${ptime}`];
}

function candidateLine({ foundation, protocol, priority, address, port }: WebrtcCandidate): string {
  const type = protocol === 'tcp' ? ' tcptype passive' : '';
  return `a=candidate:${foundation} ${RTP_COMPONENT} ${protocol} ${priority} ${address} ${port} typ host${type}`;
}

function sourceLines(source: WebrtcSource | undefined): string[] {
  if (!source) return [];
  const { ssrc, cname, streamId, trackId } = source;
  return [
    `a=msid:${streamId} ${trackId}`,
    `a=ssrc:${ssrc} cname:${cname}`,
    `a=ssrc:${ssrc} msid:${streamId} ${trackId}`,
  ];
}

function text(lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n`;
}
