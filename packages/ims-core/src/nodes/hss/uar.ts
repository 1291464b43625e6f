import type { UserAuthorizationAnswer, UserAuthorizationRequest } from '../../ports/cx-client.ts';
import type { StoredSubscriber } from '../../ports/subscriber-store.ts';
import { CxResults } from '../../protocols/cx/results.ts';
import { capabilitiesOf, checkIdentities, type HssContext } from './context.ts';

const DE_REGISTRATION = 1;
const REGISTRATION_AND_CAPABILITIES = 2;

/** Tells the I-CSCF whether the user may register, and at which S-CSCF. @see TS 29.228 §6.1.1.1 */
export async function answerUserAuthorization(
  request: UserAuthorizationRequest,
  hss: HssContext,
): Promise<UserAuthorizationAnswer> {
  // 1 Both identities exist. 2 The IMPU is a distinct one of a user.
  // 3 They belong together.
  const check = await checkIdentities(hss.store, request.userName, request.publicIdentity);
  if (check.kind === 'unknown') return { result: CxResults.ERROR_USER_UNKNOWN };
  if (check.kind === 'mismatch') return { result: CxResults.ERROR_IDENTITIES_DONT_MATCH };
  const { subscriber } = check;

  // 4 A barred IMPU may register only when its implicit registration set has one that is not barred.
  if (subscriber.identities.every(({ barred }) => barred)) return { result: CxResults.AUTHORIZATION_REJECTED };

  // 5 Roaming; a de-registration is taken from everywhere.
  const isDeregistration = request.userAuthorizationType === DE_REGISTRATION;
  if (!isDeregistration && !mayRoam(request.visitedNetworkIdentifier, hss)) {
    return { result: CxResults.ERROR_ROAMING_NOT_ALLOWED };
  }
  if (request.userAuthorizationType === REGISTRATION_AND_CAPABILITIES) {
    return { result: CxResults.SUCCESS, ...capabilitiesOf(hss) };
  }

  // 6 The registration state.
  return isDeregistration ? answerDeregistration(subscriber) : answerRegistration(subscriber, hss);
}

function answerRegistration({ serverName }: StoredSubscriber, hss: HssContext): UserAuthorizationAnswer {
  // A name is held for a registered, an unregistered and an auth-pending user: the challenge must come back to the same S-CSCF.
  if (serverName !== '') return { result: CxResults.SUBSEQUENT_REGISTRATION, serverName };
  return { result: CxResults.FIRST_REGISTRATION, ...capabilitiesOf(hss) };
}

function answerDeregistration({ state, authPending, serverName }: StoredSubscriber): UserAuthorizationAnswer {
  const isServed = state !== 'NOT_REGISTERED' || authPending;
  return isServed ? { result: CxResults.SUCCESS, serverName } : { result: CxResults.ERROR_IDENTITY_NOT_REGISTERED };
}

function mayRoam(visitedNetwork: string, { visitedNetworks }: HssContext): boolean {
  return (
    visitedNetworks === undefined ||
    visitedNetworks.some((network) => network.toLowerCase() === visitedNetwork.toLowerCase())
  );
}
