import {
  type CxResult,
  type ServerAssignmentAnswer,
  type ServerAssignmentRequest,
  ServerAssignmentType,
} from '../../ports/cx-client.ts';
import type { RegistrationUpdate, StoredSubscriber } from '../../ports/subscriber-store.ts';
import { CxResults } from '../../protocols/cx/results.ts';
import {
  findByPublicIdentity,
  type HssContext,
  type HssWithTakeovers,
  isService,
  NOBODY,
  sameServerName,
} from './context.ts';
import { userDataOf } from './user-data.ts';

const {
  NO_ASSIGNMENT,
  REGISTRATION,
  RE_REGISTRATION,
  UNREGISTERED_USER,
  TIMEOUT_DEREGISTRATION,
  USER_DEREGISTRATION,
  TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME,
  USER_DEREGISTRATION_STORE_SERVER_NAME,
  ADMINISTRATIVE_DEREGISTRATION,
  AUTHENTICATION_FAILURE,
  AUTHENTICATION_TIMEOUT,
  DEREGISTRATION_TOO_MUCH_DATA,
} = ServerAssignmentType;

/** Assigns the S-CSCF to the user or takes it away, and hands out the user's profile. @see TS 29.228 §6.1.2.1 */
export async function answerServerAssignment(
  request: ServerAssignmentRequest,
  hss: HssWithTakeovers,
): Promise<ServerAssignmentAnswer> {
  const check = await checkSubscription(request, hss);
  if ('result' in check) return check;
  const { subscriber } = check;
  const isServedByRequester = subscriber.serverName !== '' && sameServerName(subscriber.serverName, request.serverName);
  const isServedByAnother = subscriber.serverName !== '' && !isServedByRequester;
  const isKeptByAnother = isServedByAnother && !hss.reassignments.isPending(subscriber.imsi);
  const assign = (state: RegistrationUpdate): Promise<void> => hss.store.updateRegistration(subscriber.imsi, state);
  const answer = (result: CxResult): ServerAssignmentAnswer => ({ result, userName: subscriber.impi });

  switch (request.serverAssignmentType) {
    case REGISTRATION:
    case RE_REGISTRATION:
      // Only one S-CSCF serves a subscription: the other one is named, and the I-CSCF selects again.
      if (isKeptByAnother) return alreadyRegistered(subscriber);
      await assign({ state: 'REGISTERED', serverName: request.serverName, authPending: false });
      hss.reassignments.end(subscriber.imsi);
      hss.takeovers.end(subscriber, request.serverName);
      return withProfile(request, subscriber, hss);

    case UNREGISTERED_USER:
      if (isKeptByAnother) return alreadyRegistered(subscriber);
      // An S-CSCF that was silent may come back with a registration that the HSS has no more.
      if (isServedByAnother && subscriber.state === 'REGISTERED') hss.takeovers.begin(subscriber);
      // Without the restoration feature a registered user becomes an unregistered one.
      await assign({ state: 'UNREGISTERED', serverName: request.serverName });
      hss.reassignments.end(subscriber.imsi);
      return withProfile(request, subscriber, hss);

    case NO_ASSIGNMENT:
      if (!isServedByRequester) return answer(CxResults.UNABLE_TO_COMPLY);
      return withProfile(request, subscriber, hss);

    case TIMEOUT_DEREGISTRATION:
    case USER_DEREGISTRATION:
    case ADMINISTRATIVE_DEREGISTRATION:
    case DEREGISTRATION_TOO_MUCH_DATA:
      if (!isServedByRequester) return answer(CxResults.UNABLE_TO_COMPLY);
      // The subscription has one IMPI: it is always the last one registered.
      await assign(NOBODY);
      hss.takeovers.forget(subscriber.imsi);
      return answer(CxResults.SUCCESS);

    case TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME:
    case USER_DEREGISTRATION_STORE_SERVER_NAME:
      if (!isServedByRequester) return answer(CxResults.UNABLE_TO_COMPLY);
      if (hss.keepsServerName === false) {
        await assign(NOBODY);
        return answer(CxResults.SUCCESS_SERVER_NAME_NOT_STORED);
      }
      await assign({ state: 'UNREGISTERED', authPending: false });
      return answer(CxResults.SUCCESS);

    case AUTHENTICATION_FAILURE:
    case AUTHENTICATION_TIMEOUT:
      // The challenge that waits is of another S-CSCF, which took the user over meanwhile.
      if (isServedByAnother) return answer(CxResults.SUCCESS);
      // A failed challenge ends nothing: a registration stays. Only a user without one loses the S-CSCF of the challenge.
      await assign(subscriber.state === 'NOT_REGISTERED' ? NOBODY : { authPending: false });
      return answer(CxResults.SUCCESS);
  }
}

function alreadyRegistered({ impi, serverName }: StoredSubscriber): ServerAssignmentAnswer {
  return { result: CxResults.ERROR_IDENTITY_ALREADY_REGISTERED, userName: impi, serverName };
}

function withProfile(
  { userDataAlreadyAvailable }: ServerAssignmentRequest,
  subscriber: StoredSubscriber,
  hss: HssContext,
): ServerAssignmentAnswer {
  const { chargingInformation } = hss;
  return {
    result: CxResults.SUCCESS,
    userName: subscriber.impi,
    ...(chargingInformation && { chargingInformation }),
    ...(!userDataAlreadyAvailable && { userData: userDataOf(subscriber) }),
  };
}

/** Types that de-register may name several identities, or only the user. @see TS 29.229 §6.1.3 */
const TYPES_FOR_MANY_IDENTITIES: ReadonlySet<ServerAssignmentType> = new Set([
  TIMEOUT_DEREGISTRATION,
  USER_DEREGISTRATION,
  TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME,
  USER_DEREGISTRATION_STORE_SERVER_NAME,
  ADMINISTRATIVE_DEREGISTRATION,
  DEREGISTRATION_TOO_MUCH_DATA,
]);

/** Types that tell of a registration or a challenge, which a PSI never has. @see TS 29.228 §6.1.2.1 step 4 */
const TYPES_FOR_USERS_ALONE: ReadonlySet<ServerAssignmentType> = new Set([
  REGISTRATION,
  RE_REGISTRATION,
  USER_DEREGISTRATION,
  USER_DEREGISTRATION_STORE_SERVER_NAME,
  AUTHENTICATION_FAILURE,
  AUTHENTICATION_TIMEOUT,
]);

/** The subscription that all identities of the request belong to, or the answer that says why there is none. */
async function checkSubscription(
  { userName, publicIdentities, serverAssignmentType }: ServerAssignmentRequest,
  { store }: HssContext,
): Promise<{ readonly subscriber: StoredSubscriber } | ServerAssignmentAnswer> {
  const found = [
    ...(userName === undefined ? [] : [await store.byImpi(userName)]),
    ...(await Promise.all(publicIdentities.map((impu) => findByPublicIdentity(store, impu)))),
  ];
  const [subscriber] = found;
  if (found.length === 0) return { result: CxResults.MISSING_AVP };

  // 1 Each identity exists.
  if (subscriber === undefined || found.includes(undefined)) return { result: CxResults.ERROR_USER_UNKNOWN };

  // 2 They belong together.
  if (found.some((other) => other?.imsi !== subscriber.imsi)) return { result: CxResults.ERROR_IDENTITIES_DONT_MATCH };

  // 3 As many public identities as the type allows.
  if (!TYPES_FOR_MANY_IDENTITIES.has(serverAssignmentType)) {
    if (publicIdentities.length === 0) return { result: CxResults.MISSING_AVP };
    if (publicIdentities.length > 1) return { result: CxResults.AVP_OCCURS_TOO_MANY_TIMES };
  }

  // 4 A service is served without ever being registered.
  if (isService(subscriber) && TYPES_FOR_USERS_ALONE.has(serverAssignmentType)) {
    return { result: CxResults.ERROR_IN_ASSIGNMENT_TYPE };
  }
  return { subscriber };
}
