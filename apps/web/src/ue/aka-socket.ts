import { authorizationForChallenge, type ChallengeAnswer } from '@imslab/ims-core/protocols/auth/authorization';
import type { Card } from '@imslab/ims-core/protocols/auth/card';
import { parseAuth, serializeAuth } from '@imslab/ims-core/protocols/sip/auth-params';
import { asksForInitialRegistration, IMS_3GPP_XML } from '@imslab/ims-core/protocols/sip/restoration';
import { LateAnswers } from './late-answers.ts';
import { headerLines, headerParam, listValues, mapHeaderLines, nameAddr, startLine } from './sip-text.ts';

/** What a 200 to REGISTER granted. @see TS 24.229 5.1.1.2.1 */
export interface RegistrationGrant {
  /** Seconds; 0 after a de-registration. */
  readonly expiresS: number;
  /** Values of Service-Route in order, each a name-addr. */
  readonly serviceRoutes: readonly string[];
  /** URI of this UE's Contact; empty after a de-registration. */
  readonly contact: string;
  /** URIs of P-Associated-URI; the first is the default public user identity. */
  readonly associatedUris: readonly string[];
}

/** What the adapter needs of a WebSocket. */
export interface SipWebSocket {
  binaryType: BinaryType;
  /** 0 while it opens, 1 while it is open. @see RFC 6455, WHATWG WebSockets */
  readonly readyState: number;
  onopen: ((event: Event) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onmessage: ((event: MessageEvent<unknown>) => void) | null;
  send(text: string): void;
  close(): void;
}

const CONNECTING = 0;
const OPEN = 1;

export interface AkaSocketOptions {
  /** `ws:` or `wss:` URL of the P-CSCF. */
  readonly url: string;
  readonly card: Card;
  /** The `+sip.instance` of this UE: finds its own Contact in a 200. */
  readonly instanceId: string;
  /** A new client nonce for each answer. */
  readonly cnonce: () => string;
  readonly onGrant: (grant: RegistrationGrant) => void;
  /** What the card made of a challenge with this algorithm. */
  readonly onChallenge: (kind: ChallengeAnswer['kind'], algorithm: string) => void;
  /** Takes a message that is not JsSIP's; false for one that is. */
  readonly take?: (text: string) => boolean;
  /** The network lost the registration and wants a new one. @see TS 24.229 5.1.2A.1.6 */
  readonly onRestoration: () => void;
  /** Opens the WebSocket; tests give their own. */
  readonly open?: (url: string, protocol: string) => SipWebSocket;
}

/**
 * The seam between JsSIP and the P-CSCF: a JsSIP socket that answers IMS AKA with the card.
 * JsSIP knows only Digest with MD5 and a password, so it is shown such a challenge, and what it answers is
 * replaced on the wire by the card's answer to the challenge that really came.
 * @see RFC 7118, RFC 3310, TS 33.203 X.2.3
 */
export class AkaSocket {
  readonly url: string;
  readonly sip_uri: string;
  via_transport: string;

  // JsSIP sets these three.
  onconnect: () => void = () => {};
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
  ondata: <T>(data: T) => void = () => {};

  readonly #options: AkaSocketOptions;
  readonly #lateAnswers = new LateAnswers(() => crypto.randomUUID());
  #socket: SipWebSocket | null = null;
  /** Authorization that answers the last challenge, until the REGISTER that carries it goes out. */
  #authorization: string | null = null;
  /** Of the last grant. */
  #serviceRoutes: readonly string[] = [];
  /** Challenges since the last REGISTER that did not answer one. */
  #challenges = 0;

  constructor(options: AkaSocketOptions) {
    const { protocol, host } = new URL(options.url);
    this.#options = options;
    this.url = options.url;
    this.via_transport = protocol === 'wss:' ? 'WSS' : 'WS';
    this.sip_uri = `sip:${host};transport=ws`;
  }

  connect(): void {
    if (this.isConnected() || this.isConnecting()) return;
    const open = this.#options.open ?? ((url: string, protocol: string): SipWebSocket => new WebSocket(url, protocol));
    const socket = open(this.url, 'sip');
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.onconnect();
    socket.onclose = (event) => {
      this.#socket = null;
      this.#authorization = null;
      this.ondisconnect(!event.wasClean, event.code, event.reason);
    };
    socket.onmessage = (event) => this.#receive(event.data);
    this.#socket = socket;
  }

  disconnect(): void {
    const socket = this.#socket;
    if (socket === null) return;
    // JsSIP reports this end itself, so the handlers go first.
    socket.onopen = socket.onclose = socket.onmessage = null;
    this.#socket = null;
    this.#authorization = null;
    socket.close();
  }

  isConnected(): boolean {
    return this.#socket?.readyState === OPEN;
  }

  isConnecting(): boolean {
    return this.#socket?.readyState === CONNECTING;
  }

  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (this.#socket === null || !this.isConnected() || typeof message !== 'string') return false;
    this.#lateAnswers.sent(message);
    this.#socket.send(this.#outgoing(message));
    return true;
  }

  #outgoing(text: string): string {
    if (!startLine(text).startsWith('REGISTER ')) return text;
    const authorization = this.#authorization;
    this.#authorization = null;
    if (authorization === null) {
      this.#challenges = 0;
      return text;
    }
    return mapHeaderLines(text, ['Authorization'], () => authorization);
  }

  #receive(data: unknown): void {
    const text = data instanceof ArrayBuffer ? new TextDecoder().decode(data) : data;
    if (typeof text !== 'string' || this.#options.take?.(text) === true) return;
    for (const own of this.#lateAnswers.received(text, () => this.ondata(this.#incoming(text))))
      this.#socket?.send(own);
  }

  #incoming(text: string): string {
    const line = startLine(text);
    if (!line.startsWith('SIP/2.0 ')) return this.#withSipIdentities(text);
    const status = Number(line.slice('SIP/2.0 '.length, 'SIP/2.0 '.length + 3));
    if (!/\sREGISTER$/.test(headerLines(text, 'CSeq')[0] ?? '')) {
      if (status === 504 && this.#isRestoration(text)) this.#options.onRestoration();
      return text;
    }
    if (status === 401) return this.#challenged(text);
    if (status >= 200 && status < 300) {
      const grant = this.#grant(text);
      this.#serviceRoutes = grant.serviceRoutes;
      this.#options.onGrant(grant);
    }
    return text;
  }

  /** Only who knows a URI of the Service-Route is believed. @see TS 24.229 5.1.2A.1.6 */
  #isRestoration(text: string): boolean {
    const uriOf = (value: string) => nameAddr(value).uri;
    const asserted = headerLines(text, 'P-Asserted-Identity').flatMap(listValues).map(uriOf);
    const isXml = headerLines(text, 'Content-Type', 'c')[0]?.toLowerCase().startsWith(IMS_3GPP_XML) === true;
    const isKnown = this.#serviceRoutes.map(uriOf).some((uri) => asserted.includes(uri));
    return isXml && isKnown && asksForInitialRegistration(text.slice(text.indexOf('\r\n\r\n')));
  }

  /** Lets the card answer the challenge and shows JsSIP one that it can answer. */
  #challenged(text: string): string {
    const { card, cnonce, onChallenge } = this.#options;
    const challenge = parseAuth(headerLines(text, 'WWW-Authenticate')[0] ?? '');
    const algorithm = challenge.ok ? (challenge.value.params.get('algorithm') ?? '') : '';
    if (!challenge.ok || !algorithm.toUpperCase().startsWith('AKAV')) return text;
    const { params } = challenge.value;
    const uri = `sip:${card.domain}`;
    const answer = authorizationForChallenge(card, params, {
      method: 'REGISTER',
      uri,
      cnonce: cnonce(),
      username: card.impi,
    });
    onChallenge(answer.kind, algorithm);
    if (answer.kind === 'unusable') return text;
    this.#authorization = serializeAuth('Digest', answer.params);
    this.#challenges += 1;
    // JsSIP answers a second challenge of one REGISTER only when it is stale, and a third one never.
    const stale = this.#challenges > 1 ? ', stale=true' : '';
    const digest = `Digest realm="${card.domain}", nonce="${params.get('nonce')}", algorithm=MD5, qop="auth"${stale}`;
    return mapHeaderLines(text, ['WWW-Authenticate'], () => digest);
  }

  #grant(text: string): RegistrationGrant {
    const own = headerLines(text, 'Contact', 'm')
      .flatMap(listValues)
      .map(nameAddr)
      .find(({ params }) => headerParam(params, '+sip.instance')?.includes(this.#options.instanceId));
    const expires = own && (headerParam(own.params, 'expires') ?? headerLines(text, 'Expires')[0]);
    return {
      expiresS: Number(expires ?? 0) || 0,
      contact: own?.uri ?? '',
      serviceRoutes: headerLines(text, 'Service-Route').flatMap(listValues),
      associatedUris: headerLines(text, 'P-Associated-URI')
        .flatMap(listValues)
        .map((value) => nameAddr(value).uri),
    };
  }

  /**
   * Writes tel: URIs in From and To of a request as SIP URIs; tags stay, so dialogs still match.
   * Deviation: RFC 3261 §8.2.6.2 wants From and To of a response as they came; JsSIP drops a request that has tel: there.
   */
  #withSipIdentities(text: string): string {
    return mapHeaderLines(text, ['From', 'f', 'To', 't'], (value) => {
      const { displayName, uri, params } = nameAddr(value);
      if (!/^tel:/i.test(uri)) return value;
      const number = uri.slice('tel:'.length).replace(/;.*$/, '');
      const name = displayName === '' ? '' : `"${displayName.replace(/["\\]/g, '\\$&')}" `;
      return `${name}<sip:${number}@${this.#options.card.domain};user=phone>${params}`;
    });
  }
}
