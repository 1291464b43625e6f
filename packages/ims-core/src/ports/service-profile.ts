/** What the HSS tells the S-CSCF about one subscription. @see TS 29.228 Annex B.2.1 */
export interface ImsSubscription {
  /** IMPI. */
  readonly privateId: string;
  /** At least one. */
  readonly serviceProfiles: readonly ServiceProfile[];
}

/** A set of public identities and the services they share. @see TS 29.228 Annex B.2.2 */
export interface ServiceProfile {
  /** In order, at least one; the first of the whole set that is not barred is the default public user identity. */
  readonly publicIdentities: readonly PublicIdentity[];
  readonly subscribedMediaProfileId?: number;
  readonly initialFilterCriteria: readonly InitialFilterCriterion[];
  readonly sharedIfcSetIds: readonly number[];
}

/** One IMPU. @see TS 29.228 Annex B.2.1A */
export interface PublicIdentity {
  /** SIP or tel URI as the HSS spells it. */
  readonly identity: string;
  /** Barred: may only be registered. */
  readonly barred: boolean;
  /** 0 distinct public user identity (the default), 1 distinct PSI, 2 wildcarded PSI, 3 non-distinct IMPU, 4 wildcarded IMPU. */
  readonly identityType: number;
  readonly displayName?: string;
  /** AliasIdentityGroupID: identities of one group are the same user with the same services. */
  readonly aliasGroup?: string;
}

/** One rule that may bring an application server into a session. @see TS 29.228 Annex B.2.2 */
export interface InitialFilterCriterion {
  /** Unique in the profile; the lowest number is evaluated first. */
  readonly priority: number;
  /** Absent: always fulfilled. */
  readonly triggerPoint?: TriggerPoint;
  readonly applicationServer: ApplicationServer;
  /** Absent: for registered and unregistered users. */
  readonly profilePart?: ProfilePart;
}

export type ProfilePart = 'REGISTERED' | 'UNREGISTERED';
export type DefaultHandling = 'SESSION_CONTINUED' | 'SESSION_TERMINATED';

/** @see TS 29.228 Annex B.2.2 */
export interface ApplicationServer {
  /** SIP URI. */
  readonly serverName: string;
  /** What to do when the server does not answer. */
  readonly defaultHandling: DefaultHandling;
  /** Handed to the server in the body of a third-party REGISTER. */
  readonly serviceInfo?: string;
  readonly includeRegisterRequest: boolean;
  readonly includeRegisterResponse: boolean;
}

/** A Boolean expression over service point triggers. @see TS 29.228 Annex C */
export interface TriggerPoint {
  /** True: AND over the groups, OR inside each. False: OR over the groups, AND inside each. */
  readonly conditionTypeCnf: boolean;
  readonly servicePointTriggers: readonly ServicePointTrigger[];
}

/** @see TS 29.228 Annex B.2.3 */
export interface ServicePointTrigger {
  readonly conditionNegated: boolean;
  /** At least one group number. */
  readonly groups: readonly number[];
  readonly condition: TriggerCondition;
}

/** Names of SessionCase by number. @see TS 29.228 Annex F */
export const sessionCases = [
  'ORIGINATING_REGISTERED',
  'TERMINATING_REGISTERED',
  'TERMINATING_UNREGISTERED',
  'ORIGINATING_UNREGISTERED',
  'ORIGINATING_CDIV',
] as const;
export type SessionCase = (typeof sessionCases)[number];

/** Names of RegistrationType by number. @see TS 29.228 Annex F */
export const registrationTypes = ['INITIAL_REGISTRATION', 'RE_REGISTRATION', 'DE_REGISTRATION'] as const;
export type RegistrationType = (typeof registrationTypes)[number];

/** What one trigger looks at; patterns are extended regular expressions. @see TS 29.228 Annex B.2.3 */
export type TriggerCondition =
  | { readonly kind: 'RequestURI'; readonly pattern: string }
  | {
      readonly kind: 'Method';
      readonly method: string;
      /** For REGISTER only; none means all. */
      readonly registrationTypes: readonly RegistrationType[];
    }
  | { readonly kind: 'SIPHeader'; readonly header: string; readonly content?: string }
  | { readonly kind: 'SessionCase'; readonly sessionCase: SessionCase }
  | { readonly kind: 'SessionDescription'; readonly line: string; readonly content?: string };
