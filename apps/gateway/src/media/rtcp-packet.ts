/** What a sender reports of its stream. @see RFC 3550 §6.4.1 */
export interface SenderReport {
  readonly ssrc: number;
  readonly cname: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** RTP timestamp of the same moment. */
  readonly timestamp: number;
  readonly packets: number;
  readonly octets: number;
}

const VERSION_2 = 0x80;
const SENDER_REPORT = 200;
const SOURCE_DESCRIPTION = 202;
const GOODBYE = 203;
const CNAME_ITEM = 1;
const SENDER_REPORT_OCTETS = 28;
/** Seconds from the beginning of NTP's first era (1900) to 1970. @see RFC 5905 §6 */
const NTP_OF_1970_S = 2_208_988_800;

/** A compound packet: sender report and CNAME, and a BYE when the stream is over. @see RFC 3550 §6.1 */
export function writeSenderReport(report: SenderReport, over: boolean): Uint8Array {
  const parts = [senderReport(report), sourceDescription(report), ...(over ? [goodbye(report.ssrc)] : [])];
  const octets = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    octets.set(part, at);
    at += part.length;
  }
  return octets;
}

function packet(count: number, type: number, length: number): { octets: Uint8Array; view: DataView } {
  const octets = new Uint8Array(length);
  const view = new DataView(octets.buffer);
  view.setUint8(0, VERSION_2 | count);
  view.setUint8(1, type);
  view.setUint16(2, length / 4 - 1);
  return { octets, view };
}

function senderReport({ ssrc, now, timestamp, packets, octets: sent }: SenderReport): Uint8Array {
  const { octets, view } = packet(0, SENDER_REPORT, SENDER_REPORT_OCTETS);
  const seconds = now / 1_000 + NTP_OF_1970_S;
  view.setUint32(4, ssrc >>> 0);
  view.setUint32(8, Math.floor(seconds) >>> 0);
  view.setUint32(12, Math.floor((seconds % 1) * 2 ** 32) >>> 0);
  view.setUint32(16, timestamp >>> 0);
  view.setUint32(20, packets >>> 0);
  view.setUint32(24, sent >>> 0);
  return octets;
}

/** One chunk with the CNAME; the list of items ends with a zero octet and fills its last word. @see RFC 3550 §6.5 */
function sourceDescription({ ssrc, cname }: SenderReport): Uint8Array {
  const name = new TextEncoder().encode(cname);
  const items = 2 + name.length + 1;
  const { octets, view } = packet(1, SOURCE_DESCRIPTION, 8 + Math.ceil(items / 4) * 4);
  view.setUint32(4, ssrc >>> 0);
  view.setUint8(8, CNAME_ITEM);
  view.setUint8(9, name.length);
  octets.set(name, 10);
  return octets;
}

/** @see RFC 3550 §6.6 */
function goodbye(ssrc: number): Uint8Array {
  const { octets, view } = packet(1, GOODBYE, 8);
  view.setUint32(4, ssrc >>> 0);
  return octets;
}
