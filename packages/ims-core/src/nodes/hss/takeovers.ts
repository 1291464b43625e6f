import { type CxPush, DeregistrationReason } from '../../ports/cx-push.ts';
import type { StoredSubscriber } from '../../ports/subscriber-store.ts';
import { sameServerName } from './context.ts';
import { identitiesInRtr } from './identities-in-rtr.ts';

/**
 * Registered users whom another S-CSCF challenges. When it registers the user, the one that lost the user is told so that it
 * forgets: the UE hears nothing of it. Kept in memory alone, like the challenge.
 * @see TS 29.228 §6.1.3, TS 29.229 §6.3.17 NEW_SERVER_ASSIGNED
 */
export class Takeovers {
  readonly #losing = new Map<string, string>();
  #push: CxPush | undefined;

  /** From now on there is a way to the S-CSCFs. */
  connect(push: CxPush): void {
    this.#push = push;
  }

  /** MAR of another S-CSCF than the one that serves the registered user. */
  begin({ imsi, serverName }: StoredSubscriber): void {
    if (serverName !== '' && !this.#losing.has(imsi)) this.#losing.set(imsi, serverName);
  }

  /** The S-CSCF of this name registered the user. What the other one answers changes nothing. */
  end(subscriber: StoredSubscriber, serverName: string): void {
    const { imsi, impi } = subscriber;
    const losing = this.#losing.get(imsi);
    this.#losing.delete(imsi);
    if (losing === undefined || sameServerName(losing, serverName)) return;
    const publicIdentities = identitiesInRtr(subscriber);
    const request = { userName: impi, publicIdentities, reason: DeregistrationReason.NEW_SERVER_ASSIGNED };
    void this.#push?.registrationTermination(losing, request, { cause: null });
  }

  /** The user is registered nowhere any more. */
  forget(imsi: string): void {
    this.#losing.delete(imsi);
  }
}
