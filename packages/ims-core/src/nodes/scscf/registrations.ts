import type { RegistrationView } from '../../api/lab-api.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { ServerAssignmentAnswer } from '../../ports/cx-client.ts';
import { keptOrDetached } from '../../protocols/sip/detached.ts';
import { DeadlineQueue } from '../../protocols/transaction/deadline-queue.ts';
import type { Binding } from './bindings.ts';
import { associatedIdentities, type UserProfile } from './user-profile.ts';

/** A registered user: one private identity, its implicit registration set and its contacts. Never without a contact. */
export interface Registration {
  readonly impi: string;
  readonly profile: UserProfile;
  /** Where charging data of the user goes; undefined when the HSS names nobody. */
  readonly chargingInformation: ServerAssignmentAnswer['chargingInformation'];
  /** Unguessable; stands in the Service-Route and marks requests as made by this user. */
  readonly token: string;
  readonly bindings: readonly Binding[];
}

interface Entry {
  readonly registration: Registration;
  /** When its first contact expires. */
  readonly deadline: Timer;
}

/** The registered users, by private and public identity. @see TS 24.229 5.4.1 */
export class Registrations {
  readonly #clock: Clock;
  readonly #deadlines: DeadlineQueue<string>;
  readonly #byImpi = new Map<string, Entry>();
  readonly #impisByImpu = new Map<string, readonly string[]>();
  readonly #listeners = new Set<() => void>();

  /** @param due called when the first contact of a user has expired. */
  constructor(clock: Clock, due: (impi: string) => void) {
    this.#clock = clock;
    this.#deadlines = new DeadlineQueue(clock, due);
  }

  byImpi(impi: string): Registration | undefined {
    return this.#byImpi.get(impi)?.registration;
  }

  /** The registrations of all private identities that share a public one, given in canonical form. */
  serving(impu: string): readonly Registration[] {
    const impis = this.#impisByImpu.get(impu) ?? [];
    return impis.flatMap((impi) => this.byImpi(impi) ?? []);
  }

  set({ impi: readImpi, profile, chargingInformation, token, bindings }: Registration): void {
    const before = this.#byImpi.get(readImpi);
    const held = before?.registration;
    before?.deadline.stop();
    const impi = keptOrDetached(held?.impi, readImpi);
    const registration: Registration = {
      impi,
      profile,
      chargingInformation,
      token,
      bindings: bindings.map((binding, at) => stored(binding, held?.bindings[at])),
    };
    if (held?.profile !== profile) {
      if (held !== undefined) this.#leaveIndex(held);
      this.#enterIndex(registration);
    }
    let firstExpiryMs = Number.POSITIVE_INFINITY;
    for (const { expiresAtMs } of bindings) firstExpiryMs = Math.min(firstExpiryMs, expiresAtMs);
    const deadline = this.#deadlines.after(firstExpiryMs - this.#clock.now(), impi);
    this.#byImpi.set(impi, { registration, deadline });
    this.#changed();
  }

  delete(impi: string): void {
    const entry = this.#byImpi.get(impi);
    if (entry !== undefined) {
      entry.deadline.stop();
      this.#leaveIndex(entry.registration);
      this.#byImpi.delete(impi);
    }
    this.#changed();
  }

  views(serverName: string): readonly RegistrationView[] {
    return [...this.#byImpi.values()].flatMap(({ registration }) =>
      registration.bindings.map((binding) => ({
        impi: registration.impi,
        impus: associatedIdentities(registration.profile).map((identity) => identity.uri),
        contact: binding.contact.uriText,
        expiresInS: remainingS(binding, this.#clock.now()),
        serverName,
      })),
    );
  }

  /** Calls `listener` after each change. Returns how to stop listening. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#deadlines.close();
    this.#listeners.clear();
  }

  #enterIndex({ impi, profile }: Registration): void {
    // One list for all identities of a user who shares none.
    const alone = [impi];
    for (const { key } of profile.identities) {
      const others = this.#impisByImpu.get(key);
      if (others === undefined) this.#impisByImpu.set(key, alone);
      else if (!others.includes(impi)) this.#impisByImpu.set(key, [...others, impi]);
    }
  }

  #leaveIndex({ impi, profile }: Registration): void {
    for (const { key } of profile.identities) {
      const others = this.#impisByImpu.get(key)?.filter((one) => one !== impi) ?? [];
      if (others.length === 0) this.#impisByImpu.delete(key);
      else this.#impisByImpu.set(key, others);
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** What is kept of a binding: nothing new of what the one before holds already. */
function stored(binding: Binding, held: Binding | undefined): Binding {
  return {
    contact: keptOrDetached(held?.contact, binding.contact),
    q: binding.q,
    flow: binding.flow && keptOrDetached(held?.flow, binding.flow),
    path: keptOrDetached(held?.path, binding.path),
    callId: keptOrDetached(held?.callId, binding.callId),
    cseq: binding.cseq,
    impu: keptOrDetached(held?.impu, binding.impu),
    event: binding.event,
    registeredAtMs: binding.registeredAtMs,
    expiresAtMs: binding.expiresAtMs,
  };
}

/** Whole seconds that a contact stays registered, never below 0. */
export function remainingS(binding: Binding, nowMs: number): number {
  return Math.max(0, Math.round((binding.expiresAtMs - nowMs) / 1000));
}
