import { decodeBase64 } from '../../protocols/auth/base64.ts';
import { type AkaAlgorithm, akaAlgorithmOf } from '../../protocols/auth/digest.ts';
import { encodeNonce } from '../../protocols/auth/nonce.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { serializeAuth } from '../../protocols/sip/auth-params.ts';
import { hex } from '../../protocols/sip/ids.ts';
import { type AkaVector, announcedScheme, authenticationData } from './authentication-data.ts';
import type { AkaChallenge } from './challenges.ts';
import { MAX_PENDING_CHALLENGES, MAX_RESYNCHRONISATIONS, RETRY_AFTER_S, type ScscfConfig } from './config.ts';
import { note, refuse, type ScscfContext } from './context.ts';
import { digestChallenge } from './digest-challenge.ts';
import { failAuthentication } from './fail-authentication.ts';
import type { RegisterRequest } from './register-request.ts';

const AUTS_OCTETS = 14;

/**
 * Asks the HSS for a vector, or for what proves a password, and challenges the UE with it: 401, reg-await-auth starts.
 * @param stale true when the UE answered a nonce that is no longer ours: it may try again without asking anyone
 * @see TS 24.229 5.4.1.2.1, TS 33.203 §6.1.1
 */
export async function challenge(
  context: ScscfContext,
  incoming: IncomingRequest,
  request: RegisterRequest,
  { stale }: { readonly stale: boolean },
): Promise<void> {
  context.challenges.drop(request.impi);
  if (isOverloaded(context, incoming)) return;
  const data = await authenticationData(context, request, { authenticationScheme: announcedScheme(request) }, incoming);
  if (!data.ok) {
    refuse(incoming, data.refusal);
  } else if (data.value.scheme === 'SIP Digest') {
    digestChallenge(context, incoming, request, data.value);
  } else {
    const algorithm = chosenAlgorithm(context.config, request);
    akaChallenge(context, incoming, request, data.value, { algorithm, stale, resynchronisations: 0 });
  }
}

/**
 * The card found the challenge out of sequence: the HSS takes its AUTS and gives a new vector.
 * @see TS 33.203 §6.1.3, TS 24.229 5.4.1.2.3
 */
export async function resynchronise(
  context: ScscfContext,
  incoming: IncomingRequest,
  request: RegisterRequest,
  challenged: AkaChallenge,
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
  if (isOverloaded(context, incoming)) return;
  const asked = { authenticationScheme: 'Digest-AKAv1-MD5', resync: { rand: challenged.rand, auts } };
  const data = await authenticationData(context, request, asked, incoming);
  if (!data.ok) {
    refuse(incoming, data.refusal);
  } else if (data.value.scheme === 'SIP Digest') {
    // The subscription changed its scheme meanwhile.
    digestChallenge(context, incoming, request, data.value);
  } else {
    const { algorithm, resynchronisations } = challenged;
    const options = { algorithm, stale: false, resynchronisations: resynchronisations + 1 };
    akaChallenge(context, incoming, request, data.value, options);
  }
}

function isOverloaded(context: ScscfContext, incoming: IncomingRequest): boolean {
  if (context.challenges.size < MAX_PENDING_CHALLENGES) return false;
  incoming.respond(503, { headers: [['Retry-After', String(RETRY_AFTER_S)]], why: 'too many challenges under way' });
  return true;
}

/** The algorithm that the UE announced, where the operator has it; else the operator's first. @see TS 24.229 5.4.1.2.1, TS 33.203 X.2.3 */
function chosenAlgorithm({ akaAlgorithms }: ScscfConfig, { credentials }: RegisterRequest): AkaAlgorithm {
  const announced = akaAlgorithmOf(credentials.get('algorithm'));
  return announced !== undefined && akaAlgorithms.includes(announced) ? announced : akaAlgorithms[0];
}

interface AkaChallengeOptions {
  readonly algorithm: AkaAlgorithm;
  readonly stale: boolean;
  readonly resynchronisations: number;
}

/** 401 with RAND and AUTN; the timer reg-await-auth runs. @see TS 24.229 5.4.1.2.1 */
function akaChallenge(
  context: ScscfContext,
  incoming: IncomingRequest,
  request: RegisterRequest,
  { autn, ...vector }: AkaVector,
  { algorithm, stale, resynchronisations }: AkaChallengeOptions,
): void {
  const { impi, impu } = request;
  const nonce = encodeNonce(vector.rand, autn);
  const { callId } = request.bindings;
  context.challenges.put({ ...vector, impi, impu, callId, nonce, algorithm, resynchronisations });
  const wwwAuthenticate = serializeAuth('Digest', [
    ['realm', context.config.domain, true],
    ['nonce', nonce, true],
    ['algorithm', algorithm, false],
    ['qop', 'auth', true],
    ...(stale ? ([['stale', 'true', false]] as const) : []),
    // TS 33.203 §6.1.1: the keys are for the P-CSCF, which takes them out; X.2.3.3: never with AKAv2.
    ...(algorithm === 'AKAv1-MD5'
      ? ([
          ['ik', hex(vector.ik), true],
          ['ck', hex(vector.ck), true],
        ] as const)
      : []),
  ]);
  incoming.respond(401, {
    headers: [['WWW-Authenticate', wwwAuthenticate]],
    why: 'challenge from the vector of the MAA (TS 24.229 5.4.1.2.1)',
  });
}
