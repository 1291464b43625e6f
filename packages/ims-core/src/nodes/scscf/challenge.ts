import type { CxOutcome, MultimediaAuthAnswer, SipAuthDataItem } from '../../ports/cx-client.ts';
import { decodeBase64 } from '../../protocols/auth/base64.ts';
import { type AkaAlgorithm, akaAlgorithmOf } from '../../protocols/auth/digest.ts';
import { encodeNonce } from '../../protocols/auth/nonce.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { serializeAuth } from '../../protocols/sip/auth-params.ts';
import { hex } from '../../protocols/sip/ids.ts';
import type { Challenge } from './challenges.ts';
import { MAX_PENDING_CHALLENGES, MAX_RESYNCHRONISATIONS, RETRY_AFTER_S } from './config.ts';
import { hssUnavailable, note, type Refusal, refuse, type ScscfContext } from './context.ts';
import { failAuthentication } from './fail-authentication.ts';
import type { RegisterRequest } from './register-request.ts';

/** The one scheme of Cx for AKAv1 and AKAv2. @see TS 29.229 §6.3.9 */
const CX_SCHEME = 'Digest-AKAv1-MD5';

const RAND_OCTETS = 16;
const AUTHENTICATE_OCTETS = 32;
const AUTS_OCTETS = 14;
const MIN_RES_OCTETS = 4;
const MAX_RES_OCTETS = 16;

/**
 * Asks the HSS for a vector and challenges the UE with it: 401, reg-await-auth starts.
 * @param stale true when the UE answered a nonce that is no longer ours: it may try again without asking anyone
 * @see TS 24.229 5.4.1.2.1, TS 33.203 §6.1.1
 */
export async function challenge(
  context: ScscfContext,
  incoming: IncomingRequest,
  request: RegisterRequest,
  { stale }: { readonly stale: boolean },
): Promise<void> {
  // 5.4.1.2.1: the algorithm is the one that the UE announced.
  const algorithm = akaAlgorithmOf(request.credentials.get('algorithm')) ?? 'AKAv1-MD5';
  context.challenges.drop(request.impi);
  await sendChallenge(context, incoming, request, { algorithm, stale, resynchronisations: 0 });
}

/**
 * The card found the challenge out of sequence: the HSS takes its AUTS and gives a new vector.
 * @see TS 33.203 §6.1.3, TS 24.229 5.4.1.2.3
 */
export async function resynchronise(
  context: ScscfContext,
  incoming: IncomingRequest,
  request: RegisterRequest,
  challenged: Challenge,
): Promise<void> {
  context.challenges.drop(request.impi);
  const auts = decodeBase64(request.credentials.get('auts') ?? '');
  if (auts === undefined || auts.length !== AUTS_OCTETS || challenged.resynchronisations >= MAX_RESYNCHRONISATIONS) {
    await failAuthentication(context, incoming, request, 'AKA_SYNC_FAILURE', 'TS 24.229 5.4.1.2.3');
    return;
  }
  incoming.cause = note(
    context,
    'AKA_SYNC_FAILURE',
    `The SIM of ${context.nameOf(request.impi)} found the challenge out of sequence (TS 33.102 §6.3.5)`,
    incoming.cause,
  );
  await sendChallenge(context, incoming, request, {
    algorithm: challenged.algorithm,
    stale: false,
    resynchronisations: challenged.resynchronisations + 1,
    resync: { rand: challenged.rand, auts },
  });
}

interface ChallengeOptions {
  readonly algorithm: AkaAlgorithm;
  readonly stale: boolean;
  readonly resynchronisations: number;
  readonly resync?: { readonly rand: Uint8Array; readonly auts: Uint8Array };
}

async function sendChallenge(
  context: ScscfContext,
  incoming: IncomingRequest,
  request: RegisterRequest,
  { algorithm, stale, resynchronisations, resync }: ChallengeOptions,
): Promise<void> {
  if (context.challenges.size >= MAX_PENDING_CHALLENGES) {
    incoming.respond(503, { headers: [['Retry-After', String(RETRY_AFTER_S)]], why: 'too many challenges under way' });
    return;
  }

  // 5.4.1.2.1: a vector from the HSS, which now knows that this S-CSCF serves the user.
  const outcome = await context.cx.multimediaAuth(
    {
      userName: request.impi,
      publicIdentity: request.impu,
      serverName: context.config.uri,
      authenticationScheme: CX_SCHEME,
      numberAuthItems: 1,
      ...(resync && { resync }),
    },
    incoming,
  );
  const vector = readVector(outcome);
  if (!vector.ok) {
    refuse(incoming, vector.refusal);
    return;
  }

  // 5.4.1.2.1: 401 with RAND and AUTN; the timer reg-await-auth runs.
  const { rand, autn, xres, ck, ik } = vector;
  const nonce = encodeNonce(rand, autn);
  context.challenges.put({
    impi: request.impi,
    impu: request.impu,
    callId: request.bindings.callId,
    nonce,
    algorithm,
    rand,
    xres,
    ck,
    ik,
    resynchronisations,
  });
  const wwwAuthenticate = serializeAuth('Digest', [
    ['realm', context.config.domain, true],
    ['nonce', nonce, true],
    ['algorithm', algorithm, false],
    ['qop', 'auth', true],
    ...(stale ? ([['stale', 'true', false]] as const) : []),
    // TS 33.203 §6.1.1: the keys are for the P-CSCF, which takes them out; X.2.3.3: never with AKAv2.
    ...(algorithm === 'AKAv1-MD5'
      ? ([
          ['ik', hex(ik), true],
          ['ck', hex(ck), true],
        ] as const)
      : []),
  ]);
  incoming.respond(401, {
    headers: [['WWW-Authenticate', wwwAuthenticate]],
    why: 'challenge from the vector of the MAA (TS 24.229 5.4.1.2.1)',
  });
}

type Vector =
  | {
      readonly ok: true;
      readonly rand: Uint8Array;
      readonly autn: Uint8Array;
      readonly xres: Uint8Array;
      readonly ck: Uint8Array;
      readonly ik: Uint8Array;
    }
  | { readonly ok: false; readonly refusal: Refusal };

/** Results of an MAA that say no. @see TS 29.228 §6.3.1 */
const maaRefusals: ReadonlyMap<string, string> = new Map([
  ['10415/5001', 'DIAMETER_ERROR_USER_UNKNOWN'],
  ['10415/5002', 'DIAMETER_ERROR_IDENTITIES_DONT_MATCH'],
  ['10415/5004', 'DIAMETER_ERROR_ROAMING_NOT_ALLOWED'],
  ['10415/5006', 'DIAMETER_ERROR_AUTH_SCHEME_NOT_SUPPORTED'],
]);

function readVector(outcome: CxOutcome<MultimediaAuthAnswer>): Vector {
  if (!outcome.ok) return { ok: false, refusal: hssUnavailable(`no MAA: ${outcome.text}`) };
  const { result, authDataItems } = outcome.answer;
  const key = cxResultKey(result);
  const refusal = maaRefusals.get(key);
  if (refusal !== undefined)
    return { ok: false, refusal: { status: 403, options: { why: `the HSS says ${refusal}` } } };
  if (key !== '2001') return { ok: false, refusal: hssUnavailable(`the MAA cannot be used: result ${key}`) };
  const [item] = authDataItems.toSorted((a, b) => a.itemNumber - b.itemNumber);
  return item === undefined || !isAkaVector(item)
    ? { ok: false, refusal: hssUnavailable('the MAA holds no AKA vector') }
    : {
        ok: true,
        rand: item.authenticate.slice(0, RAND_OCTETS),
        autn: item.authenticate.slice(RAND_OCTETS),
        xres: item.authorization,
        ck: item.confidentialityKey,
        ik: item.integrityKey,
      };
}

type AkaItem = SipAuthDataItem & { readonly confidentialityKey: Uint8Array; readonly integrityKey: Uint8Array };

function isAkaVector(item: SipAuthDataItem): item is AkaItem {
  return (
    item.authenticate.length === AUTHENTICATE_OCTETS &&
    item.authorization.length >= MIN_RES_OCTETS &&
    item.authorization.length <= MAX_RES_OCTETS &&
    item.confidentialityKey !== undefined &&
    item.integrityKey !== undefined
  );
}
