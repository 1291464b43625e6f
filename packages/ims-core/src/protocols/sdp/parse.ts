import { type MediaDescription, parse, type SharedAttributes } from 'sdp-transform';
import type { SdpCodec, SdpDescription, SdpDirection, SdpMedia } from './description.ts';

/** What is wrong with an SDP, at which octet, and by which clause. */
export interface SdpParseError {
  /** Stable: `SDP_PARSE_LINE`, `SDP_PARSE_VERSION`, `SDP_PARSE_ORIGIN`, `SDP_PARSE_MEDIA`, `SDP_PARSE_LIMIT`. */
  readonly code: string;
  readonly offset: number;
  /** Letter of the line. */
  readonly header: string;
  readonly reference: string;
  readonly text: string;
}

export type ParsedSdp =
  | { readonly ok: true; readonly value: SdpDescription }
  | { readonly ok: false; readonly error: SdpParseError };

export const MAX_SDP_CHARACTERS = 65_536;
export const MAX_MEDIA_LINES = 16;

const HIGHEST_PORT = 65_535;
const HIGHEST_PAYLOAD_TYPE = 127;

/** The payload types that need no rtpmap, those that the lab may meet. @see RFC 3551 §6 */
const STATIC_CODECS: ReadonlyMap<number, { name: string; clockRate: number }> = new Map([
  [0, { name: 'PCMU', clockRate: 8000 }],
  [3, { name: 'GSM', clockRate: 8000 }],
  [8, { name: 'PCMA', clockRate: 8000 }],
  [9, { name: 'G722', clockRate: 8000 }],
  [13, { name: 'CN', clockRate: 8000 }],
  [18, { name: 'G729', clockRate: 8000 }],
]);

/**
 * Reads a session description. Never throws.
 *
 * The frame (line form, v=, o=, m=) is checked here, since the library takes anything; the attributes are the library's.
 * @see RFC 8866 §5
 */
export function parseSdp(text: string): ParsedSdp {
  const error = checkFrame(text);
  if (error) return { ok: false, error };
  const session = parse(text);
  return {
    ok: true,
    value: { media: session.media.map((media) => readMedia(media, session, session.connection?.ip ?? '')) },
  };
}

function checkFrame(text: string): SdpParseError | undefined {
  const fail = (code: string, offset: number, header: string, reference: string, why: string): SdpParseError => ({
    code: `SDP_PARSE_${code}`,
    offset,
    header,
    reference,
    text: why,
  });
  if (text.length > MAX_SDP_CHARACTERS) {
    return fail('LIMIT', MAX_SDP_CHARACTERS, '', 'RFC 8866 §5', `more than ${MAX_SDP_CHARACTERS} characters`);
  }
  let offset = 0;
  let first = true;
  let origin = false;
  let mediaLines = 0;
  for (const lineWithEnd of text.split('\n')) {
    const line = lineWithEnd.endsWith('\r') ? lineWithEnd.slice(0, -1) : lineWithEnd;
    if (line !== '') {
      const letter = line.slice(0, 1);
      if (!/^[a-z]=[^\r]*$/.test(line)) {
        return fail('LINE', offset, letter, 'RFC 8866 §5', 'a line must be a letter, "=" and a value');
      }
      if (first && line !== 'v=0') return fail('VERSION', offset, 'v', 'RFC 8866 §5.1', 'the first line must be v=0');
      first = false;
      if (letter === 'o') {
        origin = /^o=\S+ \d+ \d+ IN IP[46] \S+$/.test(line);
        if (!origin) return fail('ORIGIN', offset, 'o', 'RFC 8866 §5.2', 'o= needs its six fields');
      }
      if (letter === 'm') {
        const port = /^m=\w+ (\d{1,5}) [\w/]+( \S+)+ ?$/.exec(line)?.[1];
        if (port === undefined || Number(port) > HIGHEST_PORT) {
          return fail('MEDIA', offset, 'm', 'RFC 8866 §5.14', 'm= needs media, port, protocol and a format');
        }
        mediaLines += 1;
        if (mediaLines > MAX_MEDIA_LINES) {
          return fail('LIMIT', offset, 'm', 'RFC 8866 §5.14', `more than ${MAX_MEDIA_LINES} media lines`);
        }
      }
    }
    offset += lineWithEnd.length + 1;
  }
  if (first) return fail('VERSION', 0, 'v', 'RFC 8866 §5.1', 'the first line must be v=0');
  if (!origin) return fail('ORIGIN', text.length, 'o', 'RFC 8866 §5.2', 'there is no o= line');
  return undefined;
}

function readMedia(media: MediaDescription, session: SharedAttributes, sessionAddress: string): SdpMedia {
  const formats = String(media.payloads ?? '')
    .split(' ')
    .filter((format) => format !== '');
  // The library turns values that look like integers into numbers; all of these are words.
  const word = (value: string | number | undefined): string => (value === undefined ? '' : String(value));
  const usernameFragment = word(media.iceUfrag ?? session.iceUfrag);
  const fingerprint = media.fingerprint ?? session.fingerprint;
  const ssrcs = media.ssrcs ?? [];
  return {
    kind: media.type,
    port: media.port,
    rejected: media.port === 0 && media.bundleOnly === undefined,
    protocol: media.protocol,
    formats,
    codecs: formats.flatMap((format) => readCodec(format, media) ?? []),
    address: media.connection?.ip ?? sessionAddress,
    direction: readDirection(media.direction) ?? readDirection(session.direction) ?? 'sendrecv',
    mid: word(media.mid),
    extensions: (media.ext ?? []).map((extension) => ({ id: extension.value, uri: extension.uri })),
    ssrcs: [...new Set(ssrcs.map((ssrc) => ssrc.id).filter((id) => Number.isInteger(id)))],
    cname: word(ssrcs.find((ssrc) => ssrc.attribute === 'cname')?.value),
    ptime: typeof media.ptime === 'number' ? media.ptime : undefined,
    ice: usernameFragment ? { usernameFragment, password: word(media.icePwd ?? session.icePwd) } : undefined,
    fingerprint: fingerprint && { algorithm: fingerprint.type.toLowerCase(), value: word(fingerprint.hash) },
    setup: word(media.setup ?? session.setup),
  };
}

function readCodec(format: string, media: MediaDescription): SdpCodec | undefined {
  const payloadType = Number(format);
  if (!Number.isInteger(payloadType) || payloadType < 0 || payloadType > HIGHEST_PAYLOAD_TYPE) return undefined;
  const map = media.rtp.find((entry) => entry.payload === payloadType);
  const known = STATIC_CODECS.get(payloadType);
  const clockRate = Number(map?.rate ?? known?.clockRate);
  if (!Number.isInteger(clockRate) || clockRate <= 0) return undefined;
  const channels = Number(map?.encoding ?? 1);
  return {
    payloadType,
    name: String(map?.codec ?? known?.name),
    clockRate,
    channels: Number.isInteger(channels) && channels > 0 ? channels : 1,
    fmtp: String(media.fmtp.find((entry) => entry.payload === payloadType)?.config ?? ''),
    feedback: (media.rtcpFb ?? [])
      .filter((entry) => entry.payload === payloadType || entry.payload === '*')
      .map((entry) => (entry.subtype === undefined ? entry.type : `${entry.type} ${entry.subtype}`)),
  };
}

function readDirection(value: string | undefined): SdpDirection | undefined {
  return value === 'sendrecv' || value === 'sendonly' || value === 'recvonly' || value === 'inactive'
    ? value
    : undefined;
}
