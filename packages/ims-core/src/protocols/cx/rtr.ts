import { type CxPushAnswer, DeregistrationReason, type RegistrationTerminationRequest } from '../../ports/cx-push.ts';
import { avp } from '../diameter/avp.ts';
import type { AvpReader } from '../diameter/avp-reader.ts';
import { commands } from '../diameter/commands.ts';
import { commandPair } from './command-pair.ts';

const reasons: ReadonlySet<number> = new Set(Object.values(DeregistrationReason));

/** Registration-Termination-Request and -Answer. @see TS 29.229 6.1.9, 6.1.10 */
export const rtr = commandPair<RegistrationTerminationRequest, CxPushAnswer>({
  command: commands.RTR,
  requestAvps: (request) => [
    avp('User-Name', request.userName),
    ...request.publicIdentities.map((identity) => avp('Public-Identity', identity)),
    avp('Deregistration-Reason', [
      avp('Reason-Code', request.reason),
      ...(request.reasonInfo === undefined ? [] : [avp('Reason-Info', request.reasonInfo)]),
    ]),
  ],
  readRequest: (read) => ({
    userName: read.one('User-Name'),
    publicIdentities: read.all('Public-Identity'),
    ...read.group(read.one('Deregistration-Reason'), readReason),
  }),
  answerAvps: () => [],
  readAnswer: (_read, result) => ({ result }),
});

function readReason(group: AvpReader): Pick<RegistrationTerminationRequest, 'reason' | 'reasonInfo'> {
  const code = group.one('Reason-Code');
  const reasonInfo = group.optional('Reason-Info');
  if (!isReason(code)) group.invalid('Reason-Code', `can not be ${code}`, code);
  return {
    reason: isReason(code) ? code : DeregistrationReason.PERMANENT_TERMINATION,
    ...(reasonInfo === undefined ? {} : { reasonInfo }),
  };
}

function isReason(value: number): value is DeregistrationReason {
  return reasons.has(value);
}
