import type { SipRequest } from '../../protocols/sip/message.ts';
import { type NameAddr, param, serializeNameAddr, withParam } from '../../protocols/sip/name-addr.ts';
import {
  authOf,
  callId,
  contacts,
  cseq,
  expires,
  hasOption,
  headerValues,
  routes,
  toOf,
} from '../../protocols/sip/read.ts';
import { canonicalIdentity, uriParam } from '../../protocols/sip/uri.ts';
import { visitedNetwork } from '../../protocols/sip/visited-network.ts';
import type { BindingRequest, ContactRequest } from './bindings.ts';
import type { ScscfConfig } from './config.ts';
import type { Refusal } from './context.ts';

/** A REGISTER that may be processed. */
export interface RegisterRequest {
  readonly impi: string;
  /** Canonical form of To. */
  readonly impu: string;
  /** Of the Authorization header: lower-case names, unquoted values. Empty without one. */
  readonly credentials: ReadonlyMap<string, string>;
  readonly bindings: BindingRequest;
  /** All contacts are to be taken away. */
  readonly deregistration: boolean;
  /** The UE's flow is used by RFC 5626: the 200 says `Require: outbound`. */
  readonly outbound: boolean;
  /** Authentication-Info of the 200; only a phone with a password gets one. */
  readonly authenticationInfo?: string;
  /** The P-CSCF is in the home network: it may know the charging functions. */
  readonly atHome: boolean;
}

export type RegisterRequestResult =
  | { readonly ok: true; readonly value: RegisterRequest }
  | { readonly ok: false; readonly refusal: Refusal };

const NO_CREDENTIALS: ReadonlyMap<string, string> = new Map();

/** Extensions that a REGISTER may require of this registrar. */
const SUPPORTED_EXTENSIONS = new Set(['path', 'outbound']);

/** Reads a REGISTER and checks it before anyone is authenticated, in the order of TS 24.229 5.4.1 and RFC 3261 §10.3. */
export function readRegister(message: SipRequest, config: ScscfConfig): RegisterRequestResult {
  // RFC 3261 §10.3 step 2: Require.
  const unsupported = headerValues(message, 'Require').filter((tag) => !SUPPORTED_EXTENSIONS.has(tag.toLowerCase()));
  if (unsupported.length > 0) {
    const headers = [['Unsupported', unsupported.join(', ')]] as const;
    return refused(420, 'Require asks for what this registrar does not know (RFC 3261 §8.2.2.3)', headers);
  }

  // RFC 3261 §10.3 step 5: To names the public identity.
  const impu = canonicalIdentity(toOf(message)?.uriText ?? '');
  if (impu === undefined || !impu.startsWith('sip:')) {
    return refused(400, 'To holds no SIP URI that could be a public user identity (TS 24.229 5.4.1.2)');
  }

  // RFC 3261 §10.3 step 6: Contact.
  const written = headerValues(message, 'Contact');
  const star = written.includes('*');
  const listed = contacts(message);
  const inExpires = expires(message);
  if (star && (written.length !== 1 || inExpires !== 0)) {
    return refused(400, 'Contact "*" stands alone and with Expires 0 only (RFC 3261 §10.3)');
  }
  if (!star && listed.length !== written.length) {
    return refused(400, 'a Contact cannot be read (RFC 3261 §10.3)');
  }
  if (listed.some((contact) => contact.uri.kind !== 'sip')) {
    return refused(400, 'a Contact is no SIP URI (RFC 3261 §10.2.1)');
  }

  // 5.4.1.2.1: roaming agreement.
  const visited = visitedNetwork(message) ?? config.domain;
  if (!config.visitedNetworks.includes(visited)) {
    return refused(403, `no roaming agreement with ${visited} (TS 24.229 5.4.1.2.1)`);
  }

  // RFC 3261 §10.3 step 7: too short a time.
  const wanted = listed.map((contact) => expiryOf(contact, inExpires, config));
  if (wanted.some((expiresS) => expiresS > 0 && expiresS < config.minExpiresS)) {
    return refused(423, `shorter than ${config.minExpiresS} s (RFC 3261 §10.3, TS 24.229 5.4.1.2.1)`, [
      ['Min-Expires', String(config.minExpiresS)],
    ]);
  }

  // RFC 5626 §6: flows only when the first hop can find them again.
  const path = routes(message, 'Path');
  const firstHop = path.at(-1);
  const firstHopDoesOutbound = firstHop !== undefined && uriParam(firstHop.uri, 'ob') !== undefined;
  const asksForFlow = listed.some((contact) => param(contact, 'reg-id') !== undefined);
  if (asksForFlow && !firstHopDoesOutbound && hasOption(message, 'Supported', 'outbound')) {
    return refused(439, 'the first hop has no outbound support (RFC 5626 §6)');
  }

  const contactRequests = listed.map((contact, index) =>
    contactRequest(contact, wanted[index] ?? 0, firstHopDoesOutbound),
  );
  const credentials = authOf(message, 'Authorization')?.params ?? NO_CREDENTIALS;
  return {
    ok: true,
    value: {
      // 5.4.1.2.1: without credentials the private identity is derived from To.
      impi: credentials.get('username') ?? impu.slice('sip:'.length),
      impu,
      credentials,
      bindings: {
        impu,
        contacts: star ? '*' : contactRequests,
        path: path.map(serializeNameAddr),
        callId: callId(message),
        cseq: cseq(message)?.number ?? 0,
      },
      deregistration: star || (wanted.length > 0 && wanted.every((expiresS) => expiresS === 0)),
      outbound: contactRequests.some((contact) => contact.flow !== undefined),
      atHome: visited === config.domain,
    },
  };
}

/** Seconds of one contact: its own parameter, else Expires, else the default; shortened to the longest. @see RFC 3261 §10.2.1.1, §10.3 */
function expiryOf(contact: NameAddr, inExpires: number | undefined, config: ScscfConfig): number {
  const own = param(contact, 'expires');
  const wanted = typeof own === 'string' && /^\d+$/.test(own) ? Number(own) : inExpires;
  return Math.min(wanted ?? config.maxExpiresS, config.maxExpiresS);
}

function contactRequest(contact: NameAddr, expiresS: number, firstHopDoesOutbound: boolean): ContactRequest {
  const instance = param(contact, '+sip.instance');
  const regId = param(contact, 'reg-id');
  const isFlow = firstHopDoesOutbound && typeof instance === 'string' && typeof regId === 'string';
  return {
    contact: withParam(contact, 'expires', undefined),
    q: qOf(contact),
    flow: isFlow ? { instance, regId } : undefined,
    expiresS,
  };
}

/** 0..1; 1 when there is none or it cannot be read. @see RFC 3261 §20.10 */
function qOf(contact: NameAddr): number {
  const q = Number(param(contact, 'q') ?? 1);
  return q >= 0 && q <= 1 ? q : 1;
}

function refused(
  status: number,
  why: string,
  headers: readonly (readonly [name: string, value: string])[] = [],
): RegisterRequestResult {
  return { ok: false, refusal: { status, options: { headers, why } } };
}
