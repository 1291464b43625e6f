import type { CxOutcome, CxResult, ServerAssignmentAnswer } from './cx-client.ts';
import type { CauseHolder } from './trace-sink.ts';

/** Reason-Code of Deregistration-Reason. @see TS 29.229 §6.3.17 */
export const DeregistrationReason = {
  PERMANENT_TERMINATION: 0,
  NEW_SERVER_ASSIGNED: 1,
  SERVER_CHANGE: 2,
  REMOVE_S_CSCF: 3,
} as const;
export type DeregistrationReason = (typeof DeregistrationReason)[keyof typeof DeregistrationReason];

/** AVPs of Registration-Termination-Request. @see TS 29.229 §6.1.9 */
export interface RegistrationTerminationRequest {
  /** IMPI. */
  readonly userName: string;
  /** IMPUs in canonical form; none: all of the private identity. */
  readonly publicIdentities: readonly string[];
  readonly reason: DeregistrationReason;
  /** Reason-Info: words for people. */
  readonly reasonInfo?: string;
}

/** AVPs of Push-Profile-Request. @see TS 29.229 §6.1.11 */
export interface PushProfileRequest {
  /** IMPI. */
  readonly userName: string;
  /** The IMSSubscription XML. @see TS 29.228 Annex B */
  readonly userData?: string;
  readonly chargingInformation?: ServerAssignmentAnswer['chargingInformation'];
}

/** AVPs of Registration-Termination-Answer and Push-Profile-Answer that the lab uses. @see TS 29.229 §6.1.10, §6.1.12 */
export interface CxPushAnswer {
  readonly result: CxResult;
}

/** The S-CSCF as the HSS asks it: one function a request. A rejection is answered with 5012 UNABLE_TO_COMPLY. */
export interface CxPushHandlers {
  registrationTermination(request: RegistrationTerminationRequest, cause: CauseHolder): Promise<CxPushAnswer>;
  pushProfile(request: PushProfileRequest, cause: CauseHolder): Promise<CxPushAnswer>;
}

/**
 * Cx as the HSS uses it towards the S-CSCF that serves a user, named by its Server-Name. No call rejects.
 * @see TS 29.228 §6.1.3, §6.2
 */
export interface CxPush {
  registrationTermination(
    serverName: string,
    request: RegistrationTerminationRequest,
    cause: CauseHolder,
  ): Promise<CxOutcome<CxPushAnswer>>;
  pushProfile(serverName: string, request: PushProfileRequest, cause: CauseHolder): Promise<CxOutcome<CxPushAnswer>>;
}
