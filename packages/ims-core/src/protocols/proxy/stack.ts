import type { SipFlow, SipHop } from '../../ports/sip-transport.ts';
import type { CauseHolder } from '../../ports/trace-sink.ts';
import type { Edited } from '../sip/edit.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';

/** A request as a node's procedure sees it: validated by §16.3 and §18.2.1, inside its server transaction. */
export interface IncomingRequest extends CauseHolder {
  readonly message: SipRequest;
  /** The flow it came on. Responses go back there (RFC 3261 §18.2.2). */
  readonly flow: SipFlow;
  /** Trace number of its arrival. `cause` starts with it. */
  readonly traceSeq: number;
  /** The To tag of every response that this node makes to it. */
  readonly toTag: string;
  /** True once a CANCEL came for it. */
  readonly cancelled: boolean;
  /** True once a final response was sent. */
  readonly answered: boolean;
  /** Builds a response to it (To tag added above 100) and sends it. A second final response is ignored and logged. */
  respond(status: number, options?: RespondOptions): void;
  /** Sends a response that is already whole. */
  send(response: Edited<SipResponse>): void;
  /** Calls `cancel` when a CANCEL comes for an INVITE that this node answers itself. Forwarded ones are cancelled by `forward`. */
  onCancel(cancel: () => void): void;
}

export interface RespondOptions {
  readonly reason?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array | string;
  /** Shown on the ladder: why this box answered so, with its clause. */
  readonly why?: string;
}

/** One copy of the request on its way to one target (§16.6). Via, Max-Forwards and Content-Length are the stack's work. */
export interface Branch {
  readonly request: Edited<SipRequest>;
  /** Where to send it: a flow (UE, RFC 5626) or hops to try in order. Absent: topmost Route, else Request-URI, by the resolver. */
  readonly to?: SipFlow | readonly SipHop[];
  /** 0..1; branches with equal q run in parallel, groups one after the other. Default 1. */
  readonly q?: number;
  /** Milliseconds in which the next hop has to answer anything, be it a 100; else the branch fails with `timeout`. Absent: timers B and F alone. */
  readonly firstResponseWithinMs?: number;
}

export interface ForwardOptions {
  /**
   * Changes each response that goes upstream (not 100): header rules of the node, media answer. May take time; order is kept.
   * The Via of this node is already gone. Returning a response with another status answers with that (a 200 whose SDP the relay refuses).
   */
  readonly onResponse?: (response: SipResponse, branch: Branch) => Edited<SipResponse> | Promise<Edited<SipResponse>>;
  /** Adds a 408 or 5xx answer for a hop that does not answer: `timeout` (timer B/F/C), `transport` (no connection). Undefined or absent: as in §16.7-16.9, 408 and 503 (upstream 500). */
  readonly onFailure?: (
    kind: 'timeout' | 'transport',
    branch: Branch,
  ) => { status: number; options?: RespondOptions } | undefined;
  /** Called instead of sending a final error upstream; return true when the procedure goes on with another target itself (I-CSCF re-selection). */
  readonly intercept?: (final: SipResponse) => boolean;
}

/** How a forwarded request ended. */
export interface ForwardOutcome {
  /** The final response that went upstream, after `onResponse`; or the one that was intercepted. */
  readonly final: SipResponse;
  readonly branch: Branch | undefined;
  readonly intercepted: boolean;
}

/** A request of the node's own (a REGISTER of the P-CSCF for a lost UE, a BYE that releases a session). */
export interface OwnRequest {
  readonly request: Edited<SipRequest>;
  readonly to?: SipFlow | readonly SipHop[];
}

/** What a node's procedures are given to speak SIP: RFC 3261 §16 and §17 behind four verbs. */
export interface SipStack {
  /**
   * Forwards in §16.6's step order, joins the branches' responses by §16.7, passes CANCEL on, runs timer C.
   * Resolves when a final response went upstream (for an INVITE the 2xx keeps passing until 64*T1).
   */
  forward(incoming: IncomingRequest, branches: readonly Branch[], options?: ForwardOptions): Promise<ForwardOutcome>;
  /**
   * Cancels what is pending of a forwarded INVITE, as a CANCEL from upstream would. What goes upstream is the node's to say with
   * `respond`; the forward still ends with a final response. `reason` is the value of a Reason header (RFC 3326).
   */
  cancel(incoming: IncomingRequest, reason: string): void;
  /** ACK to a 2xx, and CANCEL without a transaction: statelessly (§16.11). */
  forwardStateless(incoming: IncomingRequest, request: Edited<SipRequest>, to?: SipFlow | readonly SipHop[]): void;
  /** Sends a request of this node and resolves with its final response (408 and 503 made here when none comes). Never rejects. */
  request(own: OwnRequest, cause: CauseHolder): Promise<SipResponse>;
  /** Sends an ACK to a 2xx of an own INVITE, outside any transaction. */
  sendAck(own: OwnRequest, cause: CauseHolder): void;
  close(): Promise<void>;
}

/** The node's own logic: called for each new request; ACKs to 2xx come here too, CANCELs never. A rejection is answered with 500. */
export type RequestHandler = (incoming: IncomingRequest) => Promise<void>;
