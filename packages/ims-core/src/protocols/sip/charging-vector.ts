import type { Random } from '../../ports/random.ts';
import { hex } from './ids.ts';
import type { SipMessage } from './message.ts';
import { scanParams, serializeParams } from './params.ts';
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

/** The P-Charging-Vector of a message; undefined when there is none or it has no icid-value. */
export function chargingVector(message: SipMessage): ChargingVector | undefined {
  const value = header(message, 'P-Charging-Vector');
  const scanned = value === undefined ? undefined : scanParams(`;${value}`, 0);
  if (scanned?.ok !== true) return undefined;
  let icidValue: string | undefined;
  let origIoi: string | undefined;
  let termIoi: string | undefined;
  const others: string[] = [];
  for (const one of scanned.value) {
    const text = one.value === true ? undefined : one.value;
    switch (one.name.toLowerCase()) {
      case 'icid-value':
        icidValue ??= text;
        break;
      case 'orig-ioi':
        origIoi ??= text;
        break;
      case 'term-ioi':
        termIoi ??= text;
        break;
      default:
        others.push(serializeParams([one]).slice(1));
    }
  }
  if (icidValue === undefined) return undefined;
  return { icidValue, ...(origIoi !== undefined && { origIoi }), ...(termIoi !== undefined && { termIoi }), others };
}

export function serializeChargingVector({ icidValue, origIoi, termIoi, others }: ChargingVector): string {
  let text = `icid-value=${quotedString(icidValue)}`;
  for (const other of others) text += `;${other}`;
  if (origIoi !== undefined) text += `;orig-ioi=${quotedString(origIoi)}`;
  if (termIoi !== undefined) text += `;term-ioi=${quotedString(termIoi)}`;
  return text;
}

/** A new IMS charging identity: a version 4 UUID. @see TS 32.260 5.2.4.11, RFC 9562 §5.4 */
export function newIcid(random: Random): string {
  const octets = random.bytes(16);
  octets[6] = ((octets[6] ?? 0) & 0x0f) | 0x40;
  octets[8] = ((octets[8] ?? 0) & 0x3f) | 0x80;
  const digits = hex(octets);
  const parts = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)];
  return parts.join('-');
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
