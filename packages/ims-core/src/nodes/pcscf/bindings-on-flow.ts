import type { SipFlow } from '../../ports/sip-transport.ts';
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

/** The bindings of one flow under each of their names, so that no look-up runs through them. */
export class FlowIndex implements BindingsOnFlow {
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

  all(): readonly Binding[] {
    return [...this.#byImpi.values()];
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
