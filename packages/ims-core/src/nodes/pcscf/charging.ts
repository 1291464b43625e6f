import { chargingVector, serializeChargingVector, type1Ioi } from '../../protocols/sip/charging-vector.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import type { PcscfConfig } from './config.ts';

/** P-Charging-Vector of what a UE sends: type 1 IOI, between P-CSCF and S-CSCF. @see TS 24.229 5.2.6.3, 4.5.4 */
export function originatingVector(config: PcscfConfig, icidValue: string): string {
  return serializeChargingVector({
    icidValue,
    origIoi: type1Ioi(config.domain),
    others: [`icid-generated-at=${config.host}`],
  });
}

/** P-Charging-Vector of a called UE's response: what the request brought, and this network as the answering one. @see TS 24.229 5.2.6.4 */
export function terminatingVector(config: PcscfConfig, request: SipRequest): string | undefined {
  const received = chargingVector(request);
  if (received === undefined) return undefined;
  return serializeChargingVector({ ...received, termIoi: type1Ioi(config.domain) });
}
