import { type SeededSubscriber, seededSubscribers } from '../../src/nodes/hss/seeded-subscribers.ts';
import { authorizationForChallenge } from '../../src/protocols/auth/authorization.ts';
import { type Card, createCard } from '../../src/protocols/auth/card.ts';
import type { AkaAlgorithm } from '../../src/protocols/auth/digest.ts';
import { parseAuth, serializeAuth } from '../../src/protocols/sip/auth-params.ts';
import { request } from '../../src/protocols/sip/build.ts';
import type { SipRequest, SipResponse } from '../../src/protocols/sip/message.ts';
import { header } from '../../src/protocols/sip/read.ts';
import { type CoreLab, D } from './core-lab.ts';

type Header = readonly [name: string, value: string];

export interface RegisterOptions {
  /** Contact lines; default the UE's own contact. */
  readonly contact?: readonly string[];
  readonly expires?: number;
  readonly callId?: string;
  readonly cseq?: number;
  /** The whole Authorization; `null` for none; default the announcement of the algorithm. */
  readonly authorization?: string | null;
  /** Path entries; default the UE's own. */
  readonly path?: readonly string[];
  readonly headers?: readonly Header[];
  readonly to?: string;
}

/** A phone with a seeded SIM, seen from behind its P-CSCF: it makes the requests as they leave the P-CSCF. */
export class TestUe {
  readonly name: string;
  readonly impi: string;
  /** The default public identity. */
  readonly impu: string;
  readonly number: string;
  readonly contact: string;
  readonly path: string;
  readonly algorithm: AkaAlgorithm;
  readonly #seeded: SeededSubscriber;
  #card: Card;
  serviceRoute = '';
  #cseq = 0;
  #branch = 0;

  /** @param device tells apart two phones with the same SIM. */
  constructor(
    name: string,
    { algorithm = 'AKAv1-MD5', device = '' }: { algorithm?: AkaAlgorithm; device?: string } = {},
  ) {
    const seeded = seededSubscribers().find(({ subscriber }) => subscriber.name === name);
    if (seeded === undefined) throw new Error(`nobody is called ${name}`);
    const { subscriber } = seeded;
    this.name = `${name}${device}`;
    this.impi = subscriber.impi;
    this.impu = subscriber.identities[0]?.uri ?? '';
    this.number = subscriber.identities[1]?.uri ?? '';
    this.contact = `<sip:${this.name.toLowerCase()}@phone.invalid;transport=ws>`;
    this.path = `<sip:flow-${this.name.toLowerCase()}@pcscf.${D}:5060;transport=tcp;lr;ob>`;
    this.algorithm = algorithm;
    this.#seeded = seeded;
    this.#card = this.#cardAt(0);
  }

  /** The SIM was used elsewhere: its sequence numbers are at `seq` now. */
  moveSimTo(seq: number): void {
    this.#card = this.#cardAt(seq);
  }

  #cardAt(seq: number): Card {
    const { subscriber, credentials } = this.#seeded;
    const { k, opc } = credentials;
    return createCard({ ...subscriber, impus: [], domain: D, k, opc, sqnMs: new Array<number>(32).fill(seq) });
  }

  /** A REGISTER as the P-CSCF sends it. */
  register(options: RegisterOptions = {}): SipRequest {
    this.#cseq += 1;
    const { authorization = this.announcement() } = options;
    const to = options.to ?? this.impu;
    return request('REGISTER', `sip:${D}`, [
      ['Via', this.via()],
      ['Max-Forwards', '69'],
      ['From', `<${to}>;tag=ue`],
      ['To', `<${to}>`],
      ['Call-ID', options.callId ?? `reg-${this.name}`],
      ['CSeq', `${options.cseq ?? this.#cseq} REGISTER`],
      ...(options.contact ?? [this.contact]).map((contact): Header => ['Contact', contact]),
      ['Expires', String(options.expires ?? 600_000)],
      ['Supported', 'path'],
      ['Require', 'path'],
      ...(options.path ?? [this.path]).map((path): Header => ['Path', path]),
      ...(authorization === null ? [] : [['Authorization', authorization] as const]),
      ['P-Visited-Network-ID', `"${D}"`],
      ['P-Charging-Vector', `icid-value="icid-${this.name}";orig-ioi="Type 1${D}"`],
      ...(options.headers ?? []),
    ]);
  }

  announcement(): string {
    return serializeAuth('Digest', [
      ['username', this.impi, true],
      ['realm', D, true],
      ['uri', `sip:${D}`, true],
      ['nonce', '', true],
      ['response', '', true],
      ['algorithm', this.algorithm, false],
      ['integrity-protected', 'no', true],
    ]);
  }

  /** What the card says to a 401, as an Authorization. */
  answer(challenge: SipResponse, overrides: Readonly<Record<string, string>> = {}): string {
    const parsed = parseAuth(header(challenge, 'WWW-Authenticate') ?? '');
    if (!parsed.ok) throw new Error(`no challenge in ${challenge.status}`);
    const answer = authorizationForChallenge(this.#card, parsed.value.params, {
      method: 'REGISTER',
      uri: `sip:${D}`,
      cnonce: 'c0ffee',
      username: this.impi,
    });
    if (answer.kind === 'unusable') throw new Error(answer.code);
    const params = answer.params.map(([name, value, quoted]) => [name, overrides[name] ?? value, quoted] as const);
    return serializeAuth('Digest', [...params, ['integrity-protected', 'yes', true]]);
  }

  /** Registers through I-CSCF and S-CSCF; returns the last answer. */
  async registerAt(lab: CoreLab, options: RegisterOptions = {}): Promise<SipResponse> {
    const challenge = await lab.ask('icscf', this.register(options));
    if (challenge.status !== 401) return challenge;
    const final = await lab.ask('icscf', this.register({ ...options, authorization: this.answer(challenge) }));
    this.serviceRoute = header(final, 'Service-Route') ?? this.serviceRoute;
    return final;
  }

  /** An initial request as it leaves the P-CSCF towards the S-CSCF. */
  initial(
    method: string,
    uri: string,
    headers: readonly Header[] = [],
    { identity = this.impu, route = this.serviceRoute } = {},
  ): SipRequest {
    return request(method, uri, [
      ['Via', this.via()],
      ['Max-Forwards', '69'],
      ...(route === '' ? [] : [['Route', route] as const]),
      ['Record-Route', `<sip:pcscf.${D}:5060;transport=tcp;lr;r2=on>`],
      ['From', `<${this.impu}>;tag=${this.name}`],
      ['To', `<${uri}>`],
      ['Call-ID', `call-${this.name}-${this.#branch}`],
      ['CSeq', `1 ${method}`],
      ['Contact', this.contact],
      ...(identity === '' ? [] : [['P-Asserted-Identity', `<${identity}>`] as const]),
      ['P-Charging-Vector', `icid-value="icid-call";orig-ioi="Type 1${D}"`],
      ...headers,
    ]);
  }

  via(): string {
    this.#branch += 1;
    return `SIP/2.0/TCP pcscf.${D}:5060;branch=z9hG4bK${this.name}${this.#branch}`;
  }
}
