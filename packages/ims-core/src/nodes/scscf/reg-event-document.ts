import type { ContactEvent, RegInfoContact, RegInfoRegistration } from '../../protocols/events/reginfo.ts';
import type { NameAddr } from '../../protocols/sip/name-addr.ts';
import { quotedString } from '../../protocols/sip/quoted-string.ts';
import { type Binding, isSameBinding } from './bindings.ts';
import type { ContactEnd, RegistrationChange } from './registration-change.ts';
import { type Registration, type Registrations, remainingS } from './registrations.ts';
import { associatedIdentities, type ServedIdentity } from './user-profile.ts';

/** A contact that a public identity has no more, until the subscriber has been told. */
export interface GoneContact {
  readonly identity: ServedIdentity;
  readonly binding: Binding;
  readonly end: ContactEnd;
  readonly retryAfterS: number | undefined;
}

/** The contacts that a change took from the public identities of the user; with an identity that left the set went all of its contacts. */
export function goneContacts({ before, after, end, retryAfterS }: RegistrationChange): readonly GoneContact[] {
  if (before === undefined) return [];
  const kept = after === undefined ? [] : associatedIdentities(after.profile);
  const isKept = (binding: Binding): boolean => after?.bindings.some((one) => isSameBinding(one, binding)) === true;
  const taken = before.bindings.filter((binding) => !isKept(binding));
  const gone: GoneContact[] = [];
  for (const identity of associatedIdentities(before.profile)) {
    const bindings = hasKey(kept, identity.key) ? taken : before.bindings;
    for (const binding of bindings) gone.push({ identity, binding, end, retryAfterS });
  }
  return gone;
}

function hasKey(identities: readonly ServedIdentity[], key: string): boolean {
  return identities.some((identity) => identity.key === key);
}

/**
 * The ids of registrations and contacts within one subscription: the same in all its documents. They are few and are kept as long as the
 * registration, so they are lists without room to grow.
 * @see RFC 3680 §5.1
 */
export class RegInfoIds {
  /** Keys of the identities; a registration's number is its place. */
  #registrations: readonly string[] = [];
  /** An identity's key and the name of a device, in turns; a contact's number is the place of the pair. */
  #contacts: readonly string[] = [];

  has(identity: ServedIdentity): boolean {
    return this.#registrations.includes(identity.key);
  }

  registration({ key }: ServedIdentity): string {
    const known = this.#registrations.indexOf(key);
    if (known >= 0) return `r${known + 1}`;
    this.#registrations = this.#registrations.concat(key);
    return `r${this.#registrations.length}`;
  }

  contact({ key }: ServedIdentity, { flow, contact }: Binding): string {
    const device = flow === undefined ? contact.uriText : `${flow.instance} ${flow.regId}`;
    for (let at = 0; at < this.#contacts.length; at += 2) {
      if (this.#contacts[at] === key && this.#contacts[at + 1] === device) return `c${at / 2 + 1}`;
    }
    this.#contacts = this.#contacts.concat(key, device);
    return `c${this.#contacts.length / 2}`;
  }
}

export interface RegInfoSource {
  readonly registrations: Registrations;
  /** Canonical form of the public identity that is subscribed to: its whole implicit set is told. */
  readonly resource: string;
  readonly gone: readonly GoneContact[];
  readonly ids: RegInfoIds;
  /** The subscriber has had a document before: an identity that it did not name was added by the network. */
  readonly told: boolean;
  readonly nowMs: number;
}

/** The registration elements of a full document: one for each identity of the set that is not barred. @see TS 24.229 5.4.2.1.2 */
export function regInfoRegistrations(source: RegInfoSource): readonly RegInfoRegistration[] {
  const { registrations, resource, gone } = source;
  const profile = registrations.serving(resource)[0]?.profile;
  const identities = profile === undefined ? [] : [...associatedIdentities(profile)];
  const elements = identities.map((identity) => elementOf(source, identity, registrations.serving(identity.key)));
  for (const { identity } of gone) {
    if (hasKey(identities, identity.key)) continue;
    identities.push(identity);
    elements.push(elementOf(source, identity, []));
  }
  return elements;
}

/** @param serving the registrations that an identity of the set has now */
function elementOf(
  source: RegInfoSource,
  identity: ServedIdentity,
  serving: readonly Registration[],
): RegInfoRegistration {
  const { gone, ids, told, nowMs } = source;
  const isAdded = told && !ids.has(identity);
  const live: Binding[] = [];
  const contacts: RegInfoContact[] = [];
  for (const { bindings } of serving) {
    for (const binding of bindings) {
      if (binding.expiresAtMs <= nowMs) continue;
      live.push(binding);
      contacts.push(activeContact(source, identity, binding, isAdded));
    }
  }
  for (const one of gone) {
    if (one.identity.key !== identity.key || live.some((each) => isSameBinding(each, one.binding))) continue;
    contacts.push(goneContact(source, one));
  }
  return {
    aor: identity.uri,
    id: ids.registration(identity),
    state: live.length > 0 ? 'active' : 'terminated',
    contacts,
  };
}

function activeContact(
  source: RegInfoSource,
  identity: ServedIdentity,
  binding: Binding,
  isAdded: boolean,
): RegInfoContact {
  const isExplicit = binding.impu === identity.key && !isAdded;
  const event: ContactEvent = binding.event === 'registered' && !isExplicit ? 'created' : binding.event;
  return described(source, identity, binding, {
    state: 'active',
    event: isAdded ? 'created' : event,
    expiresS: remainingS(binding, source.nowMs),
    retryAfterS: undefined,
  });
}

function goneContact(source: RegInfoSource, { identity, binding, end, retryAfterS }: GoneContact): RegInfoContact {
  return described(source, identity, binding, { state: 'terminated', event: end, expiresS: 0, retryAfterS });
}

function described(
  { ids }: RegInfoSource,
  identity: ServedIdentity,
  binding: Binding,
  { state, event, expiresS, retryAfterS }: Pick<RegInfoContact, 'state' | 'event' | 'expiresS' | 'retryAfterS'>,
): RegInfoContact {
  const { contact, q, callId, cseq } = binding;
  return {
    uri: contact.uriText,
    id: ids.contact(identity, binding),
    state,
    event,
    expiresS,
    retryAfterS,
    q: q < 1 ? q : undefined,
    callId,
    cseq,
    displayName: contact.displayName === '' ? undefined : contact.displayName,
    unknownParams: unknownParamsOf(contact),
  };
}

function unknownParamsOf({ params }: NameAddr): RegInfoContact['unknownParams'] {
  const unknown: { readonly name: string; readonly value: string }[] = [];
  for (const { name, value, quoted } of params) {
    if (name.toLowerCase() === 'q') continue;
    unknown.push({ name, value: value === true ? '' : quoted ? quotedString(value) : value });
  }
  return unknown;
}
