/** Where calls of a user go that are not to reach the user; targets are SIP or tel URIs. @see TS 24.604 4.9.1 */
export interface ForwardingSettings {
  readonly unconditional?: string;
  readonly busy?: string;
  readonly noAnswer?: {
    readonly target: string;
    /** Seconds of ringing. */
    readonly afterS: number;
  };
  /** The user is not registered, or no device of the user can be reached. */
  readonly notReachable?: string;
}

/** The supplementary services of one subscriber. */
export interface ServiceSettings {
  readonly forwarding: ForwardingSettings;
  /** A caller hears a greeting while the user is not registered. */
  readonly greeting: boolean;
}

/** Of a subscriber who has set nothing. */
export const NO_SERVICES: ServiceSettings = { forwarding: {}, greeting: false };

/**
 * The service data that the application server reads.
 *
 * Deviation: TS 29.328 keeps them as RepositoryData at the HSS, read over Sh; here the server reads the lab's database itself.
 */
export interface ServiceSettingsSource {
  /** Settings of the user who has this public identity, in canonical form; undefined when nobody has it. */
  ofIdentity(uri: string): Promise<ServiceSettings | undefined>;
}
