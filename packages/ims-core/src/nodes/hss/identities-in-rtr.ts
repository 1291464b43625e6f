import type { StoredSubscriber } from '../../ports/subscriber-store.ts';

/**
 * The public identities that an RTR names. None would mean all of the private identity as well, but the S-CSCF of Kamailio 5.6
 * answers only a request that names some; barred ones were never registered alone.
 * @see TS 29.228 §6.1.3
 */
export function identitiesInRtr({ identities }: StoredSubscriber): readonly string[] {
  return identities.filter(({ barred }) => !barred).map(({ uri }) => uri);
}
