import type { CxPushAnswer, PushProfileRequest } from '../../ports/cx-push.ts';
import { avp } from '../diameter/avp.ts';
import { utf8Octets } from '../diameter/avp-types.ts';
import { commands } from '../diameter/commands.ts';
import { chargingInformationAvps, readChargingInformation } from './charging-information.ts';
import { commandPair } from './command-pair.ts';

/** Push-Profile-Request and -Answer. @see TS 29.229 6.1.11, 6.1.12 */
export const ppr = commandPair<PushProfileRequest, CxPushAnswer>({
  command: commands.PPR,
  requestAvps: (request) => [
    avp('User-Name', request.userName),
    ...(request.userData === undefined ? [] : [avp('User-Data', utf8Octets(request.userData))]),
    ...chargingInformationAvps(request.chargingInformation),
  ],
  readRequest: (read) => {
    const userData = read.optionalText('User-Data');
    return {
      userName: read.one('User-Name'),
      ...(userData === undefined ? {} : { userData }),
      ...readChargingInformation(read),
    };
  },
  answerAvps: () => [],
  readAnswer: (_read, result) => ({ result }),
});
