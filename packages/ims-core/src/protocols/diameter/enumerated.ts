import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { APPLICATION_BASE, APPLICATION_CX, APPLICATION_RELAY } from './commands.ts';

type ValueNames = Readonly<Record<number, string>>;

const applications: ValueNames = {
  [APPLICATION_BASE]: 'Diameter common messages',
  [APPLICATION_CX]: '3GPP Cx',
  [APPLICATION_RELAY]: 'Relay',
};

const vendors: ValueNames = { 0: 'IETF', 10415: '3GPP', 13019: 'ETSI' };

/** Names of the numbers that AVPs hold, by AVP name. The codec works with the numbers alone. */
const valueNames: Readonly<Record<string, ValueNames>> = {
  'Auth-Application-Id': applications,
  'Acct-Application-Id': applications,
  'Vendor-Id': vendors,
  'Supported-Vendor-Id': vendors,
  'Auth-Session-State': { 0: 'STATE_MAINTAINED', 1: 'NO_STATE_MAINTAINED' },
  'Disconnect-Cause': { 0: 'REBOOTING', 1: 'BUSY', 2: 'DO_NOT_WANT_TO_TALK_TO_YOU' },
  'Inband-Security-Id': { 0: 'NO_INBAND_SECURITY', 1: 'TLS' },
  'User-Authorization-Type': { 0: 'REGISTRATION', 1: 'DE_REGISTRATION', 2: 'REGISTRATION_AND_CAPABILITIES' },
  'Server-Assignment-Type': Object.fromEntries(
    Object.entries(ServerAssignmentType).map(([name, value]) => [value, name]),
  ),
  'User-Data-Already-Available': { 0: 'USER_DATA_NOT_AVAILABLE', 1: 'USER_DATA_ALREADY_AVAILABLE' },
  'Originating-Request': { 0: 'ORIGINATING' },
  'Reason-Code': { 0: 'PERMANENT_TERMINATION', 1: 'NEW_SERVER_ASSIGNED', 2: 'SERVER_CHANGE', 3: 'REMOVE_S-CSCF' },
  'Loose-Route-Indication': { 0: 'LOOSE_ROUTE_NOT_REQUIRED', 1: 'LOOSE_ROUTE_REQUIRED' },
  'Multiple-Registration-Indication': { 0: 'NOT_MULTIPLE_REGISTRATION', 1: 'MULTIPLE_REGISTRATION' },
  'Session-Priority': { 0: 'PRIORITY-0', 1: 'PRIORITY-1', 2: 'PRIORITY-2', 3: 'PRIORITY-3', 4: 'PRIORITY-4' },
  'Priviledged-Sender-Indication': { 0: 'NOT_PRIVILEDGED_SENDER', 1: 'PRIVILEDGED_SENDER' },
};

/** The name of a number in the AVP of this name; undefined when it has none. */
export function valueName(avpName: string, value: number): string | undefined {
  return valueNames[avpName]?.[value];
}
