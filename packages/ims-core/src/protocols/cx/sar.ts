import {
  type ServerAssignmentAnswer,
  type ServerAssignmentRequest,
  ServerAssignmentType,
} from '../../ports/cx-client.ts';
import { avp } from '../diameter/avp.ts';
import type { AvpReader } from '../diameter/avp-reader.ts';
import { utf8Octets } from '../diameter/avp-types.ts';
import { commands } from '../diameter/commands.ts';
import { chargingInformationAvps, readChargingInformation } from './charging-information.ts';
import { commandPair } from './command-pair.ts';

const USER_DATA_NOT_AVAILABLE = 0;
const USER_DATA_ALREADY_AVAILABLE = 1;

const assignmentTypes: ReadonlySet<number> = new Set(Object.values(ServerAssignmentType));

/** Server-Assignment-Request and -Answer. @see TS 29.229 6.1.3, 6.1.4 */
export const sar = commandPair<ServerAssignmentRequest, ServerAssignmentAnswer>({
  command: commands.SAR,
  requestAvps: (request) => [
    ...(request.userName === undefined ? [] : [avp('User-Name', request.userName)]),
    ...request.publicIdentities.map((identity) => avp('Public-Identity', identity)),
    avp('Server-Name', request.serverName),
    avp('Server-Assignment-Type', request.serverAssignmentType),
    avp(
      'User-Data-Already-Available',
      request.userDataAlreadyAvailable ? USER_DATA_ALREADY_AVAILABLE : USER_DATA_NOT_AVAILABLE,
    ),
  ],
  readRequest: (read) => {
    const userName = read.optional('User-Name');
    const publicIdentities = read.all('Public-Identity');
    if (userName === undefined && publicIdentities.length === 0) read.missing('Public-Identity');
    return {
      ...(userName === undefined ? {} : { userName }),
      publicIdentities,
      serverName: read.one('Server-Name'),
      serverAssignmentType: readAssignmentType(read),
      userDataAlreadyAvailable: readAlreadyAvailable(read),
    };
  },
  answerAvps: (answer) => [
    ...(answer.userName === undefined ? [] : [avp('User-Name', answer.userName)]),
    ...(answer.userData === undefined ? [] : [avp('User-Data', utf8Octets(answer.userData))]),
    ...chargingInformationAvps(answer.chargingInformation),
    ...(answer.serverName === undefined ? [] : [avp('Server-Name', answer.serverName)]),
  ],
  readAnswer: (read, result) => {
    const userName = read.optional('User-Name');
    const userData = read.optionalText('User-Data');
    const charging = readChargingInformation(read);
    const serverName = read.optional('Server-Name');
    return {
      result,
      ...(userName === undefined ? {} : { userName }),
      ...(userData === undefined ? {} : { userData }),
      ...charging,
      ...(serverName === undefined ? {} : { serverName }),
    };
  },
});

function isAssignmentType(value: number): value is ServerAssignmentType {
  return assignmentTypes.has(value);
}

function readAssignmentType(read: AvpReader): ServerAssignmentType {
  const value = read.one('Server-Assignment-Type');
  if (isAssignmentType(value)) return value;
  read.invalid('Server-Assignment-Type', `can not be ${value}`, value);
  return ServerAssignmentType.NO_ASSIGNMENT;
}

function readAlreadyAvailable(read: AvpReader): boolean {
  const value = read.one('User-Data-Already-Available');
  if (value !== USER_DATA_NOT_AVAILABLE && value !== USER_DATA_ALREADY_AVAILABLE) {
    read.invalid('User-Data-Already-Available', `can not be ${value}`, value);
  }
  return value === USER_DATA_ALREADY_AVAILABLE;
}
