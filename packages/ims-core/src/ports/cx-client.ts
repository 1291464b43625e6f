import type { CxPushHandlers } from './cx-push.ts';
import type { CauseHolder } from './trace-sink.ts';

/** Result-Code (vendor 0) or Experimental-Result (vendor 10415, TS 29.229 §6.2): the numbers of both overlap, so they are always kept together. */
export interface CxResult {
  readonly vendor: number;
  readonly code: number;
}

/** AVPs of User-Authorization-Request. @see TS 29.229 §6.1.1 */
export interface UserAuthorizationRequest {
  /** IMPI. */
  readonly userName: string;
  /** IMPU in canonical form. */
  readonly publicIdentity: string;
  readonly visitedNetworkIdentifier: string;
  /** 0 REGISTRATION (default), 1 DE_REGISTRATION, 2 REGISTRATION_AND_CAPABILITIES. */
  readonly userAuthorizationType?: 0 | 1 | 2;
}

export interface ServerCapabilities {
  readonly mandatory: readonly number[];
  readonly optional: readonly number[];
  readonly serverNames: readonly string[];
}

/** AVPs of User-Authorization-Answer. @see TS 29.229 §6.1.2 */
export interface UserAuthorizationAnswer {
  readonly result: CxResult;
  /** SIP URI of the S-CSCF. */
  readonly serverName?: string;
  readonly serverCapabilities?: ServerCapabilities;
}

/** AVPs of Location-Info-Request. @see TS 29.229 §6.1.5 */
export interface LocationInfoRequest {
  readonly publicIdentity: string;
  /** True: Originating-Request 0 is sent. */
  readonly originatingRequest?: boolean;
  readonly userAuthorizationType?: 0 | 1 | 2;
}

/** AVPs of Location-Info-Answer. @see TS 29.229 §6.1.6 */
export interface LocationInfoAnswer {
  readonly result: CxResult;
  readonly serverName?: string;
  readonly serverCapabilities?: ServerCapabilities;
}

/** AVPs of Multimedia-Auth-Request. @see TS 29.229 §6.1.7 */
export interface MultimediaAuthRequest {
  readonly userName: string;
  readonly publicIdentity: string;
  readonly serverName: string;
  /** `Digest-AKAv1-MD5` (AKAv1 and AKAv2), `SIP Digest`, `Unknown`. */
  readonly authenticationScheme: string;
  /** How many vectors are asked for. */
  readonly numberAuthItems: number;
  /** RAND (16 octets) then AUTS (14 octets): the card asked for resynchronisation. */
  readonly resync?: { readonly rand: Uint8Array; readonly auts: Uint8Array };
}

/** One authentication vector of IMS AKA. */
export interface AkaAuthDataItem {
  /** SIP-Item-Number, from 1. */
  readonly itemNumber: number;
  readonly authenticationScheme: 'Digest-AKAv1-MD5';
  /** RAND (16) then AUTN (16). */
  readonly authenticate: Uint8Array;
  /** XRES, 4 to 16 octets. */
  readonly authorization: Uint8Array;
  readonly confidentialityKey?: Uint8Array;
  readonly integrityKey?: Uint8Array;
}

/** What the S-CSCF needs to challenge a user with a password; it makes the nonce itself. @see TS 33.203 Annex N, TS 29.229 §6.3.36 */
export interface DigestAuthDataItem {
  readonly itemNumber: number;
  readonly authenticationScheme: 'SIP Digest';
  readonly digest: {
    readonly realm: string;
    readonly algorithm: 'MD5' | 'SHA-256';
    readonly qop: 'auth';
    /** H(A1) in lower-case hex: as secret as the password. */
    readonly ha1: string;
  };
}

/** One item of an MAA; its scheme says of which kind. @see TS 29.229 §6.3.13 */
export type SipAuthDataItem = AkaAuthDataItem | DigestAuthDataItem;

/** AVPs of Multimedia-Auth-Answer. @see TS 29.229 §6.1.8 */
export interface MultimediaAuthAnswer {
  readonly result: CxResult;
  readonly userName?: string;
  readonly publicIdentity?: string;
  readonly authDataItems: readonly SipAuthDataItem[];
}

/** Server-Assignment-Type. @see TS 29.229 §6.3.15 */
export const ServerAssignmentType = {
  NO_ASSIGNMENT: 0,
  REGISTRATION: 1,
  RE_REGISTRATION: 2,
  UNREGISTERED_USER: 3,
  TIMEOUT_DEREGISTRATION: 4,
  USER_DEREGISTRATION: 5,
  TIMEOUT_DEREGISTRATION_STORE_SERVER_NAME: 6,
  USER_DEREGISTRATION_STORE_SERVER_NAME: 7,
  ADMINISTRATIVE_DEREGISTRATION: 8,
  AUTHENTICATION_FAILURE: 9,
  AUTHENTICATION_TIMEOUT: 10,
  DEREGISTRATION_TOO_MUCH_DATA: 11,
} as const;
export type ServerAssignmentType = (typeof ServerAssignmentType)[keyof typeof ServerAssignmentType];

/** AVPs of Server-Assignment-Request. @see TS 29.229 §6.1.3 */
export interface ServerAssignmentRequest {
  readonly userName?: string;
  readonly publicIdentities: readonly string[];
  readonly serverName: string;
  readonly serverAssignmentType: ServerAssignmentType;
  /** True: the S-CSCF holds the profile, the HSS need not send User-Data. */
  readonly userDataAlreadyAvailable: boolean;
}

/** AVPs of Server-Assignment-Answer. @see TS 29.229 §6.1.4 */
export interface ServerAssignmentAnswer {
  readonly result: CxResult;
  readonly userName?: string;
  /** The IMSSubscription XML, as it came. @see TS 29.228 Annex B */
  readonly userData?: string;
  readonly chargingInformation?: { readonly primaryCcf?: string; readonly primaryEcf?: string };
  readonly serverName?: string;
}

/** Why there is no answer to read. */
export type CxFailure = 'timeout' | 'peer-down' | 'overloaded' | 'malformed';

export type CxOutcome<Answer> =
  | { readonly ok: true; readonly answer: Answer }
  | { readonly ok: false; readonly failure: CxFailure; readonly text: string };

/**
 * Cx as the CSCFs use it. No call rejects: an HSS that is away is an outcome that each procedure maps to SIP itself.
 * When an answer arrives, `cause.cause` becomes the answer's trace number, so that what is sent next is shown as its effect.
 * @see TS 29.228 §6
 */
export interface CxClient {
  userAuthorization(request: UserAuthorizationRequest, cause: CauseHolder): Promise<CxOutcome<UserAuthorizationAnswer>>;
  locationInfo(request: LocationInfoRequest, cause: CauseHolder): Promise<CxOutcome<LocationInfoAnswer>>;
  multimediaAuth(request: MultimediaAuthRequest, cause: CauseHolder): Promise<CxOutcome<MultimediaAuthAnswer>>;
  serverAssignment(request: ServerAssignmentRequest, cause: CauseHolder): Promise<CxOutcome<ServerAssignmentAnswer>>;
  /** From now on these answer what the HSS asks of its own accord; before, it is refused. @see TS 29.228 §6.1.3, §6.2 */
  serve(handlers: CxPushHandlers): void;
}
