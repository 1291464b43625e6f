/** The boxes of the 3GPP picture (TS 23.228 figure 4.0) that can stand at the end of an arrow. */
export type TraceNode = 'ue' | 'pcscf' | 'icscf' | 'scscf' | 'hss' | 'as' | 'relay' | 'other';

/** One end of an arrow. */
export interface TraceParty {
  readonly node: TraceNode;
  /** Which one, when there are several: the IMSI of a UE, the name of another box. Empty for the lab's single boxes. */
  readonly id: string;
  /** As people read it: `Alice`, `P-CSCF`, `HSS`. */
  readonly label: string;
  /** `host:port` on the wire, when the event was on a wire. */
  readonly address?: string;
}

/** A header, body or Request-URI that a box changed on the way through, and the clause that told it to. */
export interface MessageChange {
  readonly op: 'add' | 'remove' | 'replace';
  /** Header name, `Request-URI`, `body` or an SDP line's letter. */
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
  /** One sentence with its clause, for example `own URI in the Path (TS 24.229 5.2.2.1, RFC 3327)`. */
  readonly why: string;
}

/** An AVP as the ladder shows it: names where the table knows them, secrets masked. */
export interface TraceAvp {
  readonly code: number;
  readonly vendor: number;
  /** `AVP-<code>` when the table has no such AVP. */
  readonly name: string;
  /** `V`, `M`, `P` in this order, those that are set. */
  readonly flags: string;
  readonly type: string;
  /** As text: numbers decimal, octets hex, enumerated `name (number)`; empty for a group. */
  readonly value: string;
  readonly children?: readonly TraceAvp[];
}

export interface TraceSip {
  readonly transport: string;
  readonly method: string;
  /** 0 in a request. */
  readonly status: number;
  readonly reason: string;
  readonly requestUri: string;
  readonly callId: string;
  readonly cseq: string;
  readonly fromUri: string;
  readonly toUri: string;
  readonly fromTag: string;
  readonly toTag: string;
  /** ICID of P-Charging-Vector, joins the legs of one session. Empty when there is none. */
  readonly icid: string;
  /** True when the body is an SDP. */
  readonly sdp: boolean;
  /** `challenge`, `response`, `auts` (TS 33.203); empty when the message has nothing of AKA. */
  readonly aka: '' | 'challenge' | 'response' | 'auts';
  /** The bytes on the wire as text; secrets masked unless the lab shows them. */
  readonly raw: string;
  readonly changes: readonly MessageChange[];
  /** True when the same message went out before on the same transaction. */
  readonly retransmission: boolean;
}

export interface TraceDiameter {
  /** `UAR`, `MAA`, `CER` ... */
  readonly command: string;
  readonly commandCode: number;
  readonly request: boolean;
  readonly applicationId: number;
  readonly hopByHop: number;
  readonly endToEnd: number;
  readonly sessionId: string;
  /** 0 in a request. */
  readonly resultCode: number;
  /** Vendor of an Experimental-Result, 0 for a Result-Code. */
  readonly resultVendor: number;
  /** Name of the result in its table, for example `DIAMETER_FIRST_REGISTRATION`; empty in a request. */
  readonly resultName: string;
  readonly userName: string;
  readonly publicIdentity: string;
  readonly avps: readonly TraceAvp[];
  readonly length: number;
}

export interface TraceMedia {
  /** What happened, in wire words: `DTLS connected`, `first RTP packet`, `media closed`, `ICE connected`. */
  readonly what: string;
  readonly callId: string;
  /** One more sentence: codec, address, octets. */
  readonly detail: string;
}

/** A fact that is no message: a registration expired, a flow was lost, a garbage datagram was refused. */
export interface TraceNote {
  /** Stable code, for example `SIP_PARSE_START_LINE`, `FLOW_LOST`, `REGISTRATION_EXPIRED`. */
  readonly code: string;
  readonly text: string;
}

interface TraceBase {
  readonly from: TraceParty;
  readonly to: TraceParty;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Number of the event that made this one; null where it begins (a person's click, a timer, a foreign peer). */
  readonly cause: number | null;
}

export type TraceBody =
  | { readonly kind: 'sip'; readonly sip: TraceSip }
  | { readonly kind: 'diameter'; readonly diameter: TraceDiameter }
  | { readonly kind: 'media'; readonly media: TraceMedia }
  | { readonly kind: 'note'; readonly note: TraceNote };

/** An event before it has its number. */
export type TraceEventInput = TraceBase & TraceBody;

/** A typed fact of the protocol domain. Numbered from 1 without gaps in the order in which it happened. */
export type TraceEvent = TraceEventInput & { readonly seq: number };
