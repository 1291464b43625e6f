import type { CxFailure } from '../../ports/cx-client.ts';
import type { CxPush, DeregistrationReason } from '../../ports/cx-push.ts';
import type { HssContext } from './context.ts';

/** Runs work on one subscription when the work before it is done. */
export type InTurn = <T>(imsi: string, work: () => Promise<T>) => Promise<T>;

/** What the operator's procedures work with. */
export interface AdministrationContext {
  readonly hss: HssContext;
  readonly push: CxPush;
  readonly inTurn: InTurn;
}

/**
 * How a procedure of the operator ended.
 * REGISTRATION_UNKNOWN: no S-CSCF serves the subscription. REASON_CONTRADICTS_STATE: the reason is for users in another state.
 * SCSCF_UNREACHABLE: there is no connection to the S-CSCF. SCSCF_NO_ANSWER: it said nothing that can be read.
 * SCSCF_REFUSED: it answered with an error.
 */
export type AdministrationOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: AdministrationFailure; readonly text: string };
export type AdministrationFailure =
  | 'REGISTRATION_UNKNOWN'
  | 'REASON_CONTRADICTS_STATE'
  | 'SCSCF_UNREACHABLE'
  | 'SCSCF_NO_ANSWER'
  | 'SCSCF_REFUSED';

/** What the operator does at the HSS that the S-CSCF must hear of. No call rejects but for a store that fails. */
export interface HssAdministration {
  /** Ends the registration of the subscription, or its service while unregistered. @see TS 29.228 §6.1.3 */
  deregister(imsi: string, reason: DeregistrationReason, info?: string): Promise<AdministrationOutcome>;
  /** Brings the stored profile to the S-CSCF that serves the subscription; nothing happens when none does. @see TS 29.228 §6.2 */
  profileChanged(imsi: string): Promise<AdministrationOutcome>;
}

/** Why a request of ours got no answer, as the operator is told. */
export function noAnswer(failure: CxFailure, text: string): AdministrationOutcome {
  const isUnsent = failure === 'peer-down' || failure === 'overloaded';
  return { ok: false, code: isUnsent ? 'SCSCF_UNREACHABLE' : 'SCSCF_NO_ANSWER', text };
}
