import { randomBytes, randomUUID } from 'node:crypto';
import type { SimClaim } from '@imslab/ims-core/api/lab-api';
import { authorizationForChallenge } from '@imslab/ims-core/protocols/auth/authorization';
import { createCard } from '@imslab/ims-core/protocols/auth/card';
import { parseAuth, serializeAuth } from '@imslab/ims-core/protocols/sip/auth-params';
import { request } from '@imslab/ims-core/protocols/sip/build';
import type { SipMessage, SipResponse } from '@imslab/ims-core/protocols/sip/message';
import { parseMessage } from '@imslab/ims-core/protocols/sip/parse';
import { callId, cseq, header, headerValues } from '@imslab/ims-core/protocols/sip/read';
import { messageText } from '@imslab/ims-core/protocols/sip/serialize';
import WebSocket from 'ws';
import type { LabProcess } from './lab-process.ts';

/** A phone on a WebSocket without a browser: it registers with a real card and sends what a test gives it. */
export class WebPhone {
  readonly #ws: WebSocket;
  readonly #claim: SimClaim;
  readonly #received: SipMessage[] = [];
  readonly #contact = `sip:${randomBytes(4).toString('hex')}@${randomBytes(4).toString('hex')}.invalid;transport=ws`;
  #wake = () => {};
  serviceRoute: readonly string[] = [];

  private constructor(ws: WebSocket, claim: SimClaim) {
    this.#ws = ws;
    this.#claim = claim;
    ws.on('message', (data) => {
      const parsed = parseMessage(new Uint8Array(Buffer.from(data as Buffer)), { transport: 'websocket' });
      if (parsed.ok) this.#received.push(parsed.value);
      this.#wake();
    });
  }

  static async open(lab: LabProcess, ue: string): Promise<WebPhone> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ue }) };
    const claim = await lab.json<SimClaim>('/api/v1/sims/claim', init);
    const ws = new WebSocket(`${lab.url.replace('http', 'ws')}/sip`, ['sip']);
    await new Promise((resolve, reject) => {
      ws.once('open', resolve);
      ws.once('error', reject);
    });
    return new WebPhone(ws, claim);
  }

  get identity(): string {
    return this.#claim.sim.impus[0] ?? '';
  }

  /** Registers with AKA; resolves with the final response. */
  async register(): Promise<SipResponse> {
    const { sim } = this.#claim;
    const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
    const card = createCard({ ...sim, k: bytes(sim.k), opc: bytes(sim.opc) });
    const uri = `sip:${sim.domain}`;
    const id = randomUUID();
    const send = (number: number, authorization: string) =>
      this.request('REGISTER', uri, [
        ['From', `<${this.identity}>;tag=${id.slice(0, 8)}`],
        ['To', `<${this.identity}>`],
        ['Call-ID', id],
        ['CSeq', `${number} REGISTER`],
        ['Contact', `<${this.#contact}>;+sip.instance="<urn:uuid:${randomUUID()}>";reg-id=1;expires=600`],
        ['Supported', 'path, outbound'],
        ['Authorization', authorization],
      ]);
    const challenge = await send(
      1,
      `Digest username="${sim.impi}", realm="${sim.domain}", uri="${uri}", nonce="", response="", algorithm=AKAv1-MD5`,
    );
    const parsed = parseAuth(header(challenge, 'WWW-Authenticate') ?? '');
    if (challenge.status !== 401 || !parsed.ok) return challenge;
    const given = { method: 'REGISTER', uri, cnonce: id.slice(0, 16), username: sim.impi };
    const answer = authorizationForChallenge(card, parsed.value.params, given);
    if (answer.kind === 'unusable') throw new Error(answer.code);
    const final = await send(2, serializeAuth('Digest', answer.params));
    this.serviceRoute = headerValues(final, 'Service-Route');
    return final;
  }

  /** Sends an INVITE with this SDP to a URI; resolves with the final response. */
  invite(target: string, sdp: string): Promise<SipResponse> {
    const id = randomUUID();
    const routes = [`<${this.#claim.pcscf}>`, ...this.serviceRoute].map((route) => ['Route', route] as const);
    const headers = [
      ...routes,
      ['From', `<${this.identity}>;tag=${id.slice(0, 8)}`],
      ['To', `<${target}>`],
      ['Call-ID', id],
      ['CSeq', '1 INVITE'],
      ['Contact', `<${this.#contact}>`],
      ['Content-Type', 'application/sdp'],
    ] as const;
    return this.request('INVITE', target, headers, sdp);
  }

  /** Sends a request with these headers and waits for its final response. */
  async request(
    method: string,
    uri: string,
    headers: readonly (readonly [string, string])[],
    body = '',
  ): Promise<SipResponse> {
    const via = `SIP/2.0/WS ${randomBytes(4).toString('hex')}.invalid;branch=z9hG4bK${randomBytes(8).toString('hex')}`;
    const sent = request(method, uri, [['Via', via], ['Max-Forwards', '70'], ...headers], body);
    this.#ws.send(messageText(sent));
    for (;;) {
      const final = this.#received.find(
        (message): message is SipResponse =>
          message.kind === 'response' &&
          message.status >= 200 &&
          callId(message) === callId(sent) &&
          cseq(message)?.number === cseq(sent)?.number,
      );
      if (final !== undefined) return final;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#ws.close();
  }
}
