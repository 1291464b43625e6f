import { ServerAssignmentType } from '../../ports/cx-client.ts';
import type { CauseHolder } from '../../ports/trace-sink.ts';
import { note, type ScscfContext, serverAssignment } from './context.ts';
import { type ContactEnd, registrationChanged } from './registration-change.ts';

/** Who ends a registration, and why. */
export type NetworkDeregistration =
  | 'permanent termination' // RTR 0: the subscription is over
  | 'new server assigned' // RTR 1: another S-CSCF serves the user by now
  | 'server change' // RTR 2: the user shall register anew and get another S-CSCF
  | 'S-CSCF removed' // RTR 3: the HSS takes this S-CSCF away from a user who is not to be served
  | 'operator' // somebody at this S-CSCF
  | 'application server failed'; // an AS without which the user is not to be served (SESSION_TERMINATED)

interface Rule {
  /** What the UE and its P-CSCF are told of the contacts; undefined: nothing. */
  readonly end: ContactEnd | undefined;
  /** The HSS does not know yet. */
  readonly tellHss: boolean;
  readonly text: string;
}

const rules: Readonly<Record<NetworkDeregistration, Rule>> = {
  'permanent termination': { end: 'rejected', tellHss: false, text: 'the HSS ended the subscription' },
  'new server assigned': { end: undefined, tellHss: false, text: 'another S-CSCF serves the user' },
  'server change': { end: 'deactivated', tellHss: false, text: 'the HSS wants another S-CSCF for the user' },
  'S-CSCF removed': { end: undefined, tellHss: false, text: 'the HSS took this S-CSCF away from the user' },
  operator: { end: 'deactivated', tellHss: true, text: 'the operator ended the registration' },
  'application server failed': { end: 'probation', tellHss: true, text: 'an application server is needed and fails' },
};

/** When a UE may register again of which a needed application server failed. */
export const PROBATION_RETRY_AFTER_S = 30;

/**
 * The network ends the registration of a user: the UE is not asked, but told by the reg event package, as is its P-CSCF, which then ends the
 * user's calls. False when the user is not registered here.
 * Waits for its turn among the procedures of the user: a procedure of the same user must not await it.
 *
 * Deviation: TS 24.229 5.4.1.5 has the S-CSCF release the user's dialogs itself; this one stores no dialogs, the P-CSCF releases them when it is told.
 * @param info words for people about the reason, for the ladder
 * @see TS 24.229 5.4.1.5
 */
export function deregisterByNetwork(
  context: ScscfContext,
  impi: string,
  kind: NetworkDeregistration,
  cause: CauseHolder,
  info = '',
): Promise<boolean> {
  const { end, tellHss, text } = rules[kind];
  return context.inTurn.run(impi, async () => {
    const before = context.registrations.byImpi(impi);
    if (before === undefined) return false;

    // 5.4.1.5: the user is not served here from now on.
    context.registrations.delete(impi);
    const words = `${context.nameOf(impi)} is de-registered by the network: ${info === '' ? text : `${text} (${info})`}`;
    cause.cause = note(context, 'REGISTRATION_REMOVED', `${words} (TS 24.229 5.4.1.5)`, cause.cause);

    // 5.4.1.5: UE, P-CSCF and application servers learn of it, or nobody does.
    if (end === undefined) context.regEvents.drop(before);
    else {
      const retryAfter = end === 'probation' ? { retryAfterS: PROBATION_RETRY_AFTER_S } : {};
      registrationChanged(context, { impi, before, after: undefined, end, ...retryAfter }, { cause: cause.cause });
    }

    // 5.4.1.5: the HSS learns of what it did not ask for itself.
    const [registeredIdentity] = before.profile.identities;
    if (tellHss && registeredIdentity !== undefined) {
      const user = { impi, impu: registeredIdentity.key };
      await serverAssignment(context, user, ServerAssignmentType.ADMINISTRATIVE_DEREGISTRATION, cause);
    }
    return true;
  });
}
