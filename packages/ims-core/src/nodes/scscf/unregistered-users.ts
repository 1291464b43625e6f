import type { Clock, Timer } from '../../ports/clock.ts';
import { MAX_UNREGISTERED_USERS, UNREGISTERED_USER_LIFETIME_MS } from './config.ts';
import type { UserProfile } from './user-profile.ts';

/** Profiles of users who are served here without being registered. @see TS 24.229 5.4.3.3, TS 29.228 §6.1.2.1 */
export class UnregisteredUsers {
  readonly #clock: Clock;
  readonly #due: (profile: UserProfile) => void;
  readonly #byImpi = new Map<string, { readonly profile: UserProfile; readonly timer: Timer }>();
  readonly #impiByImpu = new Map<string, string>();

  /** @param due called when a profile was held long enough, or has to make room; it is forgotten by then. */
  constructor(clock: Clock, due: (profile: UserProfile) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  /** @param impu in canonical form */
  profileOf(impu: string): UserProfile | undefined {
    return this.#byImpi.get(this.#impiByImpu.get(impu) ?? '')?.profile;
  }

  byImpi(impi: string): UserProfile | undefined {
    return this.#byImpi.get(impi)?.profile;
  }

  /** Keeps a profile, in place of an older one of the same user. */
  hold(profile: UserProfile): void {
    const impi = profile.privateId;
    this.forget(impi);
    const [oldest] = this.#byImpi.values();
    if (oldest !== undefined && this.#byImpi.size >= MAX_UNREGISTERED_USERS) this.#end(oldest.profile);
    const timer = this.#clock.after(UNREGISTERED_USER_LIFETIME_MS, () => this.#end(profile));
    this.#byImpi.set(impi, { profile, timer });
    for (const { key } of profile.identities) this.#impiByImpu.set(key, impi);
  }

  /** The user has registered, or the HSS took the user away. */
  forget(impi: string): void {
    const held = this.#byImpi.get(impi);
    if (held === undefined) return;
    held.timer.stop();
    this.#byImpi.delete(impi);
    for (const { key } of held.profile.identities) this.#impiByImpu.delete(key);
  }

  close(): void {
    for (const { timer } of this.#byImpi.values()) timer.stop();
  }

  #end(profile: UserProfile): void {
    this.forget(profile.privateId);
    this.#due(profile);
  }
}
