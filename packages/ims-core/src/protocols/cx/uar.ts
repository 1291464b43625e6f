import type { UserAuthorizationAnswer, UserAuthorizationRequest } from '../../ports/cx-client.ts';
import { avp } from '../diameter/avp.ts';
import { utf8Octets } from '../diameter/avp-types.ts';
import { commands } from '../diameter/commands.ts';
import { commandPair } from './command-pair.ts';
import { readServerChoice, serverChoiceAvps } from './server-capabilities.ts';
import { readUserAuthorizationType } from './user-authorization-type.ts';

/** User-Authorization-Request and -Answer. @see TS 29.229 6.1.1, 6.1.2 */
export const uar = commandPair<UserAuthorizationRequest, UserAuthorizationAnswer>({
  command: commands.UAR,
  requestAvps: (request) => [
    avp('User-Name', request.userName),
    avp('Public-Identity', request.publicIdentity),
    avp('Visited-Network-Identifier', utf8Octets(request.visitedNetworkIdentifier)),
    ...(request.userAuthorizationType === undefined
      ? []
      : [avp('User-Authorization-Type', request.userAuthorizationType)]),
  ],
  readRequest: (read) => ({
    userName: read.one('User-Name'),
    publicIdentity: read.one('Public-Identity'),
    visitedNetworkIdentifier: read.oneText('Visited-Network-Identifier'),
    ...readUserAuthorizationType(read),
  }),
  answerAvps: serverChoiceAvps,
  readAnswer: (read, result) => ({ result, ...readServerChoice(read) }),
});
