import type { PublicIdentity } from '../../ports/service-profile.ts';
import type { StoredPublicIdentity, StoredSubscriber } from '../../ports/subscriber-store.ts';
import { buildUserData } from '../../protocols/cx/user-data.ts';

/** The User-Data of a subscription: one service profile with the whole implicit registration set. @see TS 29.228 §6.5, Annex B */
export function userDataOf(subscriber: StoredSubscriber): string {
  const groups = aliasGroups(subscriber.identities);
  const publicIdentities = subscriber.identities.map(({ uri, barred, displayName, identityType }): PublicIdentity => {
    const aliasGroup = groups.get(uri);
    return {
      identity: uri,
      barred,
      identityType,
      ...(displayName !== '' && { displayName }),
      ...(aliasGroup !== undefined && { aliasGroup }),
    };
  });
  return buildUserData({
    privateId: subscriber.impi,
    serviceProfiles: [
      { publicIdentities, initialFilterCriteria: subscriber.initialFilterCriteria, sharedIfcSetIds: [] },
    ],
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
