import type { InitialFilterCriterion, PublicIdentity } from '../../ports/service-profile.ts';
import type { StoredPublicIdentity, StoredSubscriber } from '../../ports/subscriber-store.ts';
import { buildUserData } from '../../protocols/cx/user-data.ts';

/** Identity type of TS 29.228 Annex F: a public user identity that is no wildcard. */
const DISTINCT_PUBLIC_USER_IDENTITY = 0;

/** The User-Data of a subscription: one service profile with the whole implicit registration set. @see TS 29.228 §6.5, Annex B */
export function userDataOf(
  subscriber: StoredSubscriber,
  initialFilterCriteria: readonly InitialFilterCriterion[],
): string {
  const groups = aliasGroups(subscriber.identities);
  const publicIdentities = subscriber.identities.map(({ uri, barred, displayName }): PublicIdentity => {
    const aliasGroup = groups.get(uri);
    return {
      identity: uri,
      barred,
      identityType: DISTINCT_PUBLIC_USER_IDENTITY,
      ...(displayName !== '' && { displayName }),
      ...(aliasGroup !== undefined && { aliasGroup }),
    };
  });
  return buildUserData({
    privateId: subscriber.impi,
    serviceProfiles: [{ publicIdentities, initialFilterCriteria, sharedIfcSetIds: [] }],
  });
}

/** A tel URI and the SIP URI of the same number are one alias group. @see TS 23.228 §4.3.3.4 */
function aliasGroups(identities: readonly StoredPublicIdentity[]): ReadonlyMap<string, string> {
  const numbers = identities.filter(({ uri }) => uri.startsWith('tel:')).map(({ uri }) => uri.slice('tel:'.length));
  const uris = identities.map(({ uri }) => uri);
  return new Map(
    numbers.flatMap((number, index) =>
      uris
        .filter((uri) => uri === `tel:${number}` || uri.startsWith(`sip:${number}@`))
        .map((uri): [string, string] => [uri, String(index + 1)]),
    ),
  );
}
