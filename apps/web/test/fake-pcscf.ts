import type { SimCard } from '@imslab/ims-core/api/lab-api';
import { decodeBase64 } from '@imslab/ims-core/protocols/auth/base64';
import { type AkaAlgorithm, akaAlgorithmOf, akaPassword, verifyDigest } from '@imslab/ims-core/protocols/auth/digest';
import { encodeNonce } from '@imslab/ims-core/protocols/auth/nonce';
import { type SeqArray, sqnOf } from '@imslab/ims-core/protocols/auth/sqn';
import { type AuthenticationVector, makeVector, verifyAuts } from '@imslab/ims-core/protocols/auth/vector';
import { buildRegInfo, type RegInfoContact } from '@imslab/ims-core/protocols/events/reginfo';
import { parseAuth } from '@imslab/ims-core/protocols/sip/auth-params';
import type { SipWebSocket } from '../src/ue/aka-socket.ts';
import { headerLines, nameAddr, startLine } from '../src/ue/sip-text.ts';

const AMF = Uint8Array.of(0x80, 0);
const NEVER = 'no answer';

/** A REGISTER as the network saw it. */
export interface SeenRegister {
  readonly text: string;
  readonly authorization: ReadonlyMap<string, string>;
}

/** The whole network behind one WebSocket, as far as a registration goes: it challenges with real vectors and checks every digest. */
export class FakePcscf {
  readonly seen: SeenRegister[] = [];
  /** SUBSCRIBEs, and what the UE answered to NOTIFYs. */
  readonly subscribes: string[] = [];
  readonly notifyAnswers: string[] = [];
  readonly sockets: FakeWebSocket[] = [];
  expiresS = 3600;
  /** SEQ of the next vector. */
  seq = 1;
  /** The HSS has another K than the card. */
  wrongKey = false;
  /** Nothing listens: a socket closes instead of opening. */
  down = false;
  /** Runs while a REGISTER is on its way. */
  onRegister = () => {};
  /** Status lines that the next REGISTERs get instead of a challenge; `no answer` for silence. */
  readonly failures: { readonly status: string; readonly headers?: readonly string[] }[] = [];

  #notifies = 0;
  readonly #sim: SimCard;
  #vector: AuthenticationVector | null = null;
  /** The one that the UE announced. */
  #algorithm: AkaAlgorithm = 'AKAv1-MD5';

  constructor(sim: SimCard) {
    this.#sim = sim;
  }

  readonly open = (): SipWebSocket => {
    const socket = new FakeWebSocket((text) => this.#receive(socket, text));
    this.sockets.push(socket);
    queueMicrotask(() => (this.down ? socket.drop() : socket.opened()));
    return socket;
  };

  /**
   * NOTIFY of the reg event package: what became of the UE's contact.
   * @param state Subscription-State
   */
  notify(state: string, contact: Partial<RegInfoContact> & Pick<RegInfoContact, 'state' | 'event'>): void {
    const subscribe = this.subscribes.at(-1) ?? '';
    this.#notifies += 1;
    const uri = nameAddr(headerLines(subscribe, 'Contact')[0] ?? '').uri;
    const aor = this.#sim.impus[0] ?? '';
    const whole = { id: 'c1', uri, unknownParams: [], ...contact };
    const registrations = [{ aor, id: 'r1', state: contact.state, contacts: [whole] }];
    const body = buildRegInfo({ version: this.#notifies - 1, state: 'full', registrations });
    const lines = [
      `NOTIFY ${uri} SIP/2.0`,
      `Via: SIP/2.0/WS pcscf.lab.example;branch=z9hG4bKnotify${this.#notifies}`,
      'Max-Forwards: 60',
      `From: <${aor}>;tag=network`,
      `To: ${headerLines(subscribe, 'From')[0]}`,
      `Call-ID: ${headerLines(subscribe, 'Call-ID')[0]}`,
      `CSeq: ${this.#notifies} NOTIFY`,
      'Contact: <sip:scscf.lab.example:6060;transport=tcp>',
      'Event: reg',
      `Subscription-State: ${state}`,
      'Content-Type: application/reginfo+xml',
      `Content-Length: ${new TextEncoder().encode(body).length}`,
    ];
    this.sockets.at(-1)?.deliver(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  /** Sends a message on every flow. */
  deliver(text: string): void {
    for (const socket of this.sockets) socket.deliver(text);
  }

  /** The gateway goes away: every flow is lost. */
  dropAll(): void {
    for (const socket of this.sockets.splice(0)) socket.drop();
  }

  #key() {
    const k = fromHex(this.#sim.k);
    return { k: this.wrongKey ? k.map((octet) => octet ^ 0xff) : k, opc: fromHex(this.#sim.opc) };
  }

  #receive(socket: FakeWebSocket, text: string): void {
    if (startLine(text).startsWith('SUBSCRIBE ')) {
      this.subscribes.push(text);
      this.#notifies = 0;
      const headers = ['Contact: <sip:scscf.lab.example:6060;transport=tcp>', 'Expires: 600000'];
      queueMicrotask(() => socket.deliver(answerTo(text, '200 OK', headers)));
      return;
    }
    if (/\sNOTIFY$/.test(headerLines(text, 'CSeq')[0] ?? '')) {
      this.notifyAnswers.push(startLine(text));
      return;
    }
    const value = parseAuth(headerLines(text, 'Authorization')[0] ?? '');
    const authorization = value.ok ? value.value.params : new Map<string, string>();
    this.seen.push({ text, authorization });
    this.onRegister();
    const failure = this.failures.shift();
    if (failure?.status === NEVER) return;
    const [status, headers] = failure ? [failure.status, failure.headers ?? []] : this.#register(text, authorization);
    queueMicrotask(() => socket.deliver(answerTo(text, status, headers)));
  }

  #register(text: string, authorization: ReadonlyMap<string, string>): readonly [string, readonly string[]] {
    const vector = this.#vector;
    if (authorization.get('nonce') === '')
      this.#algorithm = akaAlgorithmOf(authorization.get('algorithm')) ?? 'AKAv1-MD5';
    const auts = authorization.get('auts');
    if (auts !== undefined && vector) {
      const resync = verifyAuts(this.#key(), vector.rand, decodeBase64(auts) ?? new Uint8Array());
      if (!resync.ok) return ['403 Forbidden', []];
      this.seq = Number(resync.sqnMs >> 5n) + 1;
      return this.#challenge();
    }
    if (authorization.get('nonce') === '' || vector === null) return this.#challenge();
    this.#vector = null;
    const password = akaPassword(this.#algorithm, { res: vector.xres, ck: vector.ck, ik: vector.ik });
    const nonceIsOurs = authorization.get('nonce') === encodeNonce(vector.rand, vector.autn);
    if (!nonceIsOurs || !verifyDigest(authorization, { algorithm: this.#algorithm, password, method: 'REGISTER' })) {
      return ['403 Forbidden', []];
    }
    const contact = headerLines(text, 'Contact')[0] ?? '';
    if (/;expires=0\b/.test(contact)) return ['200 OK', []];
    const { uri, params } = nameAddr(contact);
    return [
      '200 OK',
      [
        `Contact: <sip:other@y.invalid>;+sip.instance="<urn:uuid:other>";expires=77, <${uri}>${params.replace(/;expires=\d+/, '')};expires=${this.expiresS}`,
        'Service-Route: <sip:orig@scscf.lab.example:6060;transport=tcp;lr>',
        `P-Associated-URI: ${this.#sim.impus.map((impu) => `<${impu}>`).join(', ')}`,
      ],
    ];
  }

  #challenge(): readonly [string, readonly string[]] {
    const rand = crypto.getRandomValues(new Uint8Array(16));
    this.#vector = makeVector(this.#key(), { amf: AMF, sqn: sqnOf(this.seq, this.seq % 32), rand });
    this.seq += 1;
    const nonce = encodeNonce(rand, this.#vector.autn);
    const challenge = `WWW-Authenticate: Digest realm="${this.#sim.domain}", nonce="${nonce}", algorithm=${this.#algorithm}, qop="auth"`;
    return ['401 Unauthorized', [challenge]];
  }
}

/** A WebSocket whose other end the test holds. */
export class FakeWebSocket implements SipWebSocket {
  binaryType: BinaryType = 'blob';
  readyState = 0;
  onopen: ((event: Event) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  onmessage: ((event: MessageEvent<unknown>) => void) | null = null;
  readonly #received: (text: string) => void;

  constructor(received: (text: string) => void) {
    this.#received = received;
  }

  send(text: string): void {
    this.#received(text);
  }

  close(): void {
    this.readyState = 3;
  }

  opened(): void {
    this.readyState = 1;
    this.onopen?.(new Event('open'));
  }

  deliver(data: string | ArrayBuffer): void {
    if (this.readyState === 1) this.onmessage?.(new MessageEvent('message', { data }));
  }

  drop(): void {
    this.readyState = 3;
    const end = { code: 1006, reason: '', wasClean: false };
    this.onclose?.(Object.assign(new Event('close'), end));
  }
}

/** The storage of one tab or one browser, in memory. */
export class MemoryStorage implements Storage {
  readonly #items = new Map<string, string>();

  get length(): number {
    return this.#items.size;
  }

  clear(): void {
    this.#items.clear();
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
}

/** Alice's SIM as the lab seeds it. */
export const aliceSim: SimCard = {
  imsi: '001010000000001',
  impi: '001010000000001@ims.mnc001.mcc001.3gppnetwork.org',
  impus: [
    'sip:+15550001001@ims.mnc001.mcc001.3gppnetwork.org',
    'tel:+15550001001',
    'sip:alice@ims.mnc001.mcc001.3gppnetwork.org',
  ],
  name: 'Alice',
  number: '+15550001001',
  domain: 'ims.mnc001.mcc001.3gppnetwork.org',
  k: 'fec86ba6eb707ed08905757b1bb44b01',
  opc: '1006020f0a478bf6b699f15c062e42b3',
  amf: '8000',
};

/** A card's array after it accepted SEQ `seq` under every IND. */
export function seqArrayAt(seq: number): SeqArray {
  return new Array<number>(32).fill(seq);
}

function answerTo(request: string, status: string, headers: readonly string[]): string {
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].flatMap((name) =>
    headerLines(request, name).map((value) => `${name}: ${value}`),
  );
  const to = `To: ${headerLines(request, 'To')[0]};tag=network`;
  return [`SIP/2.0 ${status}`, ...copied, to, ...headers, 'Content-Length: 0', '', ''].join('\r\n');
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
}
