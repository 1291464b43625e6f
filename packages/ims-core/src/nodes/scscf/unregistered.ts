import { ServerAssignmentType } from '../../ports/cx-client.ts';
import type { CauseHolder } from '../../ports/trace-sink.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { parseUserData } from '../../protocols/cx/user-data.ts';
import { hssUnavailable, note, type Refusal, type ScscfContext, serverAssignment } from './context.ts';
import { type UserProfile, userProfile } from './user-profile.ts';

export type UnregisteredProfile =
  | { readonly ok: true; readonly profile: UserProfile }
  | { readonly ok: false; readonly refusal: Refusal };

/**
 * The profile of a user who is not registered here, held from before or from the HSS, which remembers that this box serves the user now.
 * @param impu in canonical form
 * @see TS 24.229 5.4.3.3 step 2, TS 29.228 §6.1.2.1
 */
export async function unregisteredProfile(
  context: ScscfContext,
  impu: string,
  cause: CauseHolder,
): Promise<UnregisteredProfile> {
  const held = context.unregisteredUsers.profileOf(impu);
  if (held !== undefined) return { ok: true, profile: held };

  const outcome = await serverAssignment(context, { impu }, ServerAssignmentType.UNREGISTERED_USER, cause);
  if (!outcome.ok) return { ok: false, refusal: hssUnavailable(`no SAA: ${outcome.text}`) };
  const { result, userData } = outcome.answer;
  const key = cxResultKey(result);
  if (key === '10415/5001') return refused(404, 'nobody has this identity: DIAMETER_ERROR_USER_UNKNOWN');
  // A user whom another S-CSCF serves by now (5005) is refused, too: the next LIR leads there (TS 24.229 5.4.3.3).
  if (key !== '2001') return refused(480, `the HSS gives no profile of the user: result ${key}`);
  const parsed = parseUserData(userData ?? '');
  if (!parsed.ok) {
    const { element, text, reference } = parsed.error;
    cause.cause = note(context, 'CX_USER_DATA_UNUSABLE', `${element}: ${text} (${reference})`, cause.cause);
    return { ok: false, refusal: hssUnavailable('the user profile of the SAA cannot be read') };
  }
  const profile = userProfile(parsed.value, context.sharedServices);
  context.unregisteredUsers.hold(profile);
  return { ok: true, profile };
}

function refused(status: number, why: string): UnregisteredProfile {
  return { ok: false, refusal: { status, options: { why: `${why} (TS 24.229 5.4.3.3)` } } };
}

/**
 * The profile of an unregistered user was held long enough: the HSS may choose another S-CSCF next time. Nothing is said of a user who has
 * registered meanwhile.
 * @see TS 29.228 §6.1.2.1
 */
export function releaseUnregistered(context: ScscfContext, profile: UserProfile): Promise<void> {
  const impi = profile.privateId;
  return context.inTurn.run(impi, async () => {
    const [identity] = profile.identities;
    if (identity === undefined || context.registrations.byImpi(impi) !== undefined) return;
    const text = `${context.nameOf(impi)} was not called for a while: the services of the unregistered user end (TS 29.228 §6.1.2.1)`;
    const cause = { cause: note(context, 'UNREGISTERED_USER_RELEASED', text, null) };
    await serverAssignment(context, { impi, impu: identity.key }, ServerAssignmentType.TIMEOUT_DEREGISTRATION, cause);
  });
}
