import type { ServiceSettings } from '../api/lab-api.ts';

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

/** The service data with which an operator, or the user, changes them. Every promise that resolves is durable. */
export interface ServiceSettingsStore extends ServiceSettingsSource {
  /** `NO_SERVICES` when nothing was set; undefined when there is no such subscriber. */
  ofSubscriber(imsi: string): Promise<ServiceSettings | undefined>;
  set(imsi: string, settings: ServiceSettings): Promise<void>;
}
