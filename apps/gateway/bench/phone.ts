import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { SeededSubscriber } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import { authorizationForChallenge } from '@imslab/ims-core/protocols/auth/authorization';
import { type Card, createCard } from '@imslab/ims-core/protocols/auth/card';
import { emptySeqArray } from '@imslab/ims-core/protocols/auth/sqn';
import { parseAuth, serializeAuth } from '@imslab/ims-core/protocols/sip/auth-params';
import { request } from '@imslab/ims-core/protocols/sip/build';
import type { SipRequest, SipResponse } from '@imslab/ims-core/protocols/sip/message';
import { parseMessage } from '@imslab/ims-core/protocols/sip/parse';
import { header } from '@imslab/ims-core/protocols/sip/read';
import { serializeMessage } from '@imslab/ims-core/protocols/sip/serialize';

const ANSWER_LIMIT_MS = 2_000;

type Credentials = Parameters<typeof serializeAuth>[1];

/** A phone that registers over UDP again and again, each time with a new challenge for its card. */
export class Phone {
  readonly #seeded: SeededSubscriber;
  readonly #domain: string;
  readonly #pcscf: { readonly host: string; readonly port: number };
  readonly #card: Card;
  readonly #sockets: Socket[] = [];
  #turn = 0;
  #serial = 0;
  #answered: ((response: SipResponse) => void) | undefined;

  constructor(seeded: SeededSubscriber, pcscf: { readonly host: string; readonly port: number }) {
    const { subscriber, credentials } = seeded;
    this.#seeded = seeded;
    this.#pcscf = pcscf;
    this.#domain = subscriber.impi.split('@')[1] ?? '';
    this.#card = createCard({
      ...subscriber,
      ...credentials,
      impus: [],
      domain: this.#domain,
      sqnMs: emptySeqArray(),
    });
  }

  /** Opens the sockets on which it takes its turns: a UE may send 50 requests a second on one flow. */
  async open(sockets: number): Promise<void> {
    for (let i = 0; i < sockets; i += 1) {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      socket.on('message', (octets) => this.#take(octets));
      this.#sockets.push(socket);
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  /** REGISTER, 401, REGISTER, 200. False when it ended otherwise. */
  async register(): Promise<boolean> {
    this.#turn = (this.#turn + 1) % this.#sockets.length;
    const { impi } = this.#seeded.subscriber;
    const uri = `sip:${this.#domain}`;
    const challenge = await this.#ask([
      ['username', impi, true],
      ['realm', this.#domain, true],
      ['uri', uri, true],
      ['nonce', '', true],
      ['response', '', true],
      ['algorithm', 'AKAv1-MD5', false],
    ]);
    const parsed = challenge && parseAuth(header(challenge, 'WWW-Authenticate') ?? '');
    if (!parsed?.ok) return false;
    const context = { method: 'REGISTER', uri, cnonce: 'c0ffee', username: impi };
    const answer = authorizationForChallenge(this.#card, parsed.value.params, context);
    if (answer.kind !== 'ok') return false;
    return (await this.#ask(answer.params))?.status === 200;
  }

  #ask(credentials: Credentials): Promise<SipResponse | undefined> {
    const socket = this.#sockets[this.#turn];
    const { host, port } = this.#pcscf;
    return new Promise((resolve) => {
      const limit = setTimeout(() => resolve(undefined), ANSWER_LIMIT_MS);
      this.#answered = (response) => {
        clearTimeout(limit);
        resolve(response);
      };
      socket?.send(serializeMessage(this.#request(credentials, socket.address().port)), port, host);
    });
  }

  #request(credentials: Credentials, port: number): SipRequest {
    this.#serial += 1;
    const { subscriber } = this.#seeded;
    const impu = subscriber.identities[0]?.uri ?? '';
    return request('REGISTER', `sip:${this.#domain}`, [
      ['Via', `SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${subscriber.imsi}${this.#serial};rport`],
      ['Max-Forwards', '70'],
      ['From', `<${impu}>;tag=${this.#serial}`],
      ['To', `<${impu}>`],
      ['Call-ID', `bench-${subscriber.imsi}`],
      ['CSeq', `${this.#serial} REGISTER`],
      ['Contact', `<sip:${subscriber.imsi}@127.0.0.1:5060>;expires=600`],
      ['Supported', 'path'],
      ['Authorization', serializeAuth('Digest', credentials)],
    ]);
  }

  #take(octets: Uint8Array): void {
    const parsed = parseMessage(octets, { transport: 'datagram' });
    if (!parsed.ok || parsed.value.kind !== 'response' || parsed.value.status < 200) return;
    const isLatest = header(parsed.value, 'CSeq') === `${this.#serial} REGISTER`;
    if (isLatest) this.#answered?.(parsed.value);
  }
}
