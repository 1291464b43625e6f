import type {
  AkaAuthDataItem,
  CxOutcome,
  DigestAuthDataItem,
  MultimediaAuthAnswer,
  MultimediaAuthRequest,
  SipAuthDataItem,
} from '../../ports/cx-client.ts';
import type { CauseHolder } from '../../ports/trace-sink.ts';
import { akaAlgorithmOf, passwordAlgorithmOf } from '../../protocols/auth/digest.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { hssUnavailable, type Refusal, type ScscfContext } from './context.ts';
import type { RegisterRequest } from './register-request.ts';

const RAND_OCTETS = 16;
const AUTHENTICATE_OCTETS = 32;
const MIN_RES_OCTETS = 4;
const MAX_RES_OCTETS = 16;

/** A vector for one challenge. Secret: never logged or traced. @see TS 33.203 §6.1.1 */
export interface AkaVector {
  readonly scheme: 'Digest-AKAv1-MD5';
  readonly rand: Uint8Array;
  readonly autn: Uint8Array;
  readonly xres: Uint8Array;
  readonly ck: Uint8Array;
  readonly ik: Uint8Array;
}

/** What proves the password of a user. H(A1) is secret: never logged or traced. @see TS 33.203 N.2.1 */
export type DigestSecrets = DigestAuthDataItem['digest'] & { readonly scheme: 'SIP Digest' };

export type AuthenticationData =
  | { readonly ok: true; readonly value: AkaVector | DigestSecrets }
  | { readonly ok: false; readonly refusal: Refusal };

/** The scheme that a UE announces with its algorithm; one that announces none leaves the choice to the HSS. @see TS 29.228 §6.3.1, TS 29.229 §6.3.9 */
export function announcedScheme({ credentials }: RegisterRequest): string {
  const algorithm = credentials.get('algorithm');
  if (akaAlgorithmOf(algorithm) !== undefined) return 'Digest-AKAv1-MD5';
  return passwordAlgorithmOf(algorithm) === undefined ? 'Unknown' : 'SIP Digest';
}

/** Asks the HSS what to challenge the UE with; from then on it knows that this S-CSCF serves the user. @see TS 24.229 5.4.1.2.1 */
export async function authenticationData(
  context: ScscfContext,
  request: RegisterRequest,
  asked: Pick<MultimediaAuthRequest, 'authenticationScheme' | 'resync'>,
  cause: CauseHolder,
): Promise<AuthenticationData> {
  const outcome = await context.cx.multimediaAuth(
    {
      userName: request.impi,
      publicIdentity: request.impu,
      serverName: context.config.uri,
      numberAuthItems: 1,
      ...asked,
    },
    cause,
  );
  return readAnswer(outcome);
}

/** Results of an MAA that say no. @see TS 29.228 §6.3.1 */
const maaRefusals: ReadonlyMap<string, string> = new Map([
  ['10415/5001', 'DIAMETER_ERROR_USER_UNKNOWN'],
  ['10415/5002', 'DIAMETER_ERROR_IDENTITIES_DONT_MATCH'],
  ['10415/5004', 'DIAMETER_ERROR_ROAMING_NOT_ALLOWED'],
  ['10415/5006', 'DIAMETER_ERROR_AUTH_SCHEME_NOT_SUPPORTED'],
]);

function readAnswer(outcome: CxOutcome<MultimediaAuthAnswer>): AuthenticationData {
  if (!outcome.ok) return { ok: false, refusal: hssUnavailable(`no MAA: ${outcome.text}`) };
  const { result, authDataItems } = outcome.answer;
  const key = cxResultKey(result);
  const refusal = maaRefusals.get(key);
  if (refusal !== undefined) {
    return { ok: false, refusal: { status: 403, options: { why: `the HSS says ${refusal}` } } };
  }
  if (key !== '2001') return { ok: false, refusal: hssUnavailable(`the MAA cannot be used: result ${key}`) };
  const [item] = authDataItems.toSorted((a, b) => a.itemNumber - b.itemNumber);
  const value = item && readItem(item);
  return value === undefined
    ? { ok: false, refusal: hssUnavailable('the MAA holds nothing to challenge with') }
    : { ok: true, value };
}

function readItem(item: SipAuthDataItem): AkaVector | DigestSecrets | undefined {
  if (item.authenticationScheme === 'SIP Digest') return { scheme: 'SIP Digest', ...item.digest };
  if (!isWhole(item)) return undefined;
  return {
    scheme: 'Digest-AKAv1-MD5',
    rand: item.authenticate.slice(0, RAND_OCTETS),
    autn: item.authenticate.slice(RAND_OCTETS),
    xres: item.authorization,
    ck: item.confidentialityKey,
    ik: item.integrityKey,
  };
}

type WholeAkaItem = AkaAuthDataItem & { readonly confidentialityKey: Uint8Array; readonly integrityKey: Uint8Array };

function isWhole(item: AkaAuthDataItem): item is WholeAkaItem {
  return (
    item.authenticate.length === AUTHENTICATE_OCTETS &&
    item.authorization.length >= MIN_RES_OCTETS &&
    item.authorization.length <= MAX_RES_OCTETS &&
    item.confidentialityKey !== undefined &&
    item.integrityKey !== undefined
  );
}
