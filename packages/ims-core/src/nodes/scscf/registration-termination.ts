import { type CxPushAnswer, DeregistrationReason, type RegistrationTerminationRequest } from '../../ports/cx-push.ts';
import type { CauseHolder } from '../../ports/trace-sink.ts';
import { CxResults } from '../../protocols/cx/results.ts';
import { note, type ScscfContext } from './context.ts';
import { deregisterByNetwork, type NetworkDeregistration } from './network-deregistration.ts';
import { servedIdentity } from './user-profile.ts';

const kinds: Readonly<Record<DeregistrationReason, NetworkDeregistration>> = {
  [DeregistrationReason.PERMANENT_TERMINATION]: 'permanent termination',
  [DeregistrationReason.NEW_SERVER_ASSIGNED]: 'new server assigned',
  [DeregistrationReason.SERVER_CHANGE]: 'server change',
  [DeregistrationReason.REMOVE_S_CSCF]: 'S-CSCF removed',
};

/**
 * RTR: the HSS ends a registration. One identity takes its whole implicit set with it.
 * @see TS 29.228 §6.1.3, TS 24.229 5.4.1.5
 */
export async function registrationTermination(
  context: ScscfContext,
  request: RegistrationTerminationRequest,
  cause: CauseHolder,
): Promise<CxPushAnswer> {
  const { userName, publicIdentities, reason, reasonInfo } = request;
  if (context.unregisteredUsers.byImpi(userName) !== undefined) {
    context.unregisteredUsers.forget(userName);
    const text = `The HSS takes ${context.nameOf(userName)} away, who is not registered (TS 29.228 §6.1.3)`;
    cause.cause = note(context, 'UNREGISTERED_USER_RELEASED', text, cause.cause);
    return { result: CxResults.SUCCESS };
  }
  const profile = context.registrations.byImpi(userName)?.profile;
  const isMeant =
    profile !== undefined &&
    (publicIdentities.length === 0 || publicIdentities.some((key) => servedIdentity(profile, key) !== undefined));
  const done = isMeant && (await deregisterByNetwork(context, userName, kinds[reason], cause, reasonInfo));
  return { result: done ? CxResults.SUCCESS : CxResults.ERROR_USER_UNKNOWN };
}
