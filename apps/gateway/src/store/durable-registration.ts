import type { StoredSubscriber } from '@imslab/ims-core/ports/subscriber-store';
import type { Tables } from './schema.ts';

/** The part of a registration that outlives the process. */
export type DurableRegistration = Pick<Tables['subscriber'], 'state' | 'server_name'>;

/**
 * What goes to disk of a subscriber. A challenge under way does not: it ends with the process that made it, and with it the
 * S-CSCF that a user without a registration has only for the challenge.
 */
export function durableRegistration({ state, serverName, authPending }: StoredSubscriber): DurableRegistration {
  const isOnlyChallenged = state === 'NOT_REGISTERED' && authPending;
  return { state, server_name: isOnlyChallenged ? '' : serverName };
}

export function sameRegistration(a: DurableRegistration, b: DurableRegistration): boolean {
  return a.state === b.state && a.server_name === b.server_name;
}
