import type { ServerAssignmentAnswer } from '../../ports/cx-client.ts';
import { type Avp, avp } from '../diameter/avp.ts';
import type { AvpReader } from '../diameter/avp-reader.ts';

type ChargingInformation = NonNullable<ServerAssignmentAnswer['chargingInformation']>;

/** Charging-Information. @see TS 29.229 6.3.19 */
export function chargingInformationAvps(charging: ChargingInformation | undefined): readonly Avp[] {
  if (charging === undefined) return [];
  const { primaryEcf, primaryCcf } = charging;
  return [
    avp('Charging-Information', [
      ...(primaryEcf === undefined ? [] : [avp('Primary-Event-Charging-Function-Name', primaryEcf)]),
      ...(primaryCcf === undefined ? [] : [avp('Primary-Charging-Collection-Function-Name', primaryCcf)]),
    ]),
  ];
}

export function readChargingInformation(read: AvpReader): { chargingInformation?: ChargingInformation } {
  const group = read.optional('Charging-Information');
  if (group === undefined) return {};
  return {
    chargingInformation: read.group(group, (inner) => {
      const primaryEcf = inner.optional('Primary-Event-Charging-Function-Name');
      const primaryCcf = inner.optional('Primary-Charging-Collection-Function-Name');
      return {
        ...(primaryEcf === undefined ? {} : { primaryEcf }),
        ...(primaryCcf === undefined ? {} : { primaryCcf }),
      };
    }),
  };
}
