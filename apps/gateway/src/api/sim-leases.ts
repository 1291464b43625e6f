import type { FreeSim, SimCard, SimClaim, SimClaimRequest } from '@imslab/ims-core/api/lab-api';
import type { Clock, Timer } from '@imslab/ims-core/ports/clock';
import type { StoredSubscriber, SubscriberStore } from '@imslab/ims-core/ports/subscriber-store';
import { hex } from '@imslab/ims-core/protocols/sip/ids';

/** How long a SIM stays with a tab whose feed socket is gone: a reload takes it up again, a closed tab loses it. */
export const LEASE_GRACE_MS = 10_000;
/** How long a tab's socket may take to show that it lives, before its lease goes to who asks with the same one. */
export const LEASE_PROBE_MS = 1_000;

/** The tab's feed socket, as the leases see it. */
export interface LeaseHolder {
  /** Resolves true when the tab answers within `LEASE_PROBE_MS`. */
  alive(): Promise<boolean>;
  /** Another tab took the SIM. */
  taken(): void;
}

interface Lease {
  readonly token: string;
  readonly subscriber: StoredSubscriber;
  holder: LeaseHolder | undefined;
  grace: Timer | undefined;
}

export type ClaimResult =
  | { readonly ok: true; readonly claim: SimClaim }
  | {
      readonly ok: false;
      readonly code: 'SIM_UNKNOWN' | 'SIM_TAKEN' | 'SIM_NONE_FREE';
      readonly text: string;
      readonly nextFree?: FreeSim;
    };

interface SimLeasesDeps {
  readonly store: SubscriberStore;
  readonly clock: Clock;
  readonly newToken: () => string;
  readonly domain: string;
  /** SIP URI of the P-CSCF for the tab's Route. */
  readonly pcscf: string;
}

/** Which tab holds which SIM. A lease lives as long as the tab's feed socket, and `LEASE_GRACE_MS` longer. */
export class SimLeases {
  readonly #deps: SimLeasesDeps;
  readonly #byImsi = new Map<string, Lease>();

  constructor(deps: SimLeasesDeps) {
    this.#deps = deps;
  }

  isTaken(imsi: string): boolean {
    return this.#byImsi.has(imsi);
  }

  /** Gives the tab its own SIM again, the one it names, or the first free one. */
  async claim(request: SimClaimRequest): Promise<ClaimResult> {
    const own = this.#byToken(request.lease);
    if (own !== undefined && (request.ue === undefined || matches(own.subscriber, request.ue))) {
      if (own.holder === undefined || !(await own.holder.alive())) return this.#granted(own);
    }
    const subscribers = (await this.#deps.store.list()).filter(hasCard);
    const free = subscribers.find((subscriber) => !this.#byImsi.has(subscriber.imsi));
    const nextFree = free === undefined ? {} : { nextFree: { imsi: free.imsi, name: free.name } };
    if (request.ue === undefined) {
      if (free === undefined)
        return { ok: false, code: 'SIM_NONE_FREE', text: 'Every SIM of the lab is in a phone. Close a tab first.' };
      return this.#granted(this.#lease(free));
    }
    const wished = subscribers.find((subscriber) => matches(subscriber, request.ue ?? ''));
    if (wished === undefined) return { ok: false, code: 'SIM_UNKNOWN', text: `No subscriber is called ${request.ue}.` };
    const held = this.#byImsi.get(wished.imsi);
    if (held !== undefined && request.takeOver !== true) {
      return { ok: false, code: 'SIM_TAKEN', text: `${wished.name}'s SIM is in another tab.`, ...nextFree };
    }
    held?.holder?.taken();
    if (held !== undefined) this.#release(held);
    return this.#granted(this.#lease(wished));
  }

  /**
   * Binds a feed socket to its lease. A lease of before a restart is taken up again when its SIM is free.
   * Returns what to call when the socket closes; undefined when the lease is lost.
   */
  async hold(token: string, imsi: string, holder: LeaseHolder): Promise<(() => void) | undefined> {
    let lease = this.#byToken(token);
    if (lease === undefined && !this.#byImsi.has(imsi)) {
      const subscriber = await this.#deps.store.byImsi(imsi);
      if (subscriber !== undefined && hasCard(subscriber) && !this.#byImsi.has(imsi))
        lease = this.#lease(subscriber, token);
    }
    if (lease === undefined) return undefined;
    const held = lease;
    held.grace?.stop();
    held.holder = holder;
    return () => {
      if (held.holder !== holder || this.#byImsi.get(held.subscriber.imsi) !== held) return;
      held.holder = undefined;
      this.#startGrace(held);
    };
  }

  /** Takes the SIM from the tab that holds it: its subscription is gone. */
  revoke(imsi: string): void {
    const held = this.#byImsi.get(imsi);
    if (held === undefined) return;
    held.holder?.taken();
    this.#release(held);
  }

  close(): void {
    for (const lease of this.#byImsi.values()) lease.grace?.stop();
    this.#byImsi.clear();
  }

  #byToken(token: string | undefined): Lease | undefined {
    return [...this.#byImsi.values()].find((lease) => lease.token === token);
  }

  #lease(subscriber: StoredSubscriber, token: string = this.#deps.newToken()): Lease {
    const lease: Lease = { token, subscriber, holder: undefined, grace: undefined };
    this.#byImsi.set(subscriber.imsi, lease);
    this.#startGrace(lease);
    return lease;
  }

  #startGrace(lease: Lease): void {
    lease.grace?.stop();
    lease.grace = this.#deps.clock.after(LEASE_GRACE_MS, () => this.#release(lease));
  }

  #release(lease: Lease): void {
    lease.grace?.stop();
    if (this.#byImsi.get(lease.subscriber.imsi) === lease) this.#byImsi.delete(lease.subscriber.imsi);
  }

  async #granted(lease: Lease): Promise<ClaimResult> {
    const { subscriber, token } = lease;
    const credentials = await this.#deps.store.credentials(subscriber.imsi);
    if (credentials === undefined) {
      this.#release(lease);
      return { ok: false, code: 'SIM_UNKNOWN', text: `${subscriber.name} has no keys.` };
    }
    if (lease.holder === undefined) this.#startGrace(lease);
    const sim: SimCard = {
      imsi: subscriber.imsi,
      impi: subscriber.impi,
      impus: subscriber.identities.filter((identity) => !identity.barred).map((identity) => identity.uri),
      name: subscriber.name,
      number: numberOf(subscriber),
      domain: this.#deps.domain,
      k: hex(credentials.k),
      opc: hex(credentials.opc),
      amf: hex(credentials.amf),
    };
    return { ok: true, claim: { lease: token, sim, pcscf: this.#deps.pcscf } };
  }
}

/** The telephone number among the identities: `+15550001001`; empty when there is none. */
export function numberOf(subscriber: StoredSubscriber): string {
  const tel = subscriber.identities.find((identity) => identity.uri.startsWith('tel:'));
  return tel?.uri.slice('tel:'.length) ?? '';
}

/** Whether the subscription is one for a SIM: a service has no credentials, and SIP Digest a password. */
function hasCard({ authenticationScheme }: StoredSubscriber): boolean {
  return authenticationScheme === 'Digest-AKAv1-MD5';
}

/** A first name in any case, an IMSI, or a number with or without `+`. */
function matches(subscriber: StoredSubscriber, wish: string): boolean {
  const word = wish.trim().toLowerCase();
  return (
    word === subscriber.name.toLowerCase() ||
    word === subscriber.imsi ||
    word.replace(/^\+/, '') === numberOf(subscriber).slice(1)
  );
}
