import { isFailedAvp } from './avp.ts';
import { avpRule, type NamedAvpRule } from './avp-table.ts';
import { type AvpType, fitsFormat, isText, isUtf8, minimumOctets } from './avp-types.ts';
import { exampleAvp, paddedLength } from './failed-avp.ts';
import { AVP_FLAG, type DiameterHeader, HEADER_FLAG, HEADER_OCTETS } from './message.ts';
import { ResultCode } from './result-codes.ts';

/** Deepest nesting of groups that is read. Cx needs three. */
export const MAX_AVP_DEPTH = 8;

interface AvpHeader {
  readonly code: number;
  readonly vendor: number;
  /** The format in which it is decoded. */
  readonly type: AvpType;
  readonly mandatory: boolean;
}

/** One AVP as it lies in the octets of its message. */
export class AvpLayout implements AvpHeader {
  readonly code: number;
  readonly vendor: number;
  readonly type: AvpType;
  readonly mandatory: boolean;
  readonly protected: boolean;
  readonly rule: NamedAvpRule | undefined;
  /** Empty unless `type` is Grouped. */
  readonly children: readonly AvpLayout[];
  /** Where in the message its data begins, and where it ends before the padding. */
  readonly start: number;
  readonly end: number;
  readonly #message: Uint8Array;

  constructor(
    { code, vendor, type, mandatory }: AvpHeader,
    isProtected: boolean,
    rule: NamedAvpRule | undefined,
    children: readonly AvpLayout[],
    message: Uint8Array,
    start: number,
    end: number,
  ) {
    this.code = code;
    this.vendor = vendor;
    this.type = type;
    this.mandatory = mandatory;
    this.protected = isProtected;
    this.rule = rule;
    this.children = children;
    this.start = start;
    this.end = end;
    this.#message = message;
  }

  /** Without header and padding; in the memory of the message. */
  get data(): Uint8Array {
    return this.#message.subarray(this.start, this.end);
  }
}

/** What is wrong with a message, as the Result-Code and Failed-AVP of the answer say it. */
export interface StructuralError {
  readonly resultCode: ResultCode;
  /** Octet in the message at which it shows. */
  readonly offset: number;
  /** One sentence for people. Never holds a value. */
  readonly text: string;
  readonly reference: string;
  /** Content of Failed-AVP: one whole AVP; absent when the header is at fault. */
  readonly failedAvp?: Uint8Array;
}

/** A message whose octets were walked once. When `error` is there, `avps` ends before the AVP at fault. */
export interface MessageLayout {
  readonly header: DiameterHeader;
  readonly avps: readonly AvpLayout[];
  readonly error?: StructuralError;
}

/**
 * Walks a message of which the framer has checked version and length: nothing in it can lie about its own size afterwards.
 * Never throws.
 * @see RFC 6733 §3, §4.1, §7.1.3, §7.1.5
 */
export function checkStructure(message: Uint8Array): MessageLayout {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const flags = view.getUint8(4);
  const header: DiameterHeader = {
    request: (flags & HEADER_FLAG.request) !== 0,
    proxiable: (flags & HEADER_FLAG.proxiable) !== 0,
    error: (flags & HEADER_FLAG.error) !== 0,
    retransmitted: (flags & HEADER_FLAG.retransmitted) !== 0,
    commandCode: view.getUint32(4) & 0xff_ffff,
    applicationId: view.getUint32(8),
    hopByHop: view.getUint32(12),
    endToEnd: view.getUint32(16),
  };
  const { avps, error } = walk({ message, view }, HEADER_OCTETS, message.length, 1);
  const first = headerError(header, flags) ?? error;
  return first === undefined ? { header, avps } : { header, avps, error: first };
}

/** Walks AVPs outside a message, such as the content of Failed-AVP; ends before the first that is broken or not known. */
export function checkAvps(data: Uint8Array): readonly AvpLayout[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  return walk({ message: data, view }, 0, data.length, 1).avps;
}

const NO_CHILDREN: readonly AvpLayout[] = [];

interface Octets {
  readonly message: Uint8Array;
  readonly view: DataView;
}

interface Walked {
  readonly avps: AvpLayout[];
  readonly error?: StructuralError;
}

function headerError(header: DiameterHeader, flags: number): StructuralError | undefined {
  if ((flags & HEADER_FLAG.reserved) !== 0) {
    return {
      resultCode: ResultCode.INVALID_BIT_IN_HEADER,
      offset: 4,
      text: 'a reserved bit of the header is set',
      reference: 'RFC 6733 §7.1.5',
    };
  }
  if ((header.request && header.error) || (!header.request && header.retransmitted)) {
    return {
      resultCode: ResultCode.INVALID_HDR_BITS,
      offset: 4,
      text: header.request ? 'a request has the E bit' : 'an answer has the T bit',
      reference: 'RFC 6733 §7.1.3',
    };
  }
  return undefined;
}

function walk(octets: Octets, start: number, end: number, depth: number): Walked {
  const avps: AvpLayout[] = [];
  let offset = start;
  while (offset < end) {
    const next = readAvp(octets, offset, end, depth, avps);
    if (typeof next !== 'number') return { avps, error: next };
    offset = next;
  }
  return { avps };
}

/** Reads one AVP into the list. Returns the offset after it, or what is wrong with it. */
function readAvp(
  octets: Octets,
  offset: number,
  end: number,
  depth: number,
  avps: AvpLayout[],
): number | StructuralError {
  const { message, view } = octets;
  if (end - offset < 8) return badLength(offset, undefined, 'the header of an AVP is cut off');
  const code = view.getUint32(offset);
  const flags = view.getUint8(offset + 4);
  const length = view.getUint32(offset + 4) & 0xff_ffff;
  const hasVendor = (flags & AVP_FLAG.vendor) !== 0;
  const headerOctets = hasVendor ? 12 : 8;
  if (end - offset < headerOctets) return badLength(offset, undefined, 'the header of an AVP is cut off');
  const vendor = hasVendor ? view.getUint32(offset + 8) : 0;
  const mandatory = (flags & AVP_FLAG.mandatory) !== 0;
  const rule = avpRule(vendor, code);
  const type: AvpType = rule === undefined || isFailedAvp(vendor, code) ? 'OctetString' : rule.type;
  const header: AvpHeader = { code, vendor, type, mandatory };

  if (length < headerOctets) {
    return badLength(offset, example(header), `${nameOf(header)} is shorter than its own header`);
  }
  const next = offset + paddedLength(length);
  if (next > end) return badLength(offset, example(header), `${nameOf(header)} is longer than what holds it`);
  if ((flags & AVP_FLAG.reserved) !== 0 || (hasVendor && vendor === 0)) {
    const why = hasVendor && vendor === 0 ? 'has the V bit and vendor 0' : 'has a reserved bit';
    return failure(
      ResultCode.INVALID_AVP_BITS,
      offset,
      `${nameOf(header)} ${why}`,
      '§4.1.1',
      copyOf(message, offset, next),
    );
  }
  if (rule === undefined && mandatory) {
    const text = `${nameOf(header)} has the M bit and is not known`;
    return failure(ResultCode.AVP_UNSUPPORTED, offset, text, '§4.1', copyOf(message, offset, next));
  }
  const start = offset + headerOctets;
  const stop = offset + length;
  if (!fitsFormat(type, message, start, stop)) {
    const failedAvp = stop - start < minimumOctets(type) ? example(header) : copyOf(message, offset, next);
    return badLength(offset, failedAvp, `${nameOf(header)} has no length of a ${type}`);
  }
  if (isText(type) && !isUtf8(message, start, stop)) {
    return failure(
      ResultCode.INVALID_AVP_VALUE,
      offset,
      `${nameOf(header)} is no UTF-8`,
      '§4.3.1',
      copyOf(message, offset, next),
    );
  }
  let children: readonly AvpLayout[] = NO_CHILDREN;
  if (type === 'Grouped') {
    if (depth >= MAX_AVP_DEPTH) {
      const text = `${nameOf(header)} is nested too deep`;
      return failure(ResultCode.INVALID_AVP_VALUE, offset, text, '§4.4', example(header));
    }
    const inner = walk(octets, start, stop, depth + 1);
    if (inner.error !== undefined) return inner.error;
    children = inner.avps;
  }
  const isProtected = (flags & AVP_FLAG.protected) !== 0;
  avps.push(new AvpLayout(header, isProtected, rule, children, message, start, stop));
  return next;
}

function nameOf({ code, vendor }: AvpHeader): string {
  return avpRule(vendor, code)?.name ?? `AVP ${code}`;
}

function example({ code, vendor, type, mandatory }: AvpHeader): Uint8Array {
  return exampleAvp({ code, vendor, type, mandatory: mandatory ? 'must' : 'mustNot' });
}

/** What goes into an answer must not hold on to the message. */
function copyOf(message: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(message.subarray(start, end));
}

function badLength(offset: number, failedAvp: Uint8Array | undefined, text: string): StructuralError {
  return failure(ResultCode.INVALID_AVP_LENGTH, offset, text, '§7.1.5', failedAvp);
}

function failure(
  resultCode: ResultCode,
  offset: number,
  text: string,
  clause: string,
  failedAvp: Uint8Array | undefined,
): StructuralError {
  const error = { resultCode, offset, text, reference: `RFC 6733 ${clause}` };
  return failedAvp === undefined ? error : { ...error, failedAvp };
}
