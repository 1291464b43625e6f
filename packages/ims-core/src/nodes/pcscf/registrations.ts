import type { Clock, Timer } from '../../ports/clock.ts';
import type { MediaUe } from '../../ports/media-relay.ts';
import type { Random } from '../../ports/random.ts';
import type { SipFlow } from '../../ports/sip-transport.ts';
import { detached, keptOrDetached } from '../../protocols/sip/detached.ts';
import { hex } from '../../protocols/sip/ids.ts';
import type { NameAddr } from '../../protocols/sip/name-addr.ts';
import { canonicalIdentity, sameUri } from '../../protocols/sip/uri.ts';
import { DeadlineQueue } from '../../protocols/transaction/deadline-queue.ts';
import { BindingsByFlow, type BindingsOnFlow, flowKey, isShared } from './bindings-on-flow.ts';
import { DEREGISTERED_LINGER_MS } from './config.ts';

/** A registered public identity, as the network spells it. */
export type PublicIdentity = Pick<NameAddr, 'displayName' | 'uriText'>;

/** What the 200 to a UE's REGISTER said. */
export interface Registered {
  readonly impi: string;
  readonly ue: MediaUe;
  /** Of P-Associated-URI, default first; never barred ones. */
  readonly impus: readonly PublicIdentity[];
  /** As in the REGISTER, with its parameters. */
  readonly contact: NameAddr;
  /** `+sip.instance`; empty when the UE sent none. */
  readonly instanceId: string;
  /** The UE sent reg-id, so this box put `ob` into the Path. */
  readonly outbound: boolean;
  /** Name-addrs, topmost first. */
  readonly serviceRoute: readonly string[];
  readonly expiresS: number;
  readonly flow: SipFlow;
  /** Stood in the Path of the REGISTER; names this contact on its flow. */
  readonly pathToken: string;
}

/** One contact of one UE, and the flow that leads to it. */
export interface Binding extends Registered {
  /** Stands in Record-Route; the same for the binding's whole life, also after a reconnect on another flow. */
  readonly token: string;
  /** The subscription to its registration has told of it. */
  readonly named: boolean;
  /** False once the contact is no longer registered; its dialogs may live a little longer. */
  readonly registered: boolean;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface RegistrationEvents {
  /** The flow of a registered or lingering binding closed. */
  flowLost(binding: Binding): void;
  /** The registration ran out without a new REGISTER. */
  expired(binding: Binding): void;
  /** An ended binding is forgotten; what is left of its dialogs has to go. */
  forgotten(binding: Binding): void;
  changed(): void;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Entry {
  readonly binding: Mutable<Binding>;
  /** Stood in its Path before: a request under way may still name it. */
  formerPathToken: string | undefined;
  timer: Timer | undefined;
  stopListening: (() => void) | undefined;
}

/** Octets of a token. */
const TOKEN_OCTETS = 12;

/** The UEs that registered through this P-CSCF, by flow and private identity. @see TS 24.229 5.2.2.1 */
export class Registrations {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #events: RegistrationEvents;
  /** When a registration runs out, or an ended one is forgotten. */
  readonly #deadlines: DeadlineQueue<Entry>;
  /** Also bindings that ended a moment ago. */
  readonly #byToken = new Map<string, Entry>();
  readonly #byImpi = new Map<string, readonly Entry[]>();
  readonly #byFlow = new BindingsByFlow();
  readonly #byPathToken = new Map<string, Entry>();

  constructor(clock: Clock, random: Random, events: RegistrationEvents) {
    this.#clock = clock;
    this.#random = random;
    this.#events = events;
    this.#deadlines = new DeadlineQueue(clock, (entry) => {
      if (entry.binding.registered) this.#expire(entry);
      else this.#forget(entry);
    });
  }

  /** The registered contacts. */
  all(): readonly Binding[] {
    return [...this.#byToken.values()].map((entry) => entry.binding).filter((binding) => binding.registered);
  }

  /** Who is registered on this flow. */
  onFlow(flow: SipFlow): BindingsOnFlow {
    return this.#byFlow.on(flow);
  }

  /** The Path token for a REGISTER of this UE on this flow: a connection names one UE, a pair of UDP addresses may be many. */
  pathTokenFor(flow: SipFlow, impi: string): string {
    if (!isShared(flow)) return flow.id;
    return this.onFlow(flow).byImpi(impi)?.pathToken ?? hex(this.#random.bytes(TOKEN_OCTETS));
  }

  /** Whose Path carries this token. */
  byPathToken(token: string): Binding | undefined {
    return this.#byPathToken.get(token)?.binding;
  }

  /** The contacts of one private identity. */
  byImpi(impi: string): readonly Binding[] {
    return [...(this.#byImpi.get(impi) ?? [])].map((entry) => entry.binding);
  }

  /** Whose Record-Route carries this token; also a binding that ended a moment ago. */
  byToken(token: string): Binding | undefined {
    return this.#byToken.get(token)?.binding;
  }

  /**
   * Stores what a 200 said. The same contact keeps its binding, on whatever flow it comes.
   * @returns the binding, and those that it put out: the same device with another contact, another UE on the same connection.
   */
  bind(said: Registered): { readonly binding: Binding; readonly replaced: readonly Binding[] } {
    const ofImpi = this.#byImpi.get(said.impi) ?? [];
    const device = ofImpi.filter((entry) => isSameDevice(entry.binding, said));
    const known = device.find((entry) => sameUri(entry.binding.contact.uri, said.contact.uri));
    const replaced = device.filter((entry) => entry !== known).map((one) => one.binding);
    const stranger = this.#stranger(said);
    if (stranger !== undefined) replaced.push(stranger);
    for (const binding of replaced) this.end(binding);
    const entry = known ?? this.#newEntry(stored(said));
    if (known === undefined) this.#enterFlow(entry);
    else this.#renew(known, said);
    const { binding } = entry;
    const afterMs = said.expiresS * 1000;
    binding.expiresAt = this.#clock.now() + afterMs;
    this.#setDeadline(entry, afterMs);
    this.#events.changed();
    if (said.flow.closed) this.#events.flowLost(binding);
    return { binding, replaced };
  }

  /** The home network changed a registration: which URIs are its identities now, or how many seconds it has left. @see TS 24.229 5.2.3 */
  follow(binding: Binding, impus: readonly string[] | undefined, expiresS: number | undefined): void {
    const entry = this.#byToken.get(binding.token);
    if (entry === undefined || !entry.binding.registered) return;
    if (impus !== undefined) this.#setIdentities(entry.binding, impus);
    if (expiresS !== undefined) {
      entry.binding.expiresAt = this.#clock.now() + expiresS * 1000;
      this.#setDeadline(entry, expiresS * 1000);
    }
    this.#events.changed();
  }

  /** Whether the subscription to the registration has told of this contact. */
  named(binding: Binding, named: boolean): void {
    const entry = this.#byToken.get(binding.token);
    if (entry !== undefined) entry.binding.named = named;
  }

  /** The contact is registered no more. Its token leads to its flow a little longer, for the last requests under way. */
  end(binding: Binding): void {
    const entry = this.#byToken.get(binding.token);
    if (entry === undefined || !entry.binding.registered) return;
    entry.binding.registered = false;
    this.#byFlow.remove(binding);
    this.#byPathToken.delete(binding.pathToken);
    if (entry.formerPathToken !== undefined) this.#byPathToken.delete(entry.formerPathToken);
    const others = this.#byImpi.get(binding.impi)?.filter((one) => one !== entry) ?? [];
    if (others.length === 0) this.#byImpi.delete(binding.impi);
    else this.#byImpi.set(binding.impi, others);
    this.#setDeadline(entry, DEREGISTERED_LINGER_MS);
    this.#events.changed();
  }

  close(): void {
    this.#deadlines.close();
    for (const entry of this.#byToken.values()) entry.stopListening?.();
    for (const index of [this.#byToken, this.#byImpi, this.#byFlow, this.#byPathToken]) index.clear();
  }

  #setDeadline(entry: Entry, delayMs: number): void {
    entry.timer?.stop();
    entry.timer = this.#deadlines.after(delayMs, entry);
  }

  /** Most often the identities are those that it has. */
  #setIdentities(binding: Mutable<Binding>, uris: readonly string[]): void {
    const { impus } = binding;
    if (uris.length === impus.length && uris.every((uri, at) => uri === impus[at]?.uriText)) return;
    this.#byFlow.remove(binding);
    binding.impus = uris.map(
      (uri) => impus.find(({ uriText }) => uriText === uri) ?? { displayName: '', uriText: detached(uri) },
    );
    this.#byFlow.add(binding);
  }

  /** Most often a UE registers again where it is, and only its time is new. */
  #renew(entry: Entry, said: Registered): void {
    const { binding } = entry;
    const registered = stored(said, binding);
    const stays =
      isSameFlow(binding.flow, said.flow) &&
      registered.pathToken === binding.pathToken &&
      registered.contact === binding.contact &&
      registered.impus === binding.impus;
    if (!stays) {
      this.#leaveFlow(entry);
      this.#setPathToken(entry, registered.pathToken);
    }
    Object.assign(binding, registered);
    if (!stays) this.#enterFlow(entry);
  }

  #leaveFlow(entry: Entry): void {
    entry.stopListening?.();
    this.#byFlow.remove(entry.binding);
  }

  /** Another private identity on a flow that is not to be shared: two that registered at the same moment. */
  #stranger({ flow, impi }: Registered): Binding | undefined {
    const { only } = this.#byFlow.on(flow);
    return isShared(flow) || only?.impi === impi ? undefined : only;
  }

  #enterFlow(entry: Entry): void {
    const { binding } = entry;
    const { flow } = binding;
    this.#byFlow.add(binding);
    this.#byPathToken.set(binding.pathToken, entry);
    // A pair of UDP addresses is no connection that could be lost.
    entry.stopListening = isShared(flow) ? undefined : flow.onClose(() => this.#events.flowLost(binding));
  }

  /** It answers to the token of its flow, and to that of the flow before. */
  #setPathToken(entry: Entry, pathToken: string): void {
    if (entry.binding.pathToken === pathToken) return;
    if (entry.formerPathToken !== undefined) this.#byPathToken.delete(entry.formerPathToken);
    entry.formerPathToken = entry.binding.pathToken;
  }

  #newEntry(registered: Registered): Entry {
    const token = hex(this.#random.bytes(TOKEN_OCTETS));
    const entry: Entry = {
      binding: { ...registered, token, named: false, registered: true, expiresAt: 0 },
      formerPathToken: undefined,
      timer: undefined,
      stopListening: undefined,
    };
    this.#byToken.set(token, entry);
    const others = this.#byImpi.get(registered.impi);
    this.#byImpi.set(registered.impi, others === undefined ? [entry] : [...others, entry]);
    return entry;
  }

  #expire(entry: Entry): void {
    this.end(entry.binding);
    this.#events.expired(entry.binding);
  }

  #forget(entry: Entry): void {
    entry.stopListening?.();
    this.#byToken.delete(entry.binding.token);
    this.#events.forgotten(entry.binding);
  }
}

/** The first of the identities that is a SIP URI. */
export function sipIdentity(binding: Binding): PublicIdentity | undefined {
  return binding.impus.find(({ uriText }) => /^sips?:/i.test(uriText));
}

/** The registered public identity that a URI names, as the network knows it. */
export function registeredIdentity(binding: Binding, uri: string): PublicIdentity | undefined {
  const wanted = canonicalIdentity(uri);
  if (wanted === undefined) return undefined;
  return binding.impus.find((impu) => canonicalIdentity(impu.uriText) === wanted);
}

/** What is kept of a 200: nothing new of what the binding holds already. */
function stored(said: Registered, held?: Binding): Registered {
  return {
    impi: keptOrDetached(held?.impi, said.impi),
    ue: keptOrDetached(held?.ue, said.ue),
    impus: keptOrDetached(held?.impus, said.impus),
    contact: keptOrDetached(held?.contact, said.contact),
    instanceId: keptOrDetached(held?.instanceId, said.instanceId),
    outbound: said.outbound,
    serviceRoute: keptOrDetached(held?.serviceRoute, said.serviceRoute),
    expiresS: said.expiresS,
    flow: said.flow,
    pathToken: keptOrDetached(held?.pathToken, said.pathToken),
  };
}

function isSameFlow(a: SipFlow, b: SipFlow): boolean {
  return a === b || (isShared(a) && flowKey(a) === flowKey(b));
}

function isSameDevice(binding: Binding, registered: Registered): boolean {
  if (flowKey(binding.flow) === flowKey(registered.flow)) return true;
  if (registered.instanceId !== '') return binding.instanceId === registered.instanceId;
  return binding.instanceId === '' && sameUri(binding.contact.uri, registered.contact.uri);
}
