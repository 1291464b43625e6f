import type { CxResult } from '../../ports/cx-client.ts';
import type { CxPushAnswer, PushProfileRequest } from '../../ports/cx-push.ts';
import type { CauseHolder } from '../../ports/trace-sink.ts';
import { CxResults } from '../../protocols/cx/results.ts';
import { parseUserData } from '../../protocols/cx/user-data.ts';
import { note, type ScscfContext } from './context.ts';
import type { Registration } from './registrations.ts';
import { associatedIdentities, type UserProfile, userProfile } from './user-profile.ts';

/**
 * PPR: the HSS sends the profile or the charging functions of a user anew; from now on they serve. The UE learns the public identities that
 * came or went by the reg event package at once, and by P-Associated-URI when it registers again.
 * @see TS 29.228 §6.2, TS 24.229 5.4.2.1.2
 */
export function pushProfile(
  context: ScscfContext,
  request: PushProfileRequest,
  cause: CauseHolder,
): Promise<CxPushAnswer> {
  const { userName } = request;
  return context.inTurn.run(userName, async () => {
    const before = context.registrations.byImpi(userName);
    const held = before?.profile ?? context.unregisteredUsers.byImpi(userName);
    if (held === undefined) return { result: CxResults.ERROR_USER_UNKNOWN };

    // TS 29.228 §6.2.1: the whole profile of the set, or none of it.
    const replaced = request.userData === undefined ? undefined : newProfile(context, request.userData, held);
    if (replaced?.ok === false) {
      cause.cause = note(context, 'CX_USER_DATA_UNUSABLE', replaced.text, cause.cause);
      return { result: replaced.result };
    }
    if (before === undefined) {
      if (replaced === undefined) return { result: CxResults.SUCCESS };
      context.unregisteredUsers.hold(replaced.profile);
      const text = `${context.nameOf(userName)}, who is not registered, has a new profile (TS 29.228 §6.2.1)`;
      cause.cause = note(context, 'PROFILE_REPLACED', text, cause.cause);
      return { result: CxResults.SUCCESS };
    }
    const after: Registration = {
      ...before,
      profile: replaced?.profile ?? before.profile,
      chargingInformation: request.chargingInformation ?? before.chargingInformation,
    };
    context.registrations.set(after);
    const what = [
      ...(replaced === undefined ? [] : ['profile']),
      ...(request.chargingInformation === undefined ? [] : ['charging functions']),
    ].join(' and ');
    const text = `${context.nameOf(userName)} has a new ${what} (TS 29.228 §6.2.1)`;
    cause.cause = note(context, 'PROFILE_REPLACED', text, cause.cause);

    // TS 24.229 5.4.2.1.2: who watches is told which identities are registered now.
    if (identitiesOf(before.profile) !== identitiesOf(after.profile)) {
      context.regEvents.changed({ impi: userName, before, after, end: 'deactivated' }, cause.cause);
    }
    return { result: CxResults.SUCCESS };
  });
}

type NewProfile =
  | { readonly ok: true; readonly profile: UserProfile }
  | { readonly ok: false; readonly result: CxResult; readonly text: string };

/** The profile of a PPR, when it may take the place of the one that is held. @see TS 29.228 §6.2.1, §6.6.2 */
function newProfile({ sharedServices }: ScscfContext, userData: string, held: UserProfile): NewProfile {
  const parsed = parseUserData(userData);
  if (!parsed.ok) {
    const { code, element, text, reference } = parsed.error;
    const isTooLong = code === 'CX_USER_DATA_TOO_LONG';
    return {
      ok: false,
      result: isTooLong ? CxResults.ERROR_TOO_MUCH_DATA : CxResults.ERROR_NOT_SUPPORTED_USER_DATA,
      text: `${element}: ${text} (${reference})`,
    };
  }
  const profile = userProfile(parsed.value, sharedServices);
  const [defaultIdentity] = associatedIdentities(held);
  if (associatedIdentities(profile)[0]?.key !== defaultIdentity?.key) {
    const text = 'the default public identity of a registered set stays: only an RTR takes it away (TS 29.228 §6.2.1)';
    return { ok: false, result: CxResults.UNABLE_TO_COMPLY, text };
  }
  return { ok: true, profile };
}

function identitiesOf(profile: UserProfile): string {
  return JSON.stringify(associatedIdentities(profile).map(({ key }) => key));
}
