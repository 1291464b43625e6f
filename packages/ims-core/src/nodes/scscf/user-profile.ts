import type { ImsSubscription, PublicIdentity } from '../../ports/service-profile.ts';
import { detached } from '../../protocols/sip/detached.ts';
import { canonicalIdentity } from '../../protocols/sip/uri.ts';
import type { Services, SharedServices } from './shared-services.ts';

/** A public identity of the implicit registration set that is served here. */
export interface ServedIdentity {
  /** As the HSS spells it. */
  readonly uri: string;
  /** Canonical form, the key of every look-up. */
  readonly key: string;
  /** May register, but neither call nor be called. */
  readonly barred: boolean;
  readonly aliasGroup: string | undefined;
  /** Of the service profile that it belongs to. */
  readonly services: Services;
}

/** What the S-CSCF knows of a user from the HSS. @see TS 29.228 Annex B */
export interface UserProfile {
  /** IMPI. */
  readonly privateId: string;
  /** One entry a service profile. */
  readonly services: readonly Services[];
  /** The implicit registration set, in the order of the HSS. */
  readonly identities: readonly ServedIdentity[];
}

export function userProfile({ privateId, serviceProfiles }: ImsSubscription, shared: SharedServices): UserProfile {
  const services = serviceProfiles.map((profile) => shared.of(profile));
  const identities = serviceProfiles.map(({ publicIdentities }, at) =>
    publicIdentities.map((identity) => servedAs(identity, services[at] ?? NO_SERVICES)),
  );
  return { privateId: detached(privateId), services, identities: NO_IDENTITIES.concat(...identities) };
}

const NO_SERVICES: Services = { initialFilterCriteria: [] };
const NO_IDENTITIES: readonly ServedIdentity[] = [];

function servedAs({ identity, barred, aliasGroup }: PublicIdentity, services: Services): ServedIdentity {
  const uri = detached(identity);
  const key = canonicalIdentity(uri) ?? uri;
  return {
    uri,
    key: key === uri ? uri : detached(key),
    barred,
    aliasGroup: aliasGroup && detached(aliasGroup),
    services,
  };
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
