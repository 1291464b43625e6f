import type { Clock, Timer } from '../../ports/clock.ts';
import type { SipFlow } from '../../ports/sip-transport.ts';
import { akaAlgorithmOf, passwordAlgorithmOf } from '../../protocols/auth/digest.ts';
import { type AuthValue, serializeAuth } from '../../protocols/sip/auth-params.ts';
import { isToken } from '../../protocols/sip/token.ts';
import { flowKey } from './bindings-on-flow.ts';
import { CHALLENGE_LIFETIME_MS } from './config.ts';

/** Values of `integrity-protected` that this box gives to a UE's REGISTER. @see TS 24.229 7.2A.2, TS 33.203 P.3 */
export type IntegrityProtected =
  | 'no'
  | 'yes'
  | 'tls-connected'
  | 'tls-pending'
  | 'tls-yes'
  | 'ip-assoc-pending'
  | 'ip-assoc-yes';

/** Parameters of Digest headers that stand without quotes; qop does so in credentials only. @see RFC 7616 §3.3, §3.4 */
const BARE_IN_CREDENTIALS = new Set(['algorithm', 'nc', 'qop']);
const BARE_IN_CHALLENGE = new Set(['algorithm', 'stale']);

/** Taken out of credentials, and of a challenge. */
const WORD_OF_THIS_BOX = new Set(['integrity-protected']);
const KEYS = new Set(['ck', 'ik']);

type SpelledParam = readonly [name: string, value: string, quoted: boolean];

interface Challenge {
  readonly nonce: string;
  readonly expiry: Timer;
}

/** Which UE was challenged with which nonce on which flow. Phones that share a UDP address are challenged side by side. */
export class Challenges {
  readonly #clock: Clock;
  readonly #byFlow = new Map<string, Map<string, Challenge>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  remember(flow: SipFlow, impi: string, nonce: string): void {
    this.forget(flow, impi);
    const key = flowKey(flow);
    const ofFlow = this.#byFlow.get(key) ?? new Map<string, Challenge>();
    ofFlow.set(impi, { nonce, expiry: this.#clock.after(CHALLENGE_LIFETIME_MS, () => this.forget(flow, impi)) });
    this.#byFlow.set(key, ofFlow);
  }

  /** True when this UE was given this nonce on this flow. */
  matches(flow: SipFlow, impi: string, nonce: string): boolean {
    return this.#byFlow.get(flowKey(flow))?.get(impi)?.nonce === nonce;
  }

  forget(flow: SipFlow, impi: string): void {
    const key = flowKey(flow);
    const ofFlow = this.#byFlow.get(key);
    ofFlow?.get(impi)?.expiry.stop();
    ofFlow?.delete(impi);
    if (ofFlow?.size === 0) this.#byFlow.delete(key);
  }

  forgetFlow(flow: SipFlow): void {
    for (const impi of [...(this.#byFlow.get(flowKey(flow))?.keys() ?? [])]) this.forget(flow, impi);
  }

  close(): void {
    for (const ofFlow of this.#byFlow.values()) for (const challenge of ofFlow.values()) challenge.expiry.stop();
    this.#byFlow.clear();
  }
}

/**
 * How well the way from the UE protects this REGISTER.
 *
 * Deviation: `yes` stands for an IPsec security association in TS 33.203 §6.1; the lab has none and says `yes` when the response
 * comes over the flow on which its challenge was sent.
 * @param associated the private identity is registered on this flow
 * @see TS 24.229 5.2.2.2 to 5.2.2.4, TS 33.203 N.2.1, O.2, X.2.3
 */
export function integrityProtected(
  flow: SipFlow,
  credentials: AuthValue,
  challenges: Challenges,
  associated: boolean,
): IntegrityProtected {
  const algorithm = credentials.params.get('algorithm');
  if (akaAlgorithmOf(algorithm) === 'AKAv2-SHA-256' && isTlsOrLoopbackWebSocket(flow)) return 'tls-connected';
  if (passwordAlgorithmOf(algorithm) !== undefined) {
    if (isTlsOrLoopbackWebSocket(flow)) return associated ? 'tls-yes' : 'tls-pending';
    return associated ? 'ip-assoc-yes' : 'ip-assoc-pending';
  }
  const responds = (credentials.params.get('response') ?? '') !== '';
  const username = credentials.params.get('username') ?? '';
  const nonce = credentials.params.get('nonce') ?? '';
  return responds && challenges.matches(flow, username, nonce) ? 'yes' : 'no';
}

/** The credentials with this box's word in place of the UE's. @see TS 24.229 7.2A.2 */
export function withIntegrityProtected(credentials: AuthValue, value: IntegrityProtected): string {
  const params = spelled(credentials, BARE_IN_CREDENTIALS, WORD_OF_THIS_BOX);
  params.push(['integrity-protected', value, true]);
  return serializeAuth(credentials.scheme, params);
}

/** The challenge without the keys that the S-CSCF may have put in for this box. @see TS 33.203 §6.1.1 */
export function withoutKeys(challenge: AuthValue): string {
  return serializeAuth(challenge.scheme, spelled(challenge, BARE_IN_CHALLENGE, KEYS));
}

/** A bare parameter whose value is no token gets quotes: whoever wrote it may have hidden another parameter in it. */
function spelled(value: AuthValue, bare: ReadonlySet<string>, without: ReadonlySet<string>): SpelledParam[] {
  const params: SpelledParam[] = [];
  for (const [name, text] of value.params) {
    if (!without.has(name)) params.push([name, text, !(bare.has(name) && isToken(text))]);
  }
  return params;
}

/**
 * True for a WebSocket that the eP-CSCF serves.
 *
 * Deviation: TS 24.371 §5 asks for TLS; a WebSocket without it counts when its peer is this machine.
 */
export function isTlsOrLoopbackWebSocket(flow: SipFlow): boolean {
  return flow.transport === 'WSS' || (flow.transport === 'WS' && isLoopback(flow.remote.host));
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./i.test(address);
}
