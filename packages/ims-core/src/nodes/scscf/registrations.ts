import type { RegistrationView } from '../../api/lab-api.ts';
import type { Clock, Timer } from '../../ports/clock.ts';
import type { ServerAssignmentAnswer } from '../../ports/cx-client.ts';
import { detached } from '../../protocols/sip/detached.ts';
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

/** The registered users, by private and public identity. @see TS 24.229 5.4.1 */
export class Registrations {
  readonly #clock: Clock;
  readonly #due: (impi: string) => void;
  readonly #byImpi = new Map<string, Registration>();
  readonly #impisByImpu = new Map<string, Set<string>>();
  readonly #timers = new Map<string, Timer>();
  readonly #listeners = new Set<() => void>();

  /** @param due called when the first contact of a user has expired. */
  constructor(clock: Clock, due: (impi: string) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  byImpi(impi: string): Registration | undefined {
    return this.#byImpi.get(impi);
  }

  /** The registrations of all private identities that share a public one, given in canonical form. */
  serving(impu: string): readonly Registration[] {
    return [...(this.#impisByImpu.get(impu) ?? [])].flatMap((impi) => this.#byImpi.get(impi) ?? []);
  }

  set({ impi: readImpi, bindings, ...rest }: Registration): void {
    const impi = detached(readImpi);
    const registration: Registration = { ...rest, impi, bindings: bindings.map((binding) => detached(binding)) };
    this.#forget(impi);
    this.#byImpi.set(impi, registration);
    for (const { key } of registration.profile.identities) {
      const impis = this.#impisByImpu.get(key) ?? new Set();
      this.#impisByImpu.set(key, impis.add(impi));
    }
    const firstExpiryMs = Math.min(...registration.bindings.map((binding) => binding.expiresAtMs));
    this.#timers.set(
      impi,
      this.#clock.after(firstExpiryMs - this.#clock.now(), () => this.#due(impi)),
    );
    this.#changed();
  }

  delete(impi: string): void {
    this.#forget(impi);
    this.#changed();
  }

  views(serverName: string): readonly RegistrationView[] {
    return [...this.#byImpi.values()].flatMap((registration) =>
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
    for (const timer of this.#timers.values()) timer.stop();
    this.#timers.clear();
    this.#listeners.clear();
  }

  #forget(impi: string): void {
    this.#timers.get(impi)?.stop();
    this.#timers.delete(impi);
    for (const { key } of this.#byImpi.get(impi)?.profile.identities ?? []) {
      const impis = this.#impisByImpu.get(key);
      impis?.delete(impi);
      if (impis?.size === 0) this.#impisByImpu.delete(key);
    }
    this.#byImpi.delete(impi);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Whole seconds that a contact stays registered, never below 0. */
export function remainingS(binding: Binding, nowMs: number): number {
  return Math.max(0, Math.round((binding.expiresAtMs - nowMs) / 1000));
}
