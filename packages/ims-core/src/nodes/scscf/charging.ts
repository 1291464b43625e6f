import { chargingVector, isType1Ioi, serializeChargingVector, type1Ioi } from '../../protocols/sip/charging-vector.ts';
import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';

/** Type 1 IOI stands between P-CSCF and S-CSCF, type 2 between networks. */
type Side = 'pcscf' | 'core';

/** Puts the IOI of the next side in place of the one that came, and adds none of the answering network. @see TS 24.229 4.5.4 */
export function chargeRequest(edit: MessageEdit<SipRequest>, towards: Side, domain: string): void {
  const received = chargingVector(edit.current);
  if (received === undefined) return;
  const { termIoi: _answering, ...vector } = received;
  const origIoi = towards === 'pcscf' ? type1Ioi(domain) : domain;
  const why = `orig-ioi of ${towards === 'pcscf' ? 'type 1' : 'type 2'} (TS 24.229 4.5.4)`;
  edit.set('P-Charging-Vector', serializeChargingVector({ ...vector, origIoi }), why);
}

/** A request within a dialog goes from one side to the other; its own IOI says from which. */
export function chargeRequestInDialog(edit: MessageEdit<SipRequest>, domain: string): void {
  const received = chargingVector(edit.current);
  if (received?.origIoi === undefined) return;
  chargeRequest(edit, isType1Ioi(received.origIoi) ? 'core' : 'pcscf', domain);
}

/** The answer goes back with the IOI that the request brought, and this network as the answering one. @see TS 24.229 4.5.4 */
export function chargeResponse(edit: MessageEdit<SipResponse>, request: SipRequest, domain: string): void {
  const { status } = edit.current;
  const received = chargingVector(request);
  if (received === undefined || status < 101 || status > 299) return;
  const termIoi = isType1Ioi(received.origIoi) ? type1Ioi(domain) : domain;
  edit.set(
    'P-Charging-Vector',
    serializeChargingVector({ ...received, termIoi }),
    'orig-ioi of the request, own term-ioi (TS 24.229 4.5.4)',
  );
}
