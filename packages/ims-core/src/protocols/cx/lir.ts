import type { LocationInfoAnswer, LocationInfoRequest } from '../../ports/cx-client.ts';
import { avp } from '../diameter/avp.ts';
import type { AvpReader } from '../diameter/avp-reader.ts';
import { commands } from '../diameter/commands.ts';
import { commandPair } from './command-pair.ts';
import { readServerChoice, serverChoiceAvps } from './server-capabilities.ts';
import { readUserAuthorizationType } from './user-authorization-type.ts';

const ORIGINATING = 0;

/** Location-Info-Request and -Answer. @see TS 29.229 6.1.5, 6.1.6 */
export const lir = commandPair<LocationInfoRequest, LocationInfoAnswer>({
  command: commands.LIR,
  requestAvps: (request) => [
    ...(request.originatingRequest === true ? [avp('Originating-Request', ORIGINATING)] : []),
    avp('Public-Identity', request.publicIdentity),
    ...(request.userAuthorizationType === undefined
      ? []
      : [avp('User-Authorization-Type', request.userAuthorizationType)]),
  ],
  readRequest: (read) => ({
    ...readOriginatingRequest(read),
    publicIdentity: read.one('Public-Identity'),
    ...readUserAuthorizationType(read),
  }),
  answerAvps: serverChoiceAvps,
  readAnswer: (read, result) => ({ result, ...readServerChoice(read) }),
});

function readOriginatingRequest(read: AvpReader): { originatingRequest?: boolean } {
  const value = read.optional('Originating-Request');
  if (value === undefined) return {};
  if (value !== ORIGINATING) read.invalid('Originating-Request', `can not be ${value}`, value);
  return { originatingRequest: true };
}
