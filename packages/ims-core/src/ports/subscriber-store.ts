/** State of a public identity at the HSS; the whole implicit registration set moves together. @see TS 29.228 §6 */
export type ImsUserState = 'NOT_REGISTERED' | 'REGISTERED' | 'UNREGISTERED';

/** What the HSS keeps of one IMPU. */
export interface StoredPublicIdentity {
  /** Canonical form: `sip:+15550001001@<domain>`, `tel:+15550001001`. */
  readonly uri: string;
  readonly barred: boolean;
  readonly displayName: string;
}

/** One IMS subscription of the lab: one IMPI, one implicit registration set. @see TS 23.228 §4.3.3 */
export interface StoredSubscriber {
  /** 15 digits; the key of the subscription. */
  readonly imsi: string;
  readonly impi: string;
  /** As people read it: `Alice`. */
  readonly name: string;
  /** In order: the first that is not barred is the default public user identity. */
  readonly identities: readonly StoredPublicIdentity[];
  readonly state: ImsUserState;
  /** S-CSCF that serves the subscription; empty when none. */
  readonly serverName: string;
  /** A challenge is under way (MAR answered, SAR not yet seen). */
  readonly authPending: boolean;
}

/** The secret part of a subscription: only the authentication centre and the SIM claim read it. */
export interface StoredCredentials {
  /** 16 octets. */
  readonly k: Uint8Array;
  /** 16 octets. */
  readonly opc: Uint8Array;
  /** 2 octets. */
  readonly amf: Uint8Array;
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
