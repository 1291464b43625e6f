import {
  chargingVector,
  isType1Ioi,
  isType3Ioi,
  serializeChargingVector,
  type1Ioi,
  type3Ioi,
} from '../../protocols/sip/charging-vector.ts';
import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import type { Side } from './own-routes.ts';

/** Puts the IOI of the next side in place of the one that came, and adds none of the answering network. @see TS 24.229 4.5.4 */
export function chargeRequest(edit: MessageEdit<SipRequest>, towards: Side, domain: string): void {
  const received = chargingVector(edit.current);
  if (received === undefined) return;
  const { termIoi: _answering, ...vector } = received;
  edit.set(
    'P-Charging-Vector',
    serializeChargingVector({ ...vector, origIoi: ioi(towards, domain) }),
    `orig-ioi of type ${types[towards]} (TS 24.229 4.5.4)`,
  );
}

/** A request within a dialog goes from one of the two sides to the other; its own IOI says from which. */
export function chargeRequestInDialog(
  edit: MessageEdit<SipRequest>,
  [caller, called]: readonly [Side, Side],
  domain: string,
): void {
  const received = chargingVector(edit.current);
  if (received?.origIoi === undefined) return;
  chargeRequest(edit, sideOf(received.origIoi) === caller ? called : caller, domain);
}

/** The answer goes back with the IOI that the request brought, and this network as the answering one. @see TS 24.229 4.5.4 */
export function chargeResponse(edit: MessageEdit<SipResponse>, request: SipRequest, domain: string): void {
  const { status } = edit.current;
  const received = chargingVector(request);
  if (received === undefined || status < 101 || status > 299) return;
  edit.set(
    'P-Charging-Vector',
    serializeChargingVector({ ...received, termIoi: ioi(sideOf(received.origIoi), domain) }),
    'orig-ioi of the request, own term-ioi (TS 24.229 4.5.4)',
  );
}

const types: Readonly<Record<Side, number>> = { pcscf: 1, core: 2, as: 3 };

/** Type 1 stands between P-CSCF and S-CSCF, type 2 between networks, type 3 between S-CSCF and application server. @see TS 24.229 4.5.4 */
function ioi(side: Side, domain: string): string {
  if (side === 'pcscf') return type1Ioi(domain);
  return side === 'as' ? type3Ioi(domain) : domain;
}

function sideOf(origIoi: string | undefined): Side {
  if (isType1Ioi(origIoi)) return 'pcscf';
  return isType3Ioi(origIoi) ? 'as' : 'core';
}
