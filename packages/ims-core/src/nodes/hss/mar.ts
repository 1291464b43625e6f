import type { MultimediaAuthAnswer, MultimediaAuthRequest, SipAuthDataItem } from '../../ports/cx-client.ts';
import type { StoredCredentials, StoredSubscriber } from '../../ports/subscriber-store.ts';
import { BLOCK_OCTETS } from '../../protocols/auth/milenage.ts';
import { concat } from '../../protocols/auth/octets.ts';
import { isInCardRange } from '../../protocols/auth/sqn.ts';
import { type AuthenticationVector, makeVector, verifyAuts } from '../../protocols/auth/vector.ts';
import { CxResults } from '../../protocols/cx/results.ts';
import { checkIdentities, type HssContext, type HssWithTakeovers, sameServerName } from './context.ts';

/** The schemes on Cx; that of IMS AKA stands for AKAv1 and AKAv2. @see TS 29.229 §6.3.9 */
const DIGEST_AKA = 'Digest-AKAv1-MD5';
const SIP_DIGEST = 'SIP Digest';
/** The S-CSCF has seen no Authorization yet and leaves the choice to the HSS. @see TS 29.229 §6.3.9 */
const UNKNOWN_SCHEME = 'Unknown';
/** Most vectors in one answer, whatever is asked for. */
const MAX_VECTORS_PER_ANSWER = 5;
/** How often a RAND may be drawn again for one vector. */
const MAX_RAND_DRAWS = 64;

/** Gives the S-CSCF vectors to challenge the user with. @see TS 29.228 §6.3.1 */
export async function answerMultimediaAuth(
  request: MultimediaAuthRequest,
  hss: HssWithTakeovers,
): Promise<MultimediaAuthAnswer> {
  const refuse = (result: MultimediaAuthAnswer['result']): MultimediaAuthAnswer => ({ result, authDataItems: [] });

  // 1 Both identities exist. 2 The IMPU is a distinct one of a user. 3 They belong together.
  const check = await checkIdentities(hss.store, request.userName, request.publicIdentity);
  if (check.kind === 'unknown') return refuse(CxResults.ERROR_USER_UNKNOWN);
  if (check.kind === 'mismatch') return refuse(CxResults.ERROR_IDENTITIES_DONT_MATCH);
  const { subscriber } = check;

  // 4 The scheme is that of the subscription, or the choice is left to us.
  const { authenticationScheme: scheme } = subscriber;
  if (request.authenticationScheme !== scheme && request.authenticationScheme !== UNKNOWN_SCHEME) {
    return refuse(CxResults.ERROR_AUTH_SCHEME_NOT_SUPPORTED);
  }

  // 5 A resynchronisation comes from the S-CSCF that made the challenge; its AUTS, from the card.
  if (request.resync !== undefined && !isServedBy(subscriber, request.serverName)) {
    return refuse(CxResults.UNABLE_TO_COMPLY);
  }
  const items = scheme === SIP_DIGEST ? await digestItem(subscriber, hss) : await akaItems(request, subscriber, hss);
  if (items === undefined) return refuse(CxResults.UNABLE_TO_COMPLY);
  if (request.resync !== undefined) return success(request, subscriber, items);

  // 6 The registration state: the S-CSCF that challenges becomes the user's, until SAR confirms or ends it.
  const isOfAnother = !isServedBy(subscriber, request.serverName);
  if (subscriber.state === 'REGISTERED' && isOfAnother) hss.takeovers.begin(subscriber);
  if (subscriber.state !== 'REGISTERED' || isOfAnother) {
    // Deviation: TS 29.228 §6.3.1 keeps auth-pending for each pair of IMPI and IMPU; here it is one flag of the subscription, which has one IMPI.
    await hss.store.updateRegistration(subscriber.imsi, { serverName: request.serverName, authPending: true });
  }
  return success(request, subscriber, items);
}

function isServedBy({ serverName }: StoredSubscriber, requester: string): boolean {
  return serverName !== '' && sameServerName(serverName, requester);
}

function success(
  request: MultimediaAuthRequest,
  subscriber: StoredSubscriber,
  authDataItems: readonly SipAuthDataItem[],
): MultimediaAuthAnswer {
  return {
    result: CxResults.SUCCESS,
    userName: subscriber.impi,
    publicIdentity: request.publicIdentity,
    authDataItems,
  };
}

/** What the S-CSCF makes its own challenges with; undefined when there is no password. @see TS 33.203 Annex N */
async function digestItem(
  { imsi }: StoredSubscriber,
  { store }: HssContext,
): Promise<readonly SipAuthDataItem[] | undefined> {
  const credentials = await store.digestCredentials(imsi);
  if (credentials === undefined) return undefined;
  return [{ itemNumber: 1, authenticationScheme: SIP_DIGEST, digest: { ...credentials, qop: 'auth' } }];
}

/** Vectors for the card; undefined when there is none, or when the AUTS of the request is not of this card. */
async function akaItems(
  request: MultimediaAuthRequest,
  { imsi }: StoredSubscriber,
  hss: HssContext,
): Promise<readonly SipAuthDataItem[] | undefined> {
  const credentials = await hss.store.credentials(imsi);
  if (credentials === undefined) return undefined;
  const firstSqn =
    request.resync === undefined
      ? await hss.store.nextSqn(imsi)
      : await resynchronise(imsi, credentials, request.resync, hss);
  return firstSqn === undefined ? undefined : makeItems(request, imsi, credentials, hss, firstSqn);
}

/** The SQN of the first vector after a resynchronisation; undefined when the card did not make this AUTS. @see TS 33.102 §6.3.5 */
async function resynchronise(
  imsi: string,
  credentials: StoredCredentials,
  { rand, auts }: NonNullable<MultimediaAuthRequest['resync']>,
  { store }: HssContext,
): Promise<bigint | undefined> {
  if (rand.length !== BLOCK_OCTETS) return undefined;
  // MAC-S first: without it nothing of SQN_MS is believed.
  const card = verifyAuts(credentials, rand, auts);
  if (!card.ok) return undefined;
  // When the card would take our own next SQN, an old AUTS that comes again moves nothing back.
  const sqn = await store.nextSqn(imsi);
  if (isInCardRange(sqn, card.sqnMs)) return sqn;
  await store.resetSqn(imsi, card.sqnMs);
  return store.nextSqn(imsi);
}

/** SIP-Auth-Data-Items, each with its own SQN, in ascending order. @see TS 29.228 §6.3.1, TS 33.203 §6.1.1 */
async function makeItems(
  { numberAuthItems }: MultimediaAuthRequest,
  imsi: string,
  credentials: StoredCredentials,
  hss: HssContext,
  firstSqn: bigint,
): Promise<readonly SipAuthDataItem[]> {
  const count = Math.max(1, Math.min(numberAuthItems, MAX_VECTORS_PER_ANSWER));
  const items: SipAuthDataItem[] = [];
  for (let sqn = firstSqn; ; sqn = await hss.store.nextSqn(imsi)) {
    const vector = drawVector(credentials, sqn, hss);
    items.push({
      itemNumber: items.length + 1,
      authenticationScheme: DIGEST_AKA,
      authenticate: concat(vector.rand, vector.autn),
      authorization: vector.xres,
      confidentialityKey: vector.ck,
      integrityKey: vector.ik,
    });
    if (items.length === count) return items;
  }
}

function drawVector(
  credentials: StoredCredentials,
  sqn: bigint,
  { random, acceptVector }: HssContext,
): AuthenticationVector {
  for (let draw = 0; draw < MAX_RAND_DRAWS; draw += 1) {
    const vector = makeVector(credentials, { amf: credentials.amf, sqn, rand: random.bytes(BLOCK_OCTETS) });
    if (acceptVector === undefined || acceptVector(vector)) return vector;
  }
  throw new Error(`no vector was accepted in ${MAX_RAND_DRAWS} draws`);
}
