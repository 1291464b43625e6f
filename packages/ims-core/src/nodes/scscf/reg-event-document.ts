import type { ContactEvent, RegInfoContact, RegInfoRegistration } from '../../protocols/events/reginfo.ts';
import { quotedString } from '../../protocols/sip/quoted-string.ts';
import { type Binding, isSameBinding } from './bindings.ts';
import type { ContactEnd, RegistrationChange } from './registration-change.ts';
import { type Registrations, remainingS } from './registrations.ts';
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
  const kept = after === undefined ? [] : associatedIdentities(after.profile).map(({ key }) => key);
  return associatedIdentities(before.profile).flatMap((identity) =>
    before.bindings
      .filter((binding) => !kept.includes(identity.key) || !after?.bindings.some((one) => isSameBinding(one, binding)))
      .map((binding) => ({ identity, binding, end, retryAfterS })),
  );
}

/** The ids of registrations and contacts within one subscription: the same in all its documents. @see RFC 3680 §5.1 */
export class RegInfoIds {
  /** Keys of the identities; a registration's number is its place. */
  readonly #registrations: string[] = [];
  /** An identity's key and the name of a device, in turns; a contact's number is the place of the pair. */
  readonly #contacts: string[] = [];

  has(identity: ServedIdentity): boolean {
    return this.#registrations.includes(identity.key);
  }

  registration({ key }: ServedIdentity): string {
    const known = this.#registrations.indexOf(key);
    return `r${known < 0 ? this.#registrations.push(key) : known + 1}`;
  }

  contact({ key }: ServedIdentity, { flow, contact }: Binding): string {
    const device = flow === undefined ? contact.uriText : `${flow.instance} ${flow.regId}`;
    for (let at = 0; at < this.#contacts.length; at += 2) {
      if (this.#contacts[at] === key && this.#contacts[at + 1] === device) return `c${at / 2 + 1}`;
    }
    return `c${this.#contacts.push(key, device) / 2}`;
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
  const { registrations, resource, gone, nowMs } = source;
  const profile = registrations.serving(resource)[0]?.profile;
  const current = profile === undefined ? [] : associatedIdentities(profile);
  const left = gone.map(({ identity }) => identity).filter(({ key }) => !current.some((one) => one.key === key));
  const identities = [...new Map([...current, ...left].map((identity) => [identity.key, identity])).values()];
  return identities.map((identity) => {
    const isAdded = source.told && !source.ids.has(identity);
    const live = current.includes(identity)
      ? registrations
          .serving(identity.key)
          .flatMap(({ bindings }) => bindings)
          .filter((binding) => binding.expiresAtMs > nowMs)
      : [];
    const over = gone.filter(
      (one) => one.identity.key === identity.key && !live.some((each) => isSameBinding(each, one.binding)),
    );
    const contacts = [
      ...live.map((binding) => activeContact(source, identity, binding, isAdded)),
      ...over.map((one) => goneContact(source, one)),
    ];
    return {
      aor: identity.uri,
      id: source.ids.registration(identity),
      state: live.length > 0 ? 'active' : 'terminated',
      contacts,
    };
  });
}

function activeContact(
  source: RegInfoSource,
  identity: ServedIdentity,
  binding: Binding,
  isAdded: boolean,
): RegInfoContact {
  const isExplicit = binding.impu === identity.key && !isAdded;
  const event: ContactEvent = binding.event === 'registered' && !isExplicit ? 'created' : binding.event;
  return {
    ...described(source, identity, binding),
    state: 'active',
    event: isAdded ? 'created' : event,
    expiresS: remainingS(binding, source.nowMs),
  };
}

function goneContact(source: RegInfoSource, { identity, binding, end, retryAfterS }: GoneContact): RegInfoContact {
  return {
    ...described(source, identity, binding),
    state: 'terminated',
    event: end,
    expiresS: 0,
    ...(retryAfterS !== undefined && { retryAfterS }),
  };
}

/** What is told of a contact whatever became of it. */
function described({ ids }: RegInfoSource, identity: ServedIdentity, binding: Binding) {
  const { contact, q, callId, cseq } = binding;
  return {
    id: ids.contact(identity, binding),
    uri: contact.uriText,
    ...(q < 1 && { q }),
    callId,
    cseq,
    ...(contact.displayName !== '' && { displayName: contact.displayName }),
    unknownParams: contact.params
      .filter(({ name }) => name.toLowerCase() !== 'q')
      .map(({ name, value, quoted }) => ({ name, value: value === true ? '' : quoted ? quotedString(value) : value })),
  };
}
