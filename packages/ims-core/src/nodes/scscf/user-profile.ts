import type { ImsSubscription, ServiceProfile } from '../../ports/service-profile.ts';
import { detached } from '../../protocols/sip/detached.ts';
import { canonicalIdentity } from '../../protocols/sip/uri.ts';

/** A public identity of the implicit registration set that is served here. */
export interface ServedIdentity {
  /** As the HSS spells it. */
  readonly uri: string;
  /** Canonical form, the key of every look-up. */
  readonly key: string;
  /** May register, but neither call nor be called. */
  readonly barred: boolean;
  readonly aliasGroup: string | undefined;
  /** The one it belongs to: its services. */
  readonly serviceProfile: ServiceProfile;
}

/** What the S-CSCF knows of a user from the HSS. @see TS 29.228 Annex B */
export interface UserProfile {
  readonly subscription: ImsSubscription;
  /** The implicit registration set, in the order of the HSS. */
  readonly identities: readonly ServedIdentity[];
}

export function userProfile(read: ImsSubscription): UserProfile {
  const subscription = detached(read);
  const identities = subscription.serviceProfiles.flatMap((serviceProfile) =>
    serviceProfile.publicIdentities.map(({ identity, barred, aliasGroup }) => ({
      uri: identity,
      key: canonicalIdentity(identity) ?? identity,
      barred,
      aliasGroup,
      serviceProfile,
    })),
  );
  return { subscription, identities };
}

/** The identity of the set with this canonical form. */
export function servedIdentity(profile: UserProfile, key: string): ServedIdentity | undefined {
  return profile.identities.find((identity) => identity.key === key);
}

/** Those that may be told to the UE; the first is the default public user identity. @see TS 29.228 §6.5.1.1 */
export function associatedIdentities(profile: UserProfile): readonly ServedIdentity[] {
  return profile.identities.filter((identity) => !identity.barred);
}

/** The tel URI of the same alias group for a SIP URI, and the other way round. @see TS 24.229 5.4.3.2, 5.4.3.3 */
export function aliasOf(profile: UserProfile, identity: ServedIdentity): ServedIdentity | undefined {
  if (identity.aliasGroup === undefined) return undefined;
  const isTel = (one: ServedIdentity): boolean => one.key.startsWith('tel:');
  return associatedIdentities(profile).find(
    (other) => other.aliasGroup === identity.aliasGroup && isTel(other) !== isTel(identity),
  );
}
