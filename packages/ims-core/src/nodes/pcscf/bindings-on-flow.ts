import type { SipFlow } from '../../ports/sip-transport.ts';
import { detached } from '../../protocols/sip/detached.ts';
import { canonicalIdentity } from '../../protocols/sip/uri.ts';
import type { Binding } from './registrations.ts';

/** True when phones may share the flow: UDP has no connection, so phones behind one NAT or in one program look alike. */
export function isShared(flow: SipFlow): boolean {
  return flow.transport === 'UDP';
}

/** The same text for the same flow. A UDP flow is its pair of addresses, also when the transport has forgotten it meanwhile. */
export function flowKey(flow: SipFlow): string {
  if (!isShared(flow)) return flow.id;
  const { local, remote } = flow;
  return `${local.host} ${local.port} ${remote.host} ${remote.port}`;
}

/** The contacts registered on one flow: one on a connection, any number on a pair of UDP addresses. */
export interface BindingsOnFlow {
  readonly size: number;
  /** The binding, when it is the only one. */
  readonly only: Binding | undefined;
  byImpi(impi: string): Binding | undefined;
  /** The binding that has this public identity; undefined when none or several have it. */
  byImpu(uri: string): Binding | undefined;
  byContact(uriText: string): Binding | undefined;
  has(binding: Binding): boolean;
}

/** Nobody is registered on the flow. */
const NOBODY: BindingsOnFlow = {
  size: 0,
  only: undefined,
  byImpi: () => undefined,
  byImpu: () => undefined,
  byContact: () => undefined,
  has: () => false,
};

/** The one contact of a flow. Its names are compared when they are asked for: an index of them would be larger than they are. */
class SingleBinding implements BindingsOnFlow {
  readonly size = 1;
  readonly only: Binding;

  constructor(binding: Binding) {
    this.only = binding;
  }

  byImpi(impi: string): Binding | undefined {
    return this.only.impi === impi ? this.only : undefined;
  }

  byImpu(uri: string): Binding | undefined {
    const wanted = canonicalIdentity(uri);
    return wanted !== undefined && identitiesOf(this.only).includes(wanted) ? this.only : undefined;
  }

  byContact(uriText: string): Binding | undefined {
    return this.only.contact.uriText === uriText ? this.only : undefined;
  }

  has(binding: Binding): boolean {
    return this.only === binding;
  }
}

/** Several bindings of one flow under each of their names, so that no look-up runs through them. */
class ManyBindings implements BindingsOnFlow {
  readonly #byImpi = new Map<string, Binding>();
  readonly #byImpu = new Map<string, Set<Binding>>();
  readonly #byContact = new Map<string, Binding>();

  get size(): number {
    return this.#byImpi.size;
  }

  get only(): Binding | undefined {
    return single(this.#byImpi);
  }

  byImpi(impi: string): Binding | undefined {
    return this.#byImpi.get(impi);
  }

  byImpu(uri: string): Binding | undefined {
    const owners = this.#byImpu.get(canonicalIdentity(uri) ?? '');
    return owners && single(owners);
  }

  byContact(uriText: string): Binding | undefined {
    return this.#byContact.get(uriText);
  }

  has(binding: Binding): boolean {
    return this.#byImpi.get(binding.impi) === binding;
  }

  add(binding: Binding): void {
    this.#byImpi.set(binding.impi, binding);
    this.#byContact.set(binding.contact.uriText, binding);
    for (const impu of identitiesOf(binding)) {
      this.#byImpu.set(impu, (this.#byImpu.get(impu) ?? new Set()).add(binding));
    }
  }

  remove(binding: Binding): void {
    if (!this.has(binding)) return;
    this.#byImpi.delete(binding.impi);
    if (this.#byContact.get(binding.contact.uriText) === binding) this.#byContact.delete(binding.contact.uriText);
    for (const impu of identitiesOf(binding)) {
      const owners = this.#byImpu.get(impu);
      owners?.delete(binding);
      if (owners?.size === 0) this.#byImpu.delete(impu);
    }
  }
}

function identitiesOf(binding: Binding): readonly string[] {
  return binding.impus.flatMap((impu) => canonicalIdentity(impu.uriText) ?? []);
}

function single(some: { readonly size: number; values(): IterableIterator<Binding> }): Binding | undefined {
  return some.size === 1 ? some.values().next().value : undefined;
}

/** Who is registered on which flow. Most flows carry one UE, and then cost no index. */
export class BindingsByFlow {
  readonly #byKey = new Map<string, SingleBinding | ManyBindings>();

  on(flow: SipFlow): BindingsOnFlow {
    return this.#byKey.get(flowKey(flow)) ?? NOBODY;
  }

  add(binding: Binding): void {
    const key = flowKey(binding.flow);
    const there = this.#byKey.get(key);
    if (there instanceof ManyBindings) {
      there.add(binding);
    } else if (there === undefined || there.has(binding)) {
      this.#byKey.set(detached(key), new SingleBinding(binding));
    } else {
      const both = new ManyBindings();
      both.add(there.only);
      both.add(binding);
      this.#byKey.set(key, both);
    }
  }

  /** Its names and its flow have to be those with which it was added. */
  remove(binding: Binding): void {
    const key = flowKey(binding.flow);
    const there = this.#byKey.get(key);
    if (there?.has(binding) !== true) return;
    if (there instanceof ManyBindings) there.remove(binding);
    if (there instanceof SingleBinding || there.size === 0) this.#byKey.delete(key);
  }

  clear(): void {
    this.#byKey.clear();
  }
}
