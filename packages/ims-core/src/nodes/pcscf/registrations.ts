import type { Clock, Timer } from '../../ports/clock.ts';
import type { MediaUe } from '../../ports/media-relay.ts';
import type { Random } from '../../ports/random.ts';
import type { SipFlow } from '../../ports/sip-transport.ts';
import { detached } from '../../protocols/sip/detached.ts';
import { hex } from '../../protocols/sip/ids.ts';
import type { NameAddr } from '../../protocols/sip/name-addr.ts';
import { canonicalIdentity, sameUri } from '../../protocols/sip/uri.ts';
import { type BindingsOnFlow, FlowIndex, flowKey, isShared } from './bindings-on-flow.ts';
import { DEREGISTERED_LINGER_MS } from './config.ts';

/** What the 200 to a UE's REGISTER said. */
export interface Registered {
  readonly impi: string;
  readonly ue: MediaUe;
  /** Of P-Associated-URI, default first; never barred ones. */
  readonly impus: readonly NameAddr[];
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
  /** Tokens that stood in its Path: a request under way may still name the one before. */
  readonly pathTokens: string[];
  timer: Timer;
  stopListening: () => void;
}

/** Path tokens that a binding answers to: that of its flow and of the flow before. */
const MAX_PATH_TOKENS = 2;

/** Octets of a token. */
const TOKEN_OCTETS = 12;

const NOBODY: BindingsOnFlow = new FlowIndex();

/** The UEs that registered through this P-CSCF, by flow and private identity. @see TS 24.229 5.2.2.1 */
export class Registrations {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #events: RegistrationEvents;
  /** Also bindings that ended a moment ago. */
  readonly #byToken = new Map<string, Entry>();
  readonly #byImpi = new Map<string, Set<Entry>>();
  readonly #byFlow = new Map<string, FlowIndex>();
  readonly #byPathToken = new Map<string, Entry>();

  constructor(clock: Clock, random: Random, events: RegistrationEvents) {
    this.#clock = clock;
    this.#random = random;
    this.#events = events;
  }

  /** The registered contacts. */
  all(): readonly Binding[] {
    return [...this.#byToken.values()].map((entry) => entry.binding).filter((binding) => binding.registered);
  }

  /** Who is registered on this flow. */
  onFlow(flow: SipFlow): BindingsOnFlow {
    return this.#byFlow.get(flowKey(flow)) ?? NOBODY;
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
  bind({ flow, ...said }: Registered): { readonly binding: Binding; readonly replaced: readonly Binding[] } {
    const registered: Registered = { ...detached(said), flow };
    const ofImpi = [...(this.#byImpi.get(registered.impi) ?? [])];
    const device = ofImpi.filter((entry) => isSameDevice(entry.binding, registered));
    const known = device.find((entry) => sameUri(entry.binding.contact.uri, registered.contact.uri));
    const replaced = [
      ...device.filter((entry) => entry !== known).map((one) => one.binding),
      ...this.#strangers(registered),
    ];
    for (const binding of replaced) this.end(binding);
    const entry = known ?? this.#newEntry(registered);
    this.#leaveFlow(entry);
    const expiresAt = this.#clock.now() + registered.expiresS * 1000;
    Object.assign(entry.binding, registered, { registered: true, expiresAt });
    this.#enterFlow(entry);
    this.#events.changed();
    if (registered.flow.closed) this.#events.flowLost(entry.binding);
    return { binding: entry.binding, replaced };
  }

  /** The home network changed a registration: which identities it has, or how many seconds it has left. @see TS 24.229 5.2.3 */
  follow(binding: Binding, impus: readonly NameAddr[], expiresS: number | undefined): void {
    const entry = this.#byToken.get(binding.token);
    if (entry === undefined || !entry.binding.registered) return;
    this.#leaveIndex(binding);
    entry.binding.impus = impus;
    this.#enterIndex(binding);
    if (expiresS !== undefined) {
      entry.binding.expiresAt = this.#clock.now() + expiresS * 1000;
      entry.timer.stop();
      entry.timer = this.#clock.after(expiresS * 1000, () => this.#expire(entry));
    }
    this.#events.changed();
  }

  /** The contact is registered no more. Its token leads to its flow a little longer, for the last requests under way. */
  end(binding: Binding): void {
    const entry = this.#byToken.get(binding.token);
    if (entry === undefined || !entry.binding.registered) return;
    entry.binding.registered = false;
    this.#leaveIndex(binding);
    for (const token of entry.pathTokens) this.#byPathToken.delete(token);
    const ofImpi = this.#byImpi.get(binding.impi);
    ofImpi?.delete(entry);
    if (ofImpi?.size === 0) this.#byImpi.delete(binding.impi);
    entry.timer.stop();
    entry.timer = this.#clock.after(DEREGISTERED_LINGER_MS, () => this.#forget(entry));
    this.#events.changed();
  }

  close(): void {
    for (const entry of this.#byToken.values()) {
      entry.timer.stop();
      entry.stopListening();
    }
    for (const index of [this.#byToken, this.#byImpi, this.#byFlow, this.#byPathToken]) index.clear();
  }

  #leaveFlow(entry: Entry): void {
    entry.timer.stop();
    entry.stopListening();
    this.#leaveIndex(entry.binding);
  }

  #leaveIndex(binding: Binding): void {
    const key = flowKey(binding.flow);
    const index = this.#byFlow.get(key);
    index?.remove(binding);
    if (index?.size === 0) this.#byFlow.delete(key);
  }

  /** Other private identities on a flow that is not to be shared: two that registered at the same moment. */
  #strangers({ flow, impi }: Registered): readonly Binding[] {
    if (isShared(flow)) return [];
    const index = this.#byFlow.get(flowKey(flow));
    return index === undefined ? [] : index.all().filter((binding) => binding.impi !== impi);
  }

  #enterIndex(binding: Binding): void {
    const key = flowKey(binding.flow);
    const index = this.#byFlow.get(key) ?? new FlowIndex();
    index.add(binding);
    this.#byFlow.set(key, index);
  }

  #enterFlow(entry: Entry): void {
    const { binding, pathTokens } = entry;
    const { flow, pathToken } = binding;
    this.#enterIndex(binding);
    if (pathTokens[0] !== pathToken) {
      pathTokens.unshift(pathToken);
      this.#byPathToken.set(pathToken, entry);
      for (const token of pathTokens.splice(MAX_PATH_TOKENS)) this.#byPathToken.delete(token);
    }
    entry.timer = this.#clock.after(binding.expiresS * 1000, () => this.#expire(entry));
    entry.stopListening = flow.onClose(() => this.#events.flowLost(binding));
  }

  #newEntry(registered: Registered): Entry {
    const token = hex(this.#random.bytes(TOKEN_OCTETS));
    const entry: Entry = {
      binding: { ...registered, token, registered: true, expiresAt: 0 },
      pathTokens: [],
      timer: { stop: () => {} },
      stopListening: () => {},
    };
    this.#byToken.set(token, entry);
    this.#byImpi.set(registered.impi, (this.#byImpi.get(registered.impi) ?? new Set()).add(entry));
    return entry;
  }

  #expire(entry: Entry): void {
    this.end(entry.binding);
    this.#events.expired(entry.binding);
  }

  #forget(entry: Entry): void {
    entry.stopListening();
    this.#byToken.delete(entry.binding.token);
    this.#events.forgotten(entry.binding);
  }
}

/** The registered public identity that a URI names, as the network knows it. */
export function registeredIdentity(binding: Binding, uri: string): NameAddr | undefined {
  const wanted = canonicalIdentity(uri);
  if (wanted === undefined) return undefined;
  return binding.impus.find((impu) => canonicalIdentity(impu.uriText) === wanted);
}

function isSameDevice(binding: Binding, registered: Registered): boolean {
  if (flowKey(binding.flow) === flowKey(registered.flow)) return true;
  if (registered.instanceId !== '') return binding.instanceId === registered.instanceId;
  return binding.instanceId === '' && sameUri(binding.contact.uri, registered.contact.uri);
}
