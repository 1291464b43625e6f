import type { MediaUe } from '../../ports/media-relay.ts';
import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import type { SipMessage, SipRequest } from '../../protocols/sip/message.ts';
import { param } from '../../protocols/sip/name-addr.ts';
import { authOf, header, routes, toOf, topVia } from '../../protocols/sip/read.ts';
import type { TraceParty } from '../../trace/event.ts';
import { flowKey, isShared } from './bindings-on-flow.ts';
import { senderOf } from './identity.ts';
import { isWebSocket } from './own-uris.ts';
import type { Binding, Registrations } from './registrations.ts';

/** A UE that nobody knows yet. */
const UNKNOWN_UE: TraceParty = { node: 'ue', id: '', label: 'UE' };

/** Transactions on shared flows whose UE is remembered; the oldest goes first. */
const MAX_TRANSACTIONS = 4_096;

/** Tells the ladder which UE is behind a flow: the registered one, else the one that a REGISTER on it claims to be. */
export class Parties {
  readonly #registrations: Registrations;
  readonly #nameOf: (identity: string) => MediaUe | undefined;
  readonly #partyOf: (peer: SipFlow | SipHop) => TraceParty;
  readonly #calledIn: (request: SipRequest) => Binding | undefined;
  readonly #claimed = new WeakMap<SipFlow, TraceParty>();
  /** By flow and branch: a response does not say whose it is. */
  readonly #byTransaction = new Map<string, TraceParty>();

  /** @param calledIn the UE to which a request within a stored dialog goes. */
  constructor(
    registrations: Registrations,
    nameOf: (identity: string) => MediaUe | undefined,
    partyOf: (peer: SipFlow | SipHop) => TraceParty,
    calledIn: (request: SipRequest) => Binding | undefined,
  ) {
    this.#registrations = registrations;
    this.#nameOf = nameOf;
    this.#partyOf = partyOf;
    this.#calledIn = calledIn;
  }

  of(peer: SipFlow | SipHop, message?: SipMessage): TraceParty {
    if (!('id' in peer)) return this.#partyOf(peer);
    const known = message !== undefined && isShared(peer) ? this.#ofTransaction(peer, message) : undefined;
    return known ?? this.#ofFlow(peer, message);
  }

  #ofFlow(flow: SipFlow, message: SipMessage | undefined): TraceParty {
    const { only } = this.#registrations.onFlow(flow);
    if (only !== undefined) return partyOfUe(only.ue);
    const claimed = message && this.#claimedUe(message);
    if (claimed !== undefined) this.#claimed.set(flow, partyOfUe(claimed));
    return this.#claimed.get(flow) ?? (isWebSocket(flow) ? UNKNOWN_UE : this.#partyOf(flow));
  }

  /** Several UEs may share the flow: whose transaction is it? */
  #ofTransaction(flow: SipFlow, message: SipMessage): TraceParty | undefined {
    const via = topVia(message);
    const key = `${flowKey(flow)} ${String((via && param(via, 'branch')) ?? '')}`;
    const known = this.#byTransaction.get(key);
    if (known !== undefined || message.kind === 'response') return known;
    const ue = this.#claimedUe(message) ?? this.#bindingOf(flow, message)?.ue;
    if (ue === undefined) return undefined;
    if (this.#byTransaction.size >= MAX_TRANSACTIONS) {
      const oldest = this.#byTransaction.keys().next();
      if (!oldest.done) this.#byTransaction.delete(oldest.value);
    }
    const party = partyOfUe(ue);
    this.#byTransaction.set(key, party);
    return party;
  }

  /** The UE of a request: its token in the Route of what it sends; its dialog or its contact in what goes to it; else its name. */
  #bindingOf(flow: SipFlow, request: SipRequest): Binding | undefined {
    const onFlow = this.#registrations.onFlow(flow);
    const [route] = routes(request, 'Route');
    const sender = route?.uri.kind === 'sip' ? this.#registrations.byToken(route.uri.user ?? '') : undefined;
    if (sender !== undefined && onFlow.has(sender)) return sender;
    const called = this.#calledIn(request);
    if (called !== undefined && onFlow.has(called)) return called;
    return onFlow.byContact(request.uri) ?? senderOf(onFlow, request);
  }

  #claimedUe(message: SipMessage): MediaUe | undefined {
    if (!isRegisterOfUe(message)) return undefined;
    const username = authOf(message, 'Authorization')?.params.get('username');
    const to = toOf(message)?.uriText;
    return (username ? this.#nameOf(username) : undefined) ?? (to ? this.#nameOf(to) : undefined);
  }
}

/** What this box itself sends home has its Path. */
function isRegisterOfUe(message: SipMessage): boolean {
  return message.kind === 'request' && message.method === 'REGISTER' && header(message, 'Path') === undefined;
}

export function partyOfUe(ue: MediaUe): TraceParty {
  return { node: 'ue', id: ue.id, label: ue.label };
}
