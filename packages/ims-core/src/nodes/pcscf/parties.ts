import type { MediaUe } from '../../ports/media-relay.ts';
import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import { parseAuth } from '../../protocols/sip/auth-params.ts';
import type { SipMessage } from '../../protocols/sip/message.ts';
import { header, toOf } from '../../protocols/sip/read.ts';
import type { TraceParty } from '../../trace/event.ts';
import { isWebSocket } from './own-uris.ts';
import type { Registrations } from './registrations.ts';

/** A UE that nobody knows yet. */
const UNKNOWN_UE: TraceParty = { node: 'ue', id: '', label: 'UE' };

/** Tells the ladder which UE is behind a flow: the registered one, else the one that a REGISTER on it claims to be. */
export class Parties {
  readonly #registrations: Registrations;
  readonly #nameOf: (identity: string) => MediaUe | undefined;
  readonly #partyOf: (peer: SipFlow | SipHop) => TraceParty;
  readonly #claimed = new WeakMap<SipFlow, TraceParty>();

  constructor(
    registrations: Registrations,
    nameOf: (identity: string) => MediaUe | undefined,
    partyOf: (peer: SipFlow | SipHop) => TraceParty,
  ) {
    this.#registrations = registrations;
    this.#nameOf = nameOf;
    this.#partyOf = partyOf;
  }

  of(peer: SipFlow | SipHop, message?: SipMessage): TraceParty {
    if (!('id' in peer)) return this.#partyOf(peer);
    const binding = this.#registrations.byFlow(peer);
    if (binding !== undefined) return partyOfUe(binding.ue);
    if (message !== undefined && isFromUe(message)) this.#claim(peer, message);
    return this.#claimed.get(peer) ?? (isWebSocket(peer) ? UNKNOWN_UE : this.#partyOf(peer));
  }

  #claim(flow: SipFlow, message: SipMessage): void {
    const credentials = parseAuth(header(message, 'Authorization') ?? '');
    const username = credentials.ok ? credentials.value.params.get('username') : undefined;
    const to = toOf(message)?.uriText;
    const ue = (username && this.#nameOf(username)) ?? (to && this.#nameOf(to));
    if (ue) this.#claimed.set(flow, partyOfUe(ue));
  }
}

/** What this box itself sends home has its Path. */
function isFromUe(message: SipMessage): boolean {
  return message.kind === 'request' && message.method === 'REGISTER' && header(message, 'Path') === undefined;
}

export function partyOfUe(ue: MediaUe): TraceParty {
  return { node: 'ue', id: ue.id, label: ue.label };
}
