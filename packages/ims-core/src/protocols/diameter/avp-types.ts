/** Data formats of AVPs that the lab carries. @see RFC 6733 §4.2, §4.3 */
export type AvpType =
  | 'OctetString'
  | 'UTF8String'
  | 'DiameterIdentity'
  | 'DiameterURI'
  | 'Unsigned32'
  | 'Integer32'
  | 'Enumerated'
  | 'Unsigned64'
  | 'Integer64'
  | 'Address'
  | 'Time'
  | 'Grouped';

/** What a value of each format is in the program. An Address keeps its two octets of address family in front. */
export interface AvpTypeValues {
  readonly OctetString: Uint8Array;
  readonly UTF8String: string;
  readonly DiameterIdentity: string;
  readonly DiameterURI: string;
  readonly Unsigned32: number;
  readonly Integer32: number;
  readonly Enumerated: number;
  readonly Unsigned64: bigint;
  readonly Integer64: bigint;
  readonly Address: Uint8Array;
  readonly Time: Date;
}

export type SimpleAvpType = keyof AvpTypeValues;
export type SimpleAvpValue = AvpTypeValues[SimpleAvpType];

/** Seconds from the NTP epoch (1900) to the Unix epoch (1970). @see RFC 5905 §6 */
const NTP_TO_UNIX_SECONDS = 2_208_988_800;
/** NTP seconds wrap here; a Time with the top bit clear lies after 2036-02-07 06:28:16 UTC. @see RFC 6733 §4.3.1 */
const NTP_ERA_SECONDS = 4_294_967_296;
const NTP_TOP_BIT = 2_147_483_648;

const fixedOctets: Partial<Record<AvpType, number>> = {
  Unsigned32: 4,
  Integer32: 4,
  Enumerated: 4,
  Time: 4,
  Unsigned64: 8,
  Integer64: 8,
};

/** Octets of an address by AddressFamilyNumber; other families are taken as they come. */
const addressOctets: Readonly<Record<number, number>> = { 1: 4, 2: 16 };

const hexPairs = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

const textEncoder = new TextEncoder();
const fatalTextDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The smallest data a format can have, in octets. */
export function minimumOctets(type: AvpType): number {
  return type === 'Address' ? 2 : (fixedOctets[type] ?? 0);
}

/** True when the octets from `start` to `end` are so many (and, for an Address, of such a family) as the format has. @see RFC 6733 §4.2 */
export function fitsFormat(type: AvpType, octets: Uint8Array, start = 0, end = octets.length): boolean {
  const fixed = fixedOctets[type];
  if (fixed !== undefined) return end - start === fixed;
  if (type !== 'Address') return true;
  if (end - start < 2) return false;
  const expected = addressOctets[((octets[start] ?? 0) << 8) | (octets[start + 1] ?? 0)];
  return expected === undefined || end - start === 2 + expected;
}

export function isText(type: AvpType): boolean {
  return type === 'UTF8String' || type === 'DiameterIdentity' || type === 'DiameterURI';
}

/** The text of octets, or undefined when they are no UTF-8. A byte order mark is kept. */
export function utf8Text(data: Uint8Array): string | undefined {
  try {
    return fatalTextDecoder.decode(data);
  } catch {
    return undefined;
  }
}

/** True when the octets from `start` to `end` are UTF-8. Nearly all text in Diameter is ASCII, which needs no decoder. */
export function isUtf8(octets: Uint8Array, start = 0, end = octets.length): boolean {
  for (let at = start; at < end; at += 1) {
    if ((octets[at] ?? 0) >= 0x80) return utf8Text(octets.subarray(start, end)) !== undefined;
  }
  return true;
}

export function utf8Octets(text: string): Uint8Array {
  return textEncoder.encode(text);
}

/**
 * The value of an AVP's data, which the structural check has found to fit the format.
 * Throws a RangeError or TypeError when it was not checked.
 */
export function decodeValue(type: SimpleAvpType, data: Uint8Array): SimpleAvpValue {
  switch (type) {
    case 'OctetString':
    case 'Address':
      return new Uint8Array(data);
    case 'UTF8String':
    case 'DiameterIdentity':
    case 'DiameterURI':
      return fatalTextDecoder.decode(data);
    case 'Unsigned32':
      return uint32(data);
    case 'Integer32':
    case 'Enumerated':
      return uint32(data) | 0;
    case 'Unsigned64':
      return viewOf(data).getBigUint64(0);
    case 'Integer64':
      return viewOf(data).getBigInt64(0);
    case 'Time':
      return timeOf(uint32(data));
  }
}

/** The data of an AVP. Throws a TypeError for a value of another type or out of range, so that no wrong octet is ever sent. */
export function encodeValue(type: SimpleAvpType, value: unknown): Uint8Array {
  switch (type) {
    case 'OctetString':
      return octets(type, value);
    case 'Address': {
      const data = octets(type, value);
      if (!fitsFormat(type, data)) throw wrong(type, value);
      return data;
    }
    case 'UTF8String':
    case 'DiameterIdentity':
    case 'DiameterURI':
      if (typeof value !== 'string' || /\p{Surrogate}/u.test(value)) throw wrong(type, value);
      return textEncoder.encode(value);
    case 'Unsigned32':
      return fourOctets(integer(type, value, 0, 4_294_967_295));
    case 'Integer32':
    case 'Enumerated':
      return fourOctets(integer(type, value, -2_147_483_648, 2_147_483_647));
    case 'Unsigned64':
      return eightOctets((view) => view.setBigUint64(0, bigInteger(type, value, 0n, 2n ** 64n - 1n)));
    case 'Integer64':
      return eightOctets((view) => view.setBigInt64(0, bigInteger(type, value, -(2n ** 63n), 2n ** 63n - 1n)));
    case 'Time':
      return fourOctets(ntpSeconds(value));
  }
}

/** An IP address as Address data: the family (1 or 2), then its octets. Throws a TypeError when the text is no IP address. */
export function ipAddress(text: string): Uint8Array {
  const octets = text.includes(':') ? ipv6Octets(text) : ipv4Octets(text);
  if (octets === undefined) throw new TypeError(`no IP address: ${text}`);
  return Uint8Array.from([0, octets.length === 4 ? 1 : 2, ...octets]);
}

function ipv4Octets(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  const valid = parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
  return valid ? parts.map(Number) : undefined;
}

function ipv6Octets(text: string): readonly number[] | undefined {
  const mapped = /^::ffff:([\d.]+)$/i.exec(text)?.[1];
  if (mapped !== undefined) return ipv4Octets(mapped);
  const [head = '', tail, more] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - left.length - right.length;
  if (more !== undefined || (tail === undefined ? missing !== 0 : missing < 1)) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...right];
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}

/** An Address as people read it; families other than IP in hex. */
export function addressText(data: Uint8Array): string {
  const family = data.length >= 2 ? viewOf(data).getUint16(0) : 0;
  if (family === 1 && data.length === 6) return [...data.subarray(2)].join('.');
  if (family === 2 && data.length === 18) {
    const view = viewOf(data);
    return Array.from({ length: 8 }, (_, group) => view.getUint16(2 + 2 * group).toString(16)).join(':');
  }
  return hexText(data);
}

export function hexText(data: Uint8Array): string {
  let text = '';
  for (const octet of data) text += hexPairs[octet];
  return text;
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

function timeOf(seconds: number): Date {
  const era = seconds >= NTP_TOP_BIT ? 0 : NTP_ERA_SECONDS;
  return new Date((seconds + era - NTP_TO_UNIX_SECONDS) * 1000);
}

function ntpSeconds(value: unknown): number {
  const seconds = value instanceof Date ? Math.floor(value.getTime() / 1000) + NTP_TO_UNIX_SECONDS : Number.NaN;
  if (!(seconds >= NTP_TOP_BIT && seconds < NTP_ERA_SECONDS + NTP_TOP_BIT)) throw wrong('Time', value);
  return seconds % NTP_ERA_SECONDS;
}

function octets(type: AvpType, value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrong(type, value);
  return value;
}

function integer(type: AvpType, value: unknown, least: number, greatest: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > greatest) {
    throw wrong(type, value);
  }
  return value;
}

function bigInteger(type: AvpType, value: unknown, least: bigint, greatest: bigint): bigint {
  if (typeof value !== 'bigint' || value < least || value > greatest) throw wrong(type, value);
  return value;
}

/** Big-endian, without a DataView: that would give each small array a buffer of its own. */
function fourOctets(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** Throws a RangeError when the data is shorter. */
function uint32(data: Uint8Array): number {
  const [first, second, third, fourth] = [data[0], data[1], data[2], data[3]];
  if (first === undefined || second === undefined || third === undefined || fourth === undefined) {
    throw new RangeError(`${data.length} octets are no number of 32 bits`);
  }
  return ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
}

function eightOctets(write: (view: DataView) => void): Uint8Array {
  const data = new Uint8Array(8);
  write(viewOf(data));
  return data;
}

/** The value itself stays out of the text: it may be a key. */
function wrong(type: AvpType, value: unknown): TypeError {
  return new TypeError(`${type} can not carry this ${value === null ? 'null' : typeof value}`);
}
