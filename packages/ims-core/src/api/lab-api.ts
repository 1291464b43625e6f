/** Shapes of the lab's HTTP API and of its live feed, shared by the gateway and the page. All hex is lower case. */
import type { TraceEvent } from '../trace/event.ts';

/** RFC 9457 problem details; `code` is stable. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** GET /api/v1/subscribers: no secrets. */
export interface SubscriberView {
  readonly imsi: string;
  readonly impi: string;
  readonly name: string;
  /** `service`: a PSI that an application server hosts; nobody has its SIM. */
  readonly kind: 'user' | 'service';
  readonly authenticationScheme: 'Digest-AKAv1-MD5' | 'SIP Digest' | 'none';
  /** `+15550001001`; empty when it has none. */
  readonly number: string;
  readonly identities: readonly string[];
  readonly state: 'NOT_REGISTERED' | 'REGISTERED' | 'UNREGISTERED';
  readonly serverName: string;
  /** A tab holds the SIM. */
  readonly taken: boolean;
}

/**
 * POST /api/v1/subscribers, request: one of these or a list of up to 10 000, added all or none. 201 with their SubscriberViews.
 * Errors: 400 `SUBSCRIBER_INVALID`, 409 `SUBSCRIBER_EXISTS`.
 */
export interface NewSubscriberRequest {
  /** 15 digits. */
  readonly imsi: string;
  readonly name: string;
  /** `+15550001011`; absent: known by the IMSI alone. */
  readonly number?: string;
  /** A card: K with OPc or the operator's OP, each 16 octets in hex; AMF `8000` when absent. */
  readonly k?: string;
  readonly opc?: string;
  readonly op?: string;
  readonly amf?: string;
  /** In place of a card: SIP Digest. The user name is the IMPI, `<imsi>@<domain>`; the algorithm is MD5 when absent. */
  readonly digest?: { readonly password: string; readonly algorithm?: 'MD5' | 'SHA-256' };
}

/** POST /api/v1/sims/claim, request. Empty: the first free SIM. */
export interface SimClaimRequest {
  /** `?ue=`: a first name in any case, an IMSI or a number. */
  readonly ue?: string;
  /** The lease of this tab from sessionStorage, after a reload. Ignored when another live tab holds it (a copied tab). */
  readonly lease?: string;
  /** Takes the SIM from the tab that holds it; that tab is told. Needs `ue`. */
  readonly takeOver?: boolean;
}

/** What a SIM needs to be a phone. The only place where K and OPc leave the gateway. */
export interface SimCard {
  readonly imsi: string;
  readonly impi: string;
  /** First: default public user identity. */
  readonly impus: readonly string[];
  readonly name: string;
  readonly number: string;
  readonly domain: string;
  readonly k: string;
  readonly opc: string;
  readonly amf: string;
}

/**
 * 200 of the claim. Errors: 404 `SIM_UNKNOWN`, 409 `SIM_TAKEN` (with `nextFree`), 409 `SIM_NONE_FREE`.
 * The lease lives while the tab's feed socket (`/api/v1/trace/live?lease=...`) is open, and 10 s longer.
 */
export interface SimClaim {
  readonly lease: string;
  readonly sim: SimCard;
  /** SIP URI of the P-CSCF, for the Route of initial requests: `sip:pcscf.<domain>:5060;lr`. */
  readonly pcscf: string;
}

/** `nextFree` of the problem `SIM_TAKEN`: a SIM that could be had instead. */
export interface FreeSim {
  readonly imsi: string;
  readonly name: string;
}

/** GET /api/v1/registrations: as the S-CSCF holds them. */
export interface RegistrationView {
  readonly impi: string;
  readonly impus: readonly string[];
  readonly contact: string;
  readonly expiresInS: number;
  readonly serverName: string;
}

/** GET /api/v1/calls: as the P-CSCF passes hold them. */
export interface CallView {
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly state: 'early' | 'confirmed';
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** What the heads of the ladder's columns show live; sent on the feed when it changes. */
export interface LabState {
  readonly registeredUsers: number;
  readonly calls: number;
  /** Diameter peers open at the HSS. */
  readonly diameterPeers: number;
  readonly mediaTransports: number;
  readonly relay: 'up' | 'down';
  /** By key of their column. */
  readonly scscfs: readonly { readonly key: string; readonly running: boolean; readonly users: number }[];
  /** Registered UEs by IMSI. */
  readonly registered: readonly { readonly imsi: string; readonly name: string }[];
}

/**
 * The feed: `GET /api/v1/trace/live?after=<seq>&epoch=<epoch>[&lease=<lease>&imsi=<imsi>]`, a WebSocket that sends these as JSON text.
 * With a lease that the gateway does not know (it was restarted) and the IMSI of a free SIM, the lease is taken up again.
 * `epoch` names one life of the history (a restart or a clear begins a new one). With the epoch of before, the server goes on after
 * `after`: nothing lost, nothing doubled. With another or none it starts at the oldest event that it keeps.
 */
export type FeedMessage =
  | {
      readonly type: 'hello';
      readonly epoch: string /** First number that will come. */;
      readonly from: number;
      readonly state: LabState;
    }
  | { readonly type: 'events'; readonly events: readonly TraceEvent[] }
  | { readonly type: 'state'; readonly state: LabState }
  /** The history was cleared: numbers go on, older events are gone. */
  | { readonly type: 'cleared'; readonly epoch: string; readonly from: number }
  /** Another tab took this tab's SIM over: stop and say so. */
  | { readonly type: 'sim-taken' }
  /** The lease is not valid any more and its SIM is not free: claim anew. */
  | { readonly type: 'lease-lost' };

/** Where calls of a user go that are not to reach the user. @see TS 24.604 4.9 */
export interface ForwardingSettings {
  /** SIP or tel URI, as all targets. */
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

/**
 * GET and PUT /api/v1/subscribers/{imsi}/services: the supplementary services of one user. A PUT replaces them all and answers with
 * what is stored; a target may be written as a name or a number of the lab, `afterS` may be left out (20). Errors: 404
 * `SUBSCRIBER_UNKNOWN`, 400 `SERVICES_INVALID` and `FORWARDING_TARGET_INVALID`, 502 or 503 with the code of the S-CSCF's silence or
 * refusal: then the settings are stored, and hold from the next registration on.
 */
export interface ServiceSettings {
  readonly forwarding: ForwardingSettings;
  /** A caller hears a greeting while the user is not registered. */
  readonly greeting: boolean;
}
