import type { CauseHolder } from '../../ports/trace-sink.ts';
import type { Refusal, ScscfContext } from './context.ts';
import type { Registration } from './registrations.ts';
import { unregisteredProfile } from './unregistered.ts';
import { type ServedIdentity, servedIdentity, type UserProfile } from './user-profile.ts';

/** The user whose services a request meets here, as known at this moment. */
export interface ServedUser {
  readonly identity: ServedIdentity;
  readonly profile: UserProfile;
  /** Of all private identities that share the identity; none: the user is not registered. */
  readonly registrations: readonly Registration[];
}

export type ServedUserResult =
  | { readonly ok: true; readonly value: ServedUser }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * Finds the user with this public identity; of one who is not registered the HSS gives the profile.
 * @param impu in canonical form
 * @see TS 24.229 5.4.3.2 step 1, 5.4.3.3 step 2
 */
export async function findServedUser(
  context: ScscfContext,
  impu: string,
  cause: CauseHolder,
): Promise<ServedUserResult> {
  const registrations = context.registrations.serving(impu);
  const registered = registrations[0]?.profile;
  const found =
    registered === undefined
      ? await unregisteredProfile(context, impu, cause)
      : ({ ok: true, profile: registered } as const);
  if (!found.ok) return found;
  const identity = servedIdentity(found.profile, impu);
  return identity === undefined
    ? {
        ok: false,
        refusal: { status: 404, options: { why: 'the profile does not hold the identity (TS 24.229 5.4.3.3)' } },
      }
    : { ok: true, value: { identity, profile: found.profile, registrations } };
}
