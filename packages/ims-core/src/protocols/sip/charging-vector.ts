import type { Random } from '../../ports/random.ts';
import { hex } from './ids.ts';
import type { SipMessage } from './message.ts';
import { paramValue, scanParams, serializeParams } from './params.ts';
import { quotedString } from './quoted-string.ts';
import { header } from './read.ts';

/** P-Charging-Vector: names the session in all its messages and the networks at both ends. @see RFC 7315 §4.6, §5.6 */
export interface ChargingVector {
  readonly icidValue: string;
  readonly origIoi?: string;
  readonly termIoi?: string;
  /** Every other parameter as text: `icid-generated-at=pcscf.example`. */
  readonly others: readonly string[];
}

const KNOWN = ['icid-value', 'orig-ioi', 'term-ioi'];

/** The P-Charging-Vector of a message; undefined when there is none or it has no icid-value. */
export function chargingVector(message: SipMessage): ChargingVector | undefined {
  const scanned = scanParams(`;${header(message, 'P-Charging-Vector') ?? ''}`, 0);
  if (!scanned.ok) return undefined;
  const [icidValue, origIoi, termIoi] = KNOWN.map((name) => paramValue(scanned.value, name));
  if (typeof icidValue !== 'string') return undefined;
  return {
    icidValue,
    ...(typeof origIoi === 'string' && { origIoi }),
    ...(typeof termIoi === 'string' && { termIoi }),
    others: scanned.value
      .filter(({ name }) => !KNOWN.includes(name.toLowerCase()))
      .map((other) => serializeParams([other]).slice(1)),
  };
}

export function serializeChargingVector({ icidValue, origIoi, termIoi, others }: ChargingVector): string {
  const quoted = (name: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : [`${name}=${quotedString(value)}`];
  return [
    ...quoted('icid-value', icidValue),
    ...others,
    ...quoted('orig-ioi', origIoi),
    ...quoted('term-ioi', termIoi),
  ].join(';');
}

/** A new IMS charging identity: a version 4 UUID. @see TS 32.260 5.2.4.11, RFC 9562 §5.4 */
export function newIcid(random: Random): string {
  const octets = random.bytes(16);
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x40;
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80;
  return hex(octets).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** IOI between P-CSCF and S-CSCF. @see TS 24.229 4.5.4 */
export function type1Ioi(domain: string): string {
  return `Type 1${domain}`;
}

/** IOI between S-CSCF and application server. @see TS 24.229 4.5.4 */
export function type3Ioi(domain: string): string {
  return `Type 3${domain}`;
}

export function isType3Ioi(ioi: string | undefined): boolean {
  return ioi?.startsWith('Type 3') ?? false;
}

export function isType1Ioi(ioi: string | undefined): boolean {
  return ioi?.startsWith('Type 1') ?? false;
}
