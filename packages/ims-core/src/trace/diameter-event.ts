import { avpNameOf, isFailedAvp } from '../protocols/diameter/avp.ts';
import type { AvpName } from '../protocols/diameter/avp-table.ts';
import { addressText, decodeValue, hexText, utf8Text } from '../protocols/diameter/avp-types.ts';
import { commandShortName, commands } from '../protocols/diameter/commands.ts';
import { valueName } from '../protocols/diameter/enumerated.ts';
import { resultRule } from '../protocols/diameter/result-codes.ts';
import { type AvpLayout, checkAvps, type MessageLayout } from '../protocols/diameter/structural-check.ts';
import type { TraceAvp, TraceDiameter } from './event.ts';

export interface DiameterTraceOptions {
  /** Shows XRES, CK, IK and HA1 as they are instead of masked. */
  readonly showSecrets: boolean;
}

/** Where in a message an AVP stands, as far as its value's text depends on it. */
interface Surroundings extends DiameterTraceOptions {
  /** True in MAA: there SIP-Authorization is XRES, in MAR it is RAND and AUTS, which are no secrets. */
  readonly multimediaAuthAnswer: boolean;
  /** Vendor of the Experimental-Result that holds it, else 0. */
  readonly resultVendor: number;
}

/** What the ladder shows of a Diameter message; of a malformed one, the AVPs before its fault. `octets`: its length on the wire. */
export function traceDiameter(layout: MessageLayout, octets: number, options: DiameterTraceOptions): TraceDiameter {
  const { header, avps } = layout;
  const result = header.request ? { vendor: 0, code: 0 } : resultOf(avps);
  const surroundings: Surroundings = {
    showSecrets: options.showSecrets,
    multimediaAuthAnswer: !header.request && header.commandCode === commands.MAR.code,
    resultVendor: 0,
  };
  return {
    command: commandShortName(header.commandCode, header.request),
    commandCode: header.commandCode,
    request: header.request,
    applicationId: header.applicationId,
    hopByHop: header.hopByHop,
    endToEnd: header.endToEnd,
    sessionId: textOf(avps, 'Session-Id'),
    resultCode: result.code,
    resultVendor: result.vendor,
    resultName: resultRule(result.vendor, result.code)?.name ?? '',
    userName: textOf(avps, 'User-Name'),
    publicIdentity: textOf(avps, 'Public-Identity'),
    avps: avps.map((avp) => traceAvp(avp, surroundings)),
    length: octets,
  };
}

function traceAvp(avp: AvpLayout, surroundings: Surroundings): TraceAvp {
  const { code, vendor } = avp;
  const name = avpNameOf(vendor, code);
  const flags = `${vendor === 0 ? '' : 'V'}${avp.mandatory ? 'M' : ''}${avp.protected ? 'P' : ''}`;
  const type = avp.rule?.type ?? avp.type;
  if (type !== 'Grouped') {
    const value = isSecret(avp, surroundings) ? maskedText(avp) : valueText(avp, surroundings);
    return { code, vendor, name, flags, type, value };
  }
  const inner = is(avp, 'Experimental-Result')
    ? { ...surroundings, resultVendor: numberOf(avp.children, 'Vendor-Id') }
    : surroundings;
  const children = isFailedAvp(vendor, code) ? checkAvps(avp.data) : avp.children;
  return { code, vendor, name, flags, type, value: '', children: children.map((child) => traceAvp(child, inner)) };
}

function isSecret(avp: AvpLayout, { showSecrets, multimediaAuthAnswer }: Surroundings): boolean {
  if (showSecrets) return false;
  if (is(avp, 'SIP-Authorization')) return multimediaAuthAnswer;
  return is(avp, 'Confidentiality-Key') || is(avp, 'Integrity-Key') || is(avp, 'Digest-HA1');
}

function maskedText(avp: AvpLayout): string {
  return `masked (${avp.data.length} octets)`;
}

function valueText(avp: AvpLayout, { resultVendor }: Surroundings): string {
  if (avp.type === 'Grouped') return '';
  if (avp.rule?.holdsText === true) return utf8Text(avp.data) ?? hexText(avp.data);
  const value = decodeValue(avp.type, avp.data);
  if (typeof value === 'number') return numberText(avp, value, resultVendor);
  if (value instanceof Uint8Array) return avp.type === 'Address' ? addressText(value) : hexText(value);
  return value instanceof Date ? value.toISOString() : String(value);
}

function numberText(avp: AvpLayout, value: number, resultVendor: number): string {
  const name =
    is(avp, 'Result-Code') || is(avp, 'Experimental-Result-Code')
      ? resultRule(resultVendor, value)?.name
      : valueName(avp.rule?.name ?? '', value);
  return name === undefined ? String(value) : `${name} (${value})`;
}

function is(avp: AvpLayout, name: AvpName): boolean {
  return avp.rule?.name === name;
}

function textOf(avps: readonly AvpLayout[], name: AvpName): string {
  const found = avps.find((avp) => is(avp, name));
  return found === undefined ? '' : (utf8Text(found.data) ?? '');
}

function numberOf(avps: readonly AvpLayout[], name: AvpName): number {
  const found = avps.find((avp) => is(avp, name));
  if (found === undefined || found.type === 'Grouped') return 0;
  const value = decodeValue(found.type, found.data);
  return typeof value === 'number' ? value : 0;
}

function resultOf(avps: readonly AvpLayout[]): { vendor: number; code: number } {
  const experimental = avps.find((avp) => is(avp, 'Experimental-Result'));
  if (experimental === undefined) return { vendor: 0, code: numberOf(avps, 'Result-Code') };
  return {
    vendor: numberOf(experimental.children, 'Vendor-Id'),
    code: numberOf(experimental.children, 'Experimental-Result-Code'),
  };
}
