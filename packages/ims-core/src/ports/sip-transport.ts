/** Transport tokens as they stand in a Via (RFC 3261 §20.42, RFC 7118 §5.2). */
export type SipTransportName = 'UDP' | 'TCP' | 'WS' | 'WSS';

/** Where a SIP message goes: already resolved, no names left (RFC 3263 ends here). */
export interface SipHop {
  readonly transport: SipTransportName;
  /** An IP address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * One path to one peer: a TCP connection, a WebSocket, or for UDP a pair of addresses.
 * RFC 5626 §3.1 calls it a flow. What arrives on it, is answered on it.
 */
export interface SipFlow {
  /** Unguessable and unique in this process; stands in Path and Record-Route as the flow token. */
  readonly id: string;
  readonly transport: SipTransportName;
  readonly local: SipHop;
  readonly remote: SipHop;
  /** TCP, WS and WSS: the transactions run no retransmission timers (RFC 3261 §17). */
  readonly reliable: boolean;
  /** True once the connection is gone; a UDP flow never closes by itself. */
  readonly closed: boolean;
  /** Sends one whole message. Returns false when the flow is closed or its queue is full: the caller reports a transport error. */
  send(message: Uint8Array): boolean;
  /** Calls `closed` once when the flow is lost or closed. Returns how to stop listening. */
  onClose(closed: () => void): () => void;
  /** Closes the connection; a UDP flow is forgotten. */
  close(): void;
}

/** Why a message cannot be sent or a socket cannot be opened. Stable, listed in docs/errors.md. */
export type SipTransportErrorCode =
  | 'SIP_PORT_IN_USE'
  | 'SIP_LISTEN_FAILED'
  | 'SIP_NO_LISTENER'
  | 'SIP_CONNECT_REFUSED'
  | 'SIP_CONNECT_TIMEOUT'
  | 'SIP_TOO_MANY_CONNECTIONS'
  | 'SIP_TRANSPORT_CLOSED';

/** A socket could not be opened. Names the hop it was meant for. */
export class SipTransportError extends Error {
  readonly code: SipTransportErrorCode;
  readonly hop: SipHop | undefined;

  constructor(code: SipTransportErrorCode, text: string, hop?: SipHop) {
    super(text);
    this.name = 'SipTransportError';
    this.code = code;
    this.hop = hop;
  }
}

/** What a node gives to the transport it listens on. */
export interface SipTransportHandler {
  /** One whole message, as framed by the transport (RFC 3261 §18.3, RFC 7118 §5.3). Keep-alives never come here. */
  message(flow: SipFlow, bytes: Uint8Array): void;
}

/** The sockets of one node: listens on its own addresses and opens connections to others. */
export interface SipTransport {
  /** Addresses on which the node listens, in the order of the configuration. */
  readonly listening: readonly SipHop[];
  start(handler: SipTransportHandler): Promise<void>;
  /** The flow to a hop where one can be had without waiting; the way of nearly every message. */
  openFlow(hop: SipHop): SipFlow | undefined;
  /** The flow to a hop: an open connection to it or a new one. Rejects with a SipTransportError when there is no way. */
  flowTo(hop: SipHop): Promise<SipFlow>;
  /** An open flow by its id, for Path and Record-Route tokens. */
  flowById(id: string): SipFlow | undefined;
  close(): Promise<void>;
}
