import type { InitialFilterCriterion } from './service-profile.ts';

/** State of a public identity at the HSS; the whole implicit registration set moves together. @see TS 29.228 §6 */
export type ImsUserState = 'NOT_REGISTERED' | 'REGISTERED' | 'UNREGISTERED';

/** What the HSS keeps of one IMPU. */
export interface StoredPublicIdentity {
  /** Canonical form: `sip:+15550001001@<domain>`, `tel:+15550001001`. */
  readonly uri: string;
  readonly barred: boolean;
  readonly displayName: string;
  /** 0 distinct public user identity, 1 distinct public service identity (PSI). @see TS 29.228 Annex B.2.1A */
  readonly identityType: 0 | 1;
}

/** How a subscription is authenticated, in the words of SIP-Authentication-Scheme; `none`: a service, which never registers. @see TS 29.229 §6.3.9 */
export type AuthenticationScheme = 'Digest-AKAv1-MD5' | 'SIP Digest' | 'none';

/** One IMS subscription of the lab: one IMPI, one implicit registration set; or one service with its PSIs. @see TS 23.228 §4.3.3, §5.4.12 */
export interface StoredSubscriber {
  /** 15 digits; the key of the subscription. A service has a number of this form too, but no card. */
  readonly imsi: string;
  /** Of a service: its private service identity. */
  readonly impi: string;
  /** As people read it: `Alice`. */
  readonly name: string;
  /** In order: the first that is not barred is the default public user identity. */
  readonly identities: readonly StoredPublicIdentity[];
  readonly authenticationScheme: AuthenticationScheme;
  /** The services of the whole set. @see TS 23.218 §5.2 */
  readonly initialFilterCriteria: readonly InitialFilterCriterion[];
  readonly state: ImsUserState;
  /** S-CSCF that serves the subscription; empty when none. */
  readonly serverName: string;
  /** A challenge is under way (MAR answered, SAR not yet seen). */
  readonly authPending: boolean;
}

/** The secret part of a subscription with a card: only the authentication centre and the SIM claim read it. */
export interface StoredCredentials {
  /** 16 octets. */
  readonly k: Uint8Array;
  /** 16 octets. */
  readonly opc: Uint8Array;
  /** 2 octets. */
  readonly amf: Uint8Array;
}

/** The secret part of a subscription with a password: only the HSS and the S-CSCF that it tells read it. @see TS 33.203 Annex N */
export interface StoredDigestCredentials {
  readonly realm: string;
  readonly algorithm: 'MD5' | 'SHA-256';
  /** H(A1) of the IMPI, the realm and the password, in lower-case hex. @see RFC 7616 §3.4.2 */
  readonly ha1: string;
}

/** A subscription with its secrets, as it is provisioned. */
export interface NewSubscription {
  readonly subscriber: StoredSubscriber;
  /** There when the scheme is `Digest-AKAv1-MD5`. */
  readonly credentials?: StoredCredentials;
  /** There when the scheme is `SIP Digest`. */
  readonly digestCredentials?: StoredDigestCredentials;
}

/** A subscription cannot be added: an IMSI, IMPI or IMPU of it is taken. */
export class SubscriptionConflict extends Error {
  readonly code = 'SUBSCRIBER_EXISTS';
  /** The identity that is taken. */
  readonly identity: string;

  constructor(identity: string) {
    super(`${identity} belongs to a subscription already`);
    this.name = 'SubscriptionConflict';
    this.identity = identity;
  }
}

export interface RegistrationUpdate {
  readonly state?: ImsUserState;
  readonly serverName?: string;
  readonly authPending?: boolean;
}

/** The HSS's memory. Every promise that resolves is durable; a rejected one changed nothing. */
export interface SubscriberStore {
  list(): Promise<readonly StoredSubscriber[]>;
  byImsi(imsi: string): Promise<StoredSubscriber | undefined>;
  byImpi(impi: string): Promise<StoredSubscriber | undefined>;
  /** Looks up the canonical form of an IMPU. */
  byImpu(uri: string): Promise<StoredSubscriber | undefined>;
  credentials(imsi: string): Promise<StoredCredentials | undefined>;
  digestCredentials(imsi: string): Promise<StoredDigestCredentials | undefined>;
  /** Adds all of them, or none: rejects with SubscriptionConflict. */
  add(subscriptions: readonly NewSubscription[]): Promise<void>;
  /** Forgets the subscription and its secrets. */
  remove(imsi: string): Promise<void>;
  setInitialFilterCriteria(imsi: string, criteria: readonly InitialFilterCriterion[]): Promise<void>;
  updateRegistration(imsi: string, update: RegistrationUpdate): Promise<void>;
  /**
   * The next SQN for a new vector: 48 bits, SEQ and IND both one further than the last (TS 33.102 Annex C).
   * Durable before it is returned, or reserved so that it is never handed out again, whatever kills the process.
   */
  nextSqn(imsi: string): Promise<bigint>;
  /** After a resynchronisation with a verified MAC-S: vectors go on from the card's SQN. */
  resetSqn(imsi: string, sqnMs: bigint): Promise<void>;
  close(): Promise<void>;
}
