import type { LocationInfoAnswer, LocationInfoRequest } from '../../ports/cx-client.ts';
import { CxResults } from '../../protocols/cx/results.ts';
import { capabilitiesOf, findByPublicIdentity, type HssWithTakeovers } from './context.ts';

const REGISTRATION_AND_CAPABILITIES = 2;

/** Tells the I-CSCF which S-CSCF serves a public identity. @see TS 29.228 §6.1.4.1 */
export async function answerLocationInfo(
  request: LocationInfoRequest,
  hss: HssWithTakeovers,
): Promise<LocationInfoAnswer> {
  // 1 The identity exists. A PSI is hosted by an S-CSCF like an unregistered user: none is answered with its application server.
  const subscriber = await findByPublicIdentity(hss.store, request.publicIdentity);
  if (subscriber === undefined) return { result: CxResults.ERROR_USER_UNKNOWN };
  const { imsi, state, serverName, initialFilterCriteria } = subscriber;

  // 2 The I-CSCF asks for capabilities alone: the S-CSCF that serves the user is silent, and another one may.
  if (request.userAuthorizationType === REGISTRATION_AND_CAPABILITIES) {
    hss.reassignments.allow(imsi);
    return { result: CxResults.SUCCESS, ...capabilitiesOf(hss) };
  }

  // 3 The registration state.
  if (state !== 'NOT_REGISTERED') return { result: CxResults.SUCCESS, serverName };
  const hasServices = initialFilterCriteria.some(({ profilePart }) => profilePart !== 'REGISTERED');
  if (!hasServices && request.originatingRequest !== true) return { result: CxResults.ERROR_IDENTITY_NOT_REGISTERED };
  if (serverName !== '') return { result: CxResults.SUCCESS, serverName };
  return { result: CxResults.UNREGISTERED_SERVICE, ...capabilitiesOf(hss) };
}
