import type { GroupKind } from './correlate.ts';
import type { TraceEvent } from './event.ts';

type SipEvent = TraceEvent & { kind: 'sip' };

/** What a group is about that begins with this message. */
export function groupKind(method: string, event: SipEvent): GroupKind {
  switch (method) {
    case 'REGISTER':
      return 'registration';
    case 'INVITE':
      return 'call';
    case 'SUBSCRIBE':
    case 'NOTIFY':
      return isAboutRegistration(event) ? 'subscription' : 'request';
    default:
      return 'request';
  }
}

/** @see RFC 3680 §4.1 */
function isAboutRegistration({ sip }: SipEvent): boolean {
  return /^(?:event|o)\s*:\s*reg\s*(?:;|$)/im.test(sip.raw);
}

/** Name of the subscriber with this public user identity, from elsewhere than the events; undefined when there is none. */
export type SubscriberName = (identity: string) => string | undefined;

/** Whom the identities belong to, as the registrations tell it, else as the subscribers are called. */
export class KnownNames {
  readonly #byId = new Map<string, string>();
  readonly #byIdentity = new Map<string, string>();
  readonly #subscriberName: SubscriberName;

  constructor(subscriberName: SubscriberName) {
    this.#subscriberName = subscriberName;
  }

  learn(event: TraceEvent): void {
    for (const { node, id, label } of [event.from, event.to]) if (node === 'ue') this.#byId.set(id, label);
    if (event.kind === 'sip' && event.to.node === 'ue') this.#learnIdentities(event, event.to.label);
  }

  /** A UE that was met, by its id. */
  ofId(id: string): string | undefined {
    return this.#byId.get(id);
  }

  /** A person's name, or the identity's own words. */
  ofIdentity(uri: string): string {
    const short = shortIdentity(uri);
    return this.#byIdentity.get(short.toLowerCase()) ?? this.#subscriberName(uri) ?? short;
  }

  /** A 200 to a REGISTER says which identities the UE has. @see RFC 7315 §4.1 */
  #learnIdentities({ sip }: SipEvent, name: string): void {
    if (sip.status !== 200 || !sip.cseq.endsWith(' REGISTER')) return;
    for (const [, line = ''] of sip.raw.matchAll(/^p-associated-uri\s*:(.*)$/gim)) {
      for (const [, uri = ''] of line.matchAll(/<([^>]*)>/g)) {
        this.#byIdentity.set(shortIdentity(uri).toLowerCase(), name);
      }
    }
  }
}

/**
 * What a group is called that begins with this message.
 * @param ue for whom it is sent; undefined when no UE is behind it
 */
export function groupTitle(method: string, event: SipEvent, ue: string | undefined, names: KnownNames): string {
  const who = ue ?? names.ofIdentity(event.sip.fromUri);
  const whom = names.ofIdentity(event.sip.toUri);
  switch (groupKind(method, event)) {
    case 'registration':
      if (event.from.node === 'scscf') return `${event.from.label} tells an application server about ${whom}`;
      return `${removesContact(event) ? 'De-registration' : 'Registration'} of ${who}`;
    case 'subscription':
      return event.from.node === 'ue'
        ? `${who}’s phone watches its registration`
        : `${event.from.label} watches the registration of ${whom}`;
    case 'call':
      return `Call ${who} to ${whom}`;
    default:
      return method === 'MESSAGE' ? messageTitle(who, whom) : `${method} ${who} to ${whom}`;
  }
}

/** What a call is called that reached this UE: `Call Alice to Bob`, `Call Alice to Carol (forwarded from Bob)`. */
export function reachedCallTitle(who: string, { to, sip }: SipEvent, names: KnownNames): string {
  const call = `Call ${who} to ${to.label}`;
  return isForwarded(sip.raw) ? `${call} (forwarded from ${names.ofIdentity(sip.toUri)})` : call;
}

/** The Request-URI was mapped to another user on the way. @see RFC 7044 §5, hi-target-param mp */
function isForwarded(raw: string): boolean {
  return /^history-info\s*:.*;\s*mp=/im.test(raw);
}

export function messageTitle(from: string, to: string): string {
  return `Message from ${from} to ${to}`;
}

/** Diameter requests that the HSS sends of its own accord. @see TS 29.228 §6.1.3, §6.2 */
export const pushTitles: Readonly<Record<string, string>> = {
  RTR: 'The HSS ends the registration of',
  PPR: 'The HSS sends a new profile of',
};

/** `sip:+15550001001@...` as `+15550001001`, `sip:bob@...` as `bob`. */
function shortIdentity(uri: string): string {
  const match = /^(?:sips?:|tel:)([^@;>?]+)/i.exec(uri);
  return match?.[1] ?? uri;
}

/** A REGISTER that takes its contact away: `Expires: 0` or `;expires=0` (RFC 3261 §10.2.2). */
export function removesContact(event: SipEvent): boolean {
  return /^(?:expires\s*:\s*0\s*$|(?:contact|m)\s*:.*;\s*expires=0\b)/im.test(event.sip.raw);
}
