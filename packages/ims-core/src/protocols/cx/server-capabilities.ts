import type { ServerCapabilities } from '../../ports/cx-client.ts';
import { type Avp, avp } from '../diameter/avp.ts';
import type { AvpReader } from '../diameter/avp-reader.ts';

/** AVPs that UAA and LIA share: which S-CSCF it is, or what one must be able to do. */
interface ServerChoice {
  readonly serverName?: string;
  readonly serverCapabilities?: ServerCapabilities;
}

/** Server-Name and Server-Capabilities. @see TS 29.229 6.3.3, 6.3.4 */
export function serverChoiceAvps({ serverName, serverCapabilities }: ServerChoice): readonly Avp[] {
  const avps: Avp[] = [];
  if (serverName !== undefined) avps.push(avp('Server-Name', serverName));
  if (serverCapabilities !== undefined) {
    avps.push(
      avp('Server-Capabilities', [
        ...serverCapabilities.mandatory.map((capability) => avp('Mandatory-Capability', capability)),
        ...serverCapabilities.optional.map((capability) => avp('Optional-Capability', capability)),
        ...serverCapabilities.serverNames.map((name) => avp('Server-Name', name)),
      ]),
    );
  }
  return avps;
}

export function readServerChoice(read: AvpReader): ServerChoice {
  const serverName = read.optional('Server-Name');
  const group = read.optional('Server-Capabilities');
  return {
    ...(serverName === undefined ? {} : { serverName }),
    ...(group === undefined
      ? {}
      : {
          serverCapabilities: read.group(group, (inner) => ({
            mandatory: inner.all('Mandatory-Capability'),
            optional: inner.all('Optional-Capability'),
            serverNames: inner.all('Server-Name'),
          })),
        }),
  };
}
