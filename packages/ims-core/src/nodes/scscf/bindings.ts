import type { NameAddr } from '../../protocols/sip/name-addr.ts';
import { sameUri } from '../../protocols/sip/uri.ts';

/** A UE's flow: which device, and which of its connections. @see RFC 5626 §4 */
export interface OutboundFlow {
  /** `+sip.instance` as it came. */
  readonly instance: string;
  readonly regId: string;
}

/** One registered contact: where the user is reached and how long. @see TS 24.229 5.4.1.2.2, RFC 3261 §10.3 */
export interface Binding {
  /** With its parameters as they came, `expires` taken out. */
  readonly contact: NameAddr;
  /** 0..1 of the contact, 1 when it names none. */
  readonly q: number;
  readonly flow: OutboundFlow | undefined;
  /** Route set towards the UE, as name-addr texts, nearest to this box first. @see RFC 3327 §5.3 */
  readonly path: readonly string[];
  readonly callId: string;
  readonly cseq: number;
  /** The public identity that it was registered with, in canonical form. The others of the implicit set came with it. */
  readonly impu: string;
  /** What happened to it last. @see RFC 3680 §4.7.1 */
  readonly event: 'registered' | 'refreshed' | 'shortened';
  /** Milliseconds since 1970. */
  readonly registeredAtMs: number;
  readonly expiresAtMs: number;
}

/** One contact of a REGISTER. */
export interface ContactRequest {
  readonly contact: NameAddr;
  readonly q: number;
  readonly flow: OutboundFlow | undefined;
  /** 0 takes the contact away. */
  readonly expiresS: number;
}

/** What a REGISTER asks of the bindings. */
export interface BindingRequest {
  /** Canonical form of To. */
  readonly impu: string;
  readonly contacts: readonly ContactRequest[] | '*';
  readonly path: readonly string[];
  readonly callId: string;
  readonly cseq: number;
}

export type BindingUpdate =
  | { readonly ok: true; readonly bindings: readonly Binding[]; readonly removed: readonly Binding[] }
  | { readonly ok: false; readonly status: number; readonly why: string };

/**
 * The bindings after a REGISTER: all of its contacts take effect, or none.
 * @see TS 24.229 5.4.1.2.2, 5.4.1.4.1, RFC 3261 §10.3, RFC 5626 §6
 */
export function updateBindings(
  current: readonly Binding[],
  request: BindingRequest,
  limit: number,
  nowMs: number,
): BindingUpdate {
  // RFC 3261 §10.3 step 7: an older request of the same Call-ID does not undo a younger one.
  const isOlder = (binding: Binding): boolean => binding.callId === request.callId && request.cseq <= binding.cseq;
  const outOfOrder: BindingUpdate = {
    ok: false,
    status: 500,
    why: 'CSeq is not higher than that of the binding (RFC 3261 §10.3)',
  };

  // RFC 3261 §10.3 step 6: `*` takes all.
  if (request.contacts === '*') {
    return current.some(isOlder) ? outOfOrder : { ok: true, bindings: [], removed: current };
  }

  let bindings = current;
  for (const wanted of request.contacts) {
    const existing = bindings.find((binding) => isSameBinding(binding, wanted));
    if (existing !== undefined && isOlder(existing)) return outOfOrder;
    if (wanted.expiresS === 0) {
      // 5.4.1.4.1: only what is registered can be de-registered.
      if (existing === undefined) {
        return { ok: false, status: 481, why: 'the contact is not registered (TS 24.229 5.4.1.4.1)' };
      }
      bindings = bindings.filter((binding) => binding !== existing);
      continue;
    }
    const binding: Binding = {
      contact: wanted.contact,
      q: wanted.q,
      flow: wanted.flow,
      path: request.path,
      callId: request.callId,
      cseq: request.cseq,
      impu: request.impu,
      event: existing === undefined ? 'registered' : 'refreshed',
      registeredAtMs: nowMs,
      expiresAtMs: nowMs + wanted.expiresS * 1000,
    };
    if (existing !== undefined) {
      bindings = bindings.map((each) => (each === existing ? binding : each));
    } else if (wanted.flow !== undefined) {
      // RFC 5626 §6: a new flow stands beside the others.
      bindings = [...bindings, binding];
    } else {
      // 5.4.1.2.2: without a flow a new contact takes the place of all that were there before this REGISTER.
      bindings = [...bindings.filter((each) => !current.includes(each)), binding];
    }
  }
  if (bindings.length > limit) {
    return { ok: false, status: 403, why: `more than ${limit} contacts (TS 24.229 5.4.1.2.2)` };
  }
  return { ok: true, bindings, removed: current.filter((each) => !bindings.some((kept) => isSameBinding(kept, each))) };
}

/** Flows are compared by device and connection, other contacts by URI. @see RFC 5626 §6, RFC 3261 §10.3 */
export function isSameBinding(
  a: { readonly contact: NameAddr; readonly flow: OutboundFlow | undefined },
  b: { readonly contact: NameAddr; readonly flow: OutboundFlow | undefined },
): boolean {
  if (a.flow !== undefined && b.flow !== undefined) {
    return a.flow.instance === b.flow.instance && a.flow.regId === b.flow.regId;
  }
  return a.contact.uriText === b.contact.uriText || sameUri(a.contact.uri, b.contact.uri);
}
