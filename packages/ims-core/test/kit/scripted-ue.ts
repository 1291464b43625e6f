import { type SeededSubscriber, seededSubscribers } from '../../src/nodes/hss/seeded-subscribers.ts';
import type { SipFlow, SipHop, SipTransport } from '../../src/ports/sip-transport.ts';
import { authorizationForChallenge } from '../../src/protocols/auth/authorization.ts';
import { type Card, createCard } from '../../src/protocols/auth/card.ts';
import type { AkaAlgorithm } from '../../src/protocols/auth/digest.ts';
import { type AuthValue, parseAuth, serializeAuth } from '../../src/protocols/sip/auth-params.ts';
import { request, response } from '../../src/protocols/sip/build.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../src/protocols/sip/message.ts';
import { callId, contacts, cseq, header, headerValues, tagOf } from '../../src/protocols/sip/read.ts';
import { serializeMessage } from '../../src/protocols/sip/serialize.ts';
import { D } from './core-lab.ts';
import { SipPeer } from './sip-peer.ts';

type Header = readonly [name: string, value: string];

/** A phone gives up when this many challenges in a row lead nowhere. */
const MAX_CHALLENGES = 3;
/** As many as the card has indices. */
const SEQ_ARRAY_LENGTH = 32;

/** One call as one of its two ends keeps it. */
export interface UeCall {
  readonly role: 'caller' | 'called';
  readonly invite: SipRequest;
  state: 'ringing' | 'talking' | 'over';
  /** The caller sent a CANCEL: what is answered nevertheless is hung up. */
  cancelled: boolean;
  /** The other end's tag, contact and way, once a response or the INVITE told them. */
  remote: { readonly address: string; readonly target: string; readonly routes: readonly string[] } | undefined;
  /** Final response of the caller's INVITE. */
  final: SipResponse | undefined;
  cseq: number;
}

/** What a phone has to say its numbers and how its network looks. */
export interface UeSurroundings {
  /** Opens the phone's sockets. */
  readonly transport: () => SipTransport;
  readonly pcscf: SipHop;
  /** Lets everything that follows happen. */
  readonly settle: () => Promise<void>;
}

/**
 * A phone that plays a script: its card answers challenges, and it does by itself what every user agent does (ACK, 200 to BYE,
 * 487 to a cancelled INVITE). Whom it calls, whether it rings and answers, is the test's.
 */
export class ScriptedUe {
  readonly name: string;
  readonly impi: string;
  readonly impu: string;
  readonly calls: UeCall[] = [];
  /** Final responses to its REGISTERs, the latest last. */
  readonly registerAnswers: SipResponse[] = [];
  /** Final responses to its SUBSCRIBEs, the latest last. */
  readonly subscribeAnswers: SipResponse[] = [];
  /** NOTIFYs that came. */
  readonly told: SipRequest[] = [];
  /** False: it takes what comes and says nothing, as a page that hangs. */
  talks = true;
  readonly #surroundings: UeSurroundings;
  readonly #seeded: SeededSubscriber;
  #card: Card;
  #peer: SipPeer | undefined;
  #transport: SipTransport | undefined;
  #serviceRoute: readonly string[] = [];
  #serial = 0;
  #challenges = 0;

  constructor(name: string, surroundings: UeSurroundings) {
    const seeded = seededSubscribers().find(({ subscriber }) => subscriber.name === name);
    if (seeded === undefined) throw new Error(`nobody is called ${name}`);
    this.name = name;
    this.impi = seeded.subscriber.impi;
    this.impu = seeded.subscriber.identities[0]?.uri ?? '';
    this.#surroundings = surroundings;
    this.#seeded = seeded;
    this.#card = this.#newCard(seeded.credentials.k, 0);
  }

  get contact(): string {
    return `<sip:${this.name.toLowerCase()}@page.invalid;transport=ws>`;
  }

  /** The latest call. Throws when there is none. */
  get call(): UeCall {
    return this.calls.at(-1) ?? fail(`${this.name} has no call`);
  }

  /** The SIM was used elsewhere: its sequence numbers are at `seq` already. */
  moveSimTo(seq: number): void {
    this.#card = this.#newCard(this.#seeded.credentials.k, seq);
  }

  /** The SIM has another K than the HSS. */
  spoilKey(): void {
    this.#card = this.#newCard(new Uint8Array(this.#seeded.credentials.k.length), 0);
  }

  /** Nothing is kept of what was said so far but the registration itself. */
  forget(): void {
    this.calls.length = 0;
    this.registerAnswers.length = 0;
    if (this.#peer !== undefined) this.#peer.received.length = 0;
  }

  /** What it announces: a page has this one. */
  algorithm: AkaAlgorithm = 'AKAv2-SHA-256';

  /** Sends a wrong digest: the card is right, the phone is not. */
  spoilResponse = false;

  /** Registers, answering each challenge; resolves with the final response. */
  async register(expiresS = 600_000): Promise<SipResponse> {
    await this.startRegister(expiresS);
    await this.#surroundings.settle();
    return this.registerAnswers.at(-1) ?? fail(`${this.name} got no answer to its REGISTER`);
  }

  /** Sends the REGISTER; what follows happens as time goes on. */
  async startRegister(expiresS = 600_000): Promise<void> {
    this.#challenges = 0;
    const announcement: readonly Credential[] = [
      ['username', this.impi, true],
      ['realm', D, true],
      ['uri', `sip:${D}`, true],
      ['nonce', '', true],
      ['response', '', true],
      ['algorithm', this.algorithm, false],
    ];
    await this.#send(this.#registerRequest(announcement, expiresS));
  }

  /** Subscribes to a registration, its own as a rule; what it is told stands in `told`. */
  async watchRegistration(expiresS = 600_000, impu = this.impu): Promise<SipResponse> {
    this.#serial += 1;
    const subscribe = request('SUBSCRIBE', impu, [
      ...this.#head(),
      ...this.#serviceRoute.map((route): Header => ['Route', route]),
      ['From', `<${this.impu}>;tag=${this.name}${this.#serial}`],
      ['To', `<${impu}>`],
      ['Call-ID', `watch-${this.name.toLowerCase()}-${this.#serial}@page.invalid`],
      ['CSeq', '1 SUBSCRIBE'],
      ...this.#subscribeHeaders(expiresS),
    ]);
    await this.#send(subscribe);
    await this.#surroundings.settle();
    return this.subscribeAnswers.at(-1) ?? fail(`${this.name} got no answer to its SUBSCRIBE`);
  }

  /** The next SUBSCRIBE in the dialog of the last 200. */
  async renewWatch(expiresS: number): Promise<SipResponse> {
    const ok = this.subscribeAnswers.at(-1) ?? fail(`${this.name} watches nothing`);
    await this.#send(
      request('SUBSCRIBE', contacts(ok)[0]?.uriText ?? '', [
        ...this.#head(),
        ...headerValues(ok, 'Record-Route')
          .toReversed()
          .map((route): Header => ['Route', route]),
        ['From', header(ok, 'From') ?? ''],
        ['To', header(ok, 'To') ?? ''],
        ['Call-ID', callId(ok)],
        ['CSeq', `${(cseq(ok)?.number ?? 0) + 1} SUBSCRIBE`],
        ...this.#subscribeHeaders(expiresS),
      ]),
    );
    await this.#surroundings.settle();
    return this.subscribeAnswers.at(-1) ?? fail(`${this.name} got no answer to its SUBSCRIBE`);
  }

  #subscribeHeaders(expiresS: number): readonly Header[] {
    return [
      ['Contact', this.contact],
      ['Event', 'reg'],
      ['Accept', 'application/reginfo+xml'],
      ['Expires', String(expiresS)],
    ];
  }

  /** Sends an INVITE with an offer. */
  async invite(uri: string): Promise<UeCall> {
    this.#serial += 1;
    const invite = request(
      'INVITE',
      uri,
      [
        ...this.#head(),
        ...this.#serviceRoute.map((route): Header => ['Route', route]),
        ['From', `<${this.impu}>;tag=${this.name}${this.#serial}`],
        ['To', `<${uri}>`],
        ['Call-ID', `${this.name.toLowerCase()}-${this.#serial}@page.invalid`],
        ['CSeq', '1 INVITE'],
        ['Contact', this.contact],
        ['Supported', 'timer'],
        ['Content-Type', 'application/sdp'],
      ],
      `offer of ${this.name}`,
    );
    const call: UeCall = {
      role: 'caller',
      invite,
      state: 'ringing',
      cancelled: false,
      remote: undefined,
      final: undefined,
      cseq: 1,
    };
    this.calls.push(call);
    await this.#send(invite);
    await this.#surroundings.settle();
    return call;
  }

  /** Answers a call that came in: 180, 486, 603, or 200 with an SDP. */
  async respond(status: number, call = this.call): Promise<void> {
    if (call.role !== 'called' || call.state !== 'ringing') fail(`${this.name} has nothing to answer`);
    if (status >= 300) call.state = 'over';
    else if (status >= 200) call.state = 'talking';
    const accepted = status >= 200 && status < 300;
    this.#answer(call.invite, status, accepted ? `answer of ${this.name}` : undefined);
    await this.#surroundings.settle();
  }

  /** CANCEL of a call that was not answered. */
  async cancel(call = this.call): Promise<void> {
    const { invite } = call;
    call.cancelled = true;
    const headers = ['Via', 'Max-Forwards', 'Route', 'From', 'To', 'Call-ID'].flatMap((name) =>
      headerValues(invite, name).map((value): Header => [name, value]),
    );
    await this.#send(request('CANCEL', invite.uri, [...headers, ['CSeq', '1 CANCEL']]));
    await this.#surroundings.settle();
  }

  /** BYE of a call that was answered. */
  async hangUp(call = this.call): Promise<void> {
    call.state = 'over';
    call.cseq += 1;
    await this.#send(this.#within(call, 'BYE', call.cseq));
    await this.#surroundings.settle();
  }

  /** The connection breaks; the phone forgets its calls when its page is gone with it. */
  async drop({ forgetCalls = true } = {}): Promise<void> {
    if (forgetCalls) this.calls.splice(0);
    const transport = this.#transport;
    this.#peer = undefined;
    this.#transport = undefined;
    await transport?.close();
  }

  async #send(message: SipMessage): Promise<void> {
    await this.#flow().then((flow) => flow.send(serializeMessage(message)));
  }

  async #flow(): Promise<SipFlow> {
    if (this.#transport === undefined) {
      const transport = this.#surroundings.transport();
      this.#transport = transport;
      const peer = await SipPeer.start(transport);
      this.#peer = peer;
      peer.onMessage = (message) => {
        if (this.#peer === peer && this.talks) this.#take(message);
      };
    }
    return this.#transport.flowTo(this.#surroundings.pcscf);
  }

  #take(message: SipMessage): void {
    if (message.kind === 'request') this.#request(message);
    else if (cseq(message)?.method === 'REGISTER') this.#registered(message);
    else if (cseq(message)?.method === 'INVITE') this.#invited(message);
    else if (cseq(message)?.method === 'SUBSCRIBE' && message.status >= 200) this.subscribeAnswers.push(message);
  }

  #request(message: SipRequest): void {
    const call = this.calls.find((one) => callId(one.invite) === callId(message) && one.role !== 'caller');
    switch (message.method) {
      case 'INVITE':
        if (call !== undefined) return;
        this.calls.push({
          role: 'called',
          invite: message,
          state: 'ringing',
          cancelled: false,
          remote: {
            address: header(message, 'From') ?? '',
            target: contacts(message)[0]?.uriText ?? '',
            routes: headerValues(message, 'Record-Route'),
          },
          final: undefined,
          cseq: 0,
        });
        return;
      case 'CANCEL':
        this.#answer(message, 200);
        if (call?.state !== 'ringing') return;
        call.state = 'over';
        this.#answer(call.invite, 487);
        return;
      case 'BYE':
        for (const one of this.calls) if (callId(one.invite) === callId(message)) one.state = 'over';
        this.#answer(message, 200);
        return;
      case 'ACK':
        return;
      case 'NOTIFY':
        this.told.push(message);
        this.#answer(message, 200);
        return;
      default:
        this.#answer(message, 200);
    }
  }

  #registered(message: SipResponse): void {
    const challenge = parseAuth(header(message, 'WWW-Authenticate') ?? '');
    if (message.status === 401 && challenge.ok && this.#challenges < MAX_CHALLENGES) {
      this.#challenges += 1;
      const expiresS = this.#askedExpiresS;
      void this.#send(this.#registerRequest(this.#credentials(challenge.value), expiresS));
      return;
    }
    this.registerAnswers.push(message);
    if (message.status < 300) this.#serviceRoute = headerValues(message, 'Service-Route');
  }

  #askedExpiresS = 0;

  #credentials(challenge: AuthValue): readonly Credential[] {
    const answer = authorizationForChallenge(this.#card, challenge.params, {
      method: 'REGISTER',
      uri: `sip:${D}`,
      cnonce: 'c0ffee',
      username: this.impi,
    });
    if (answer.kind === 'unusable') return fail(answer.code);
    if (!this.spoilResponse) return answer.params;
    return answer.params.map(([name, value, quoted]) => [name, name === 'response' ? '0'.repeat(32) : value, quoted]);
  }

  #invited(message: SipResponse): void {
    const call = this.calls.find((one) => one.role === 'caller' && callId(one.invite) === callId(message));
    if (call === undefined || message.status === 100) return;
    if (tagOf(message, 'To') !== '') {
      call.remote = {
        address: header(message, 'To') ?? '',
        target: contacts(message)[0]?.uriText ?? call.remote?.target ?? call.invite.uri,
        routes: headerValues(message, 'Record-Route').toReversed(),
      };
    }
    if (message.status < 200) return;
    call.final = message;
    if (message.status < 300) {
      call.state = call.cancelled ? 'over' : 'talking';
      void this.#send(this.#within(call, 'ACK', 1));
      if (!call.cancelled) return;
      call.cseq += 1;
      void this.#send(this.#within(call, 'BYE', call.cseq));
    } else {
      call.state = 'over';
      void this.#send(ackOfRefusal(call.invite, message));
    }
  }

  #answer(to: SipRequest, status: number, sdp?: string): void {
    const headers: Header[] = headerValues(to, 'Record-Route').map((route) => ['Record-Route', route]);
    if (to.method === 'INVITE' && status < 300) headers.push(['Contact', this.contact]);
    if (sdp !== undefined) headers.push(['Content-Type', 'application/sdp']);
    void this.#send(response(to, status, { toTag: this.name, headers, ...(sdp !== undefined && { body: sdp }) }));
  }

  #within(call: UeCall, method: string, number: number): SipRequest {
    const { remote, invite, role } = call;
    if (remote === undefined) return fail(`${this.name} does not know the other end yet`);
    const own = role === 'caller' ? header(invite, 'From') : `${header(invite, 'To')};tag=${this.name}`;
    return request(method, remote.target, [
      ...this.#head(),
      ...remote.routes.map((route): Header => ['Route', route]),
      ['From', own ?? ''],
      ['To', remote.address],
      ['Call-ID', callId(invite)],
      ['CSeq', `${number} ${method}`],
    ]);
  }

  #registerRequest(credentials: readonly Credential[], expiresS: number): SipRequest {
    this.#serial += 1;
    this.#askedExpiresS = expiresS;
    return request('REGISTER', `sip:${D}`, [
      ...this.#head(),
      ['From', `<${this.impu}>;tag=reg`],
      ['To', `<${this.impu}>`],
      ['Call-ID', `reg-${this.name}`],
      ['CSeq', `${this.#serial} REGISTER`],
      ['Contact', `${this.contact};reg-id=1;+sip.instance="<urn:uuid:${this.name}>"`],
      ['Expires', String(expiresS)],
      ['Supported', 'path, outbound'],
      ['Authorization', serializeAuth('Digest', credentials)],
    ]);
  }

  #head(): readonly Header[] {
    this.#serial += 1;
    return [
      ['Via', `SIP/2.0/WS ${this.name.toLowerCase()}.invalid;branch=z9hG4bK${this.name}${this.#serial}`],
      ['Max-Forwards', '70'],
    ];
  }

  #newCard(k: Uint8Array, seq: number): Card {
    const { subscriber, credentials } = this.#seeded;
    const sqnMs = new Array<number>(SEQ_ARRAY_LENGTH).fill(seq);
    return createCard({ ...subscriber, impus: [], domain: D, k, opc: credentials.opc, sqnMs });
  }
}

type Credential = readonly [name: string, value: string, quoted: boolean];

/** The ACK that belongs to the INVITE's own transaction. @see RFC 3261 §17.1.1.3 */
function ackOfRefusal(invite: SipRequest, refusal: SipResponse): SipRequest {
  const copied = ['Via', 'Max-Forwards', 'Route', 'From', 'Call-ID'].flatMap((name) =>
    headerValues(invite, name).map((value): Header => [name, value]),
  );
  return request('ACK', invite.uri, [...copied, ['To', header(refusal, 'To') ?? ''], ['CSeq', '1 ACK']]);
}

function fail(text: string): never {
  throw new Error(text);
}
