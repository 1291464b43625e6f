import type { ServerAssignmentAnswer, ServerCapabilities } from '../../ports/cx-client.ts';
import type { Random } from '../../ports/random.ts';
import type { RegistrationUpdate, StoredSubscriber, SubscriberStore } from '../../ports/subscriber-store.ts';
import type { AuthenticationVector } from '../../protocols/auth/vector.ts';
import { canonicalIdentity, sameUri } from '../../protocols/sip/uri.ts';
import type { Reassignments } from './reassignments.ts';
import type { Takeovers } from './takeovers.ts';

/** What the HSS works with, and the operator's policy. */
export interface HssContext {
  readonly store: SubscriberStore;
  readonly random: Random;
  /** Told to the I-CSCF that has to choose an S-CSCF; absent: any S-CSCF will do. */
  readonly serverCapabilities?: ServerCapabilities;
  /** Networks in which our users may register, in any case of letters; absent: everywhere. */
  readonly visitedNetworks?: readonly string[];
  /** Told to the S-CSCF at each assignment. */
  readonly chargingInformation?: NonNullable<ServerAssignmentAnswer['chargingInformation']>;
  /** Whether an S-CSCF that asks to keep a de-registered user may; true when absent. */
  readonly keepsServerName?: boolean;
  /** Another RAND is taken until the vector is accepted; absent: every vector is. */
  readonly acceptVector?: (vector: AuthenticationVector) => boolean;
}

/** What the procedures that may move a user to another S-CSCF work with. */
export interface HssWithTakeovers extends HssContext {
  readonly takeovers: Takeovers;
  readonly reassignments: Reassignments;
}

/** The state of a subscription that nobody serves. */
export const NOBODY: RegistrationUpdate = { state: 'NOT_REGISTERED', serverName: '', authPending: false };

/** The subscriber that both identities belong to, or why there is none. @see TS 29.228 §6.1.1.1, §6.1.2.1, §6.3.1 steps 1 and 2 */
export type IdentityCheck =
  | { readonly kind: 'match'; readonly subscriber: StoredSubscriber }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'mismatch' };

/** Looks up an IMPI and an IMPU that a request names together. A PSI is no user's: nobody registers it. */
export async function checkIdentities(store: SubscriberStore, impi: string, impu: string): Promise<IdentityCheck> {
  const [ofPrivate, ofPublic] = [await store.byImpi(impi), await findByPublicIdentity(store, impu)];
  if (ofPrivate === undefined || ofPublic === undefined || isService(ofPublic)) return { kind: 'unknown' };
  if (ofPrivate.imsi !== ofPublic.imsi) return { kind: 'mismatch' };
  return { kind: 'match', subscriber: ofPrivate };
}

/** Looks up an IMPU in any of its spellings; nearly all come as they are stored, and those need not be parsed. */
export async function findByPublicIdentity(
  store: SubscriberStore,
  impu: string,
): Promise<StoredSubscriber | undefined> {
  const found = await store.byImpu(impu);
  if (found !== undefined) return found;
  const canonical = canonicalIdentity(impu);
  return canonical === undefined || canonical === impu ? undefined : store.byImpu(canonical);
}

/** Whether two Server-Names are of one S-CSCF; nearly always they are the same text, which need not be parsed. @see TS 29.229 §6.3.3 */
export function sameServerName(one: string, other: string): boolean {
  return one === other || sameUri(one, other);
}

/** Whether the subscription is of a service: it has PSIs and nothing to authenticate with. @see TS 23.228 §5.4.12 */
export function isService({ authenticationScheme }: StoredSubscriber): boolean {
  return authenticationScheme === 'none';
}

/** Server-Capabilities for an I-CSCF that has to choose; left out when nothing is asked of an S-CSCF. @see TS 29.228 §6.7 */
export function capabilitiesOf({ serverCapabilities }: HssContext): { serverCapabilities?: ServerCapabilities } {
  if (serverCapabilities === undefined) return {};
  const { mandatory, optional, serverNames } = serverCapabilities;
  return mandatory.length + optional.length + serverNames.length === 0 ? {} : { serverCapabilities };
}
