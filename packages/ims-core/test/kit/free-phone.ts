import type { SipFlow, SipHop } from '../../src/ports/sip-transport.ts';
import { request, response } from '../../src/protocols/sip/build.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../src/protocols/sip/message.ts';
import { callId, contacts, cseq, header, headerValues } from '../../src/protocols/sip/read.ts';
import { D, tcpHop } from './core-lab.ts';
import type { ImsLab } from './ims-lab.ts';
import { SipPeer } from './sip-peer.ts';
import { TestUe } from './test-ue.ts';

export type Header = readonly [name: string, value: string];

/** One end of a dialog: what its requests are made of. */
export interface End {
  readonly target: string;
  readonly routes: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly callId: string;
}

export interface Words {
  readonly headers?: readonly Header[];
  readonly from?: string;
  /** Route lines of an initial request; default the P-CSCF's and the Service-Route. */
  readonly routes?: readonly string[];
  readonly callId?: string;
  readonly cseq?: number;
  readonly maxForwards?: number;
  readonly body?: string;
  readonly contentType?: string;
}

export interface Kind {
  /** Tells apart two phones with the same SIM. */
  readonly device?: string;
  /** A phone on TCP that speaks plain RTP, in place of a browser. */
  readonly native?: boolean;
}

/**
 * A phone of the lab that says whatever a test wants, true or false. It answers nothing by itself.
 */
export class FreePhone {
  readonly sim: TestUe;
  readonly peer: SipPeer;
  serviceRoute: readonly string[] = [];
  readonly #lab: ImsLab;
  readonly #hop: SipHop;
  #serial = 0;
  #flow: SipFlow | undefined;

  private constructor(lab: ImsLab, hop: SipHop, sim: TestUe, peer: SipPeer) {
    this.#lab = lab;
    this.#hop = hop;
    this.sim = sim;
    this.peer = peer;
  }

  static async open(lab: ImsLab, name: string, { device = '', native = false }: Kind = {}): Promise<FreePhone> {
    const peer = await SipPeer.start(lab.core.network.node([], '127.0.0.1'));
    const hop = native ? tcpHop('pcscf') : lab.webSocket;
    return new FreePhone(lab, hop, new TestUe(name, { algorithm: 'AKAv2-SHA-256', device }), peer);
  }

  static async registered(lab: ImsLab, name: string, options: Kind = {}): Promise<FreePhone> {
    const phone = await FreePhone.open(lab, name, options);
    const { status } = await phone.register();
    if (status !== 200) throw new Error(`${name} was not registered but answered ${status}`);
    return phone;
  }

  get impu(): string {
    return this.sim.impu;
  }

  /** Registers with its card; `headers` and `to` are as the test wants. `expires` 0 de-registers. */
  async register({
    to = this.impu,
    expires = 600_000,
    headers: more = [],
  }: {
    to?: string;
    expires?: number;
    headers?: readonly Header[];
  } = {}) {
    const headers: readonly Header[] = [['Expires', String(expires)], ...more];
    const challenge = await this.ask(this.registerRequest(this.sim.announcement(), to, headers));
    if (challenge.status !== 401) return challenge;
    const final = await this.ask(this.registerRequest(this.sim.answer(challenge), to, headers));
    if (final.status < 300) this.serviceRoute = headerValues(final, 'Service-Route');
    return final;
  }

  registerRequest(authorization: string, to = this.impu, headers: readonly Header[] = []): SipRequest {
    this.#serial += 1;
    return request('REGISTER', `sip:${D}`, [
      ['Via', this.#via()],
      ['Max-Forwards', '70'],
      ['From', `<${to}>;tag=reg`],
      ['To', `<${to}>`],
      ['Call-ID', `reg-${this.sim.name}`],
      ['CSeq', `${this.#serial} REGISTER`],
      ['Contact', `${this.sim.contact};reg-id=1;+sip.instance="<urn:uuid:${this.sim.name}>"`],
      ['Supported', 'path, outbound'],
      ['Authorization', authorization],
      ...headers,
    ]);
  }

  /** An initial request. */
  initial(method: string, uri: string, words: Words = {}): SipRequest {
    this.#serial += 1;
    const routes = words.routes ?? [`<sip:pcscf.${D}:5060;lr>`, ...this.serviceRoute];
    const end = {
      target: uri,
      routes,
      from: words.from ?? `<${this.impu}>;tag=${this.sim.name}${this.#serial}`,
      to: `<${uri}>`,
      callId: words.callId ?? `${this.sim.name}-${this.#serial}`,
    };
    return this.#compose(method, end, words.cseq ?? 1, words);
  }

  /** A request within a dialog. */
  within(end: End, method: string, number: number, words: Words = {}): SipRequest {
    return this.#compose(method, end, number, words);
  }

  /** Its connection breaks; the next message opens another one. */
  async lose(): Promise<void> {
    this.#flow?.close();
    await this.#lab.core.clock.settle();
  }

  /** Sends, and everything that follows at once happens. */
  async say(message: SipMessage): Promise<void> {
    this.#flow = await this.peer.sendTo(this.#hop, message);
    await this.#lab.core.settle();
  }

  /** Sends a request and gives its final response. */
  async ask(message: SipRequest): Promise<SipResponse> {
    await this.say(message);
    const final = this.answersTo(message).find(({ status }) => status >= 200);
    if (final === undefined) throw new Error(`${this.sim.name} got no final response: ${this.peer.log.join(' ')}`);
    return final;
  }

  /** The responses to a request so far. */
  answersTo(message: SipRequest): readonly SipResponse[] {
    const asked = cseq(message);
    return this.peer.responses.filter((each) => {
      const answered = cseq(each);
      return (
        callId(each) === callId(message) && answered?.number === asked?.number && answered?.method === asked?.method
      );
    });
  }

  /** Answers a request that came, as a user agent does: Record-Route copied, own tag and contact. */
  async answer(to: SipRequest, status: number, words: Pick<Words, 'headers' | 'body'> & { tag?: string } = {}) {
    const recorded = headerValues(to, 'Record-Route').map((route): Header => ['Record-Route', route]);
    const sdp: readonly Header[] = words.body === undefined ? [] : [['Content-Type', 'application/sdp']];
    this.peer.reply(
      to,
      response(to, status, {
        toTag: words.tag ?? this.sim.name,
        headers: [
          ...(status < 300 ? recorded : []),
          ...(status < 300 ? [['Contact', this.sim.contact] as const] : []),
          ...sdp,
          ...(words.headers ?? []),
        ],
        ...(words.body !== undefined && { body: words.body }),
      }),
    );
    await this.#lab.core.settle();
  }

  #compose(method: string, end: End, number: number, words: Words): SipRequest {
    return request(
      method,
      end.target,
      [
        ['Via', this.#via()],
        ['Max-Forwards', String(words.maxForwards ?? 70)],
        ...end.routes.map((route): Header => ['Route', route]),
        ['From', end.from],
        ['To', end.to],
        ['Call-ID', end.callId],
        ['CSeq', `${number} ${method}`],
        ['Contact', this.sim.contact],
        ...(words.headers ?? []),
        ...(words.body === undefined ? [] : [['Content-Type', words.contentType ?? 'application/sdp'] as const]),
      ],
      words.body,
    );
  }

  #via(): string {
    this.#serial += 1;
    return `SIP/2.0/${this.#hop.transport} ${this.sim.name.toLowerCase()}.invalid;branch=z9hG4bK${this.sim.name}${this.#serial}`;
  }
}

/** The caller's end of the dialog that a response made. */
export function callerEnd(answer: SipResponse): End {
  return {
    target: contacts(answer)[0]?.uriText ?? '',
    routes: headerValues(answer, 'Record-Route').toReversed(),
    from: header(answer, 'From') ?? '',
    to: header(answer, 'To') ?? '',
    callId: callId(answer),
  };
}

/** The called end of the dialog that a phone made by answering with its tag. */
export function calledEnd(invite: SipRequest, tag: string): End {
  return {
    target: contacts(invite)[0]?.uriText ?? '',
    routes: headerValues(invite, 'Record-Route'),
    from: `${header(invite, 'To')};tag=${tag}`,
    to: header(invite, 'From') ?? '',
    callId: callId(invite),
  };
}

/** A call from one phone to another, talking. */
export async function connect(caller: FreePhone, called: FreePhone, words: Words = {}) {
  const invite = caller.initial('INVITE', called.impu, { body: 'offer', ...words });
  await caller.say(invite);
  const received = called.peer.last('INVITE');
  await called.answer(received, 180);
  await called.answer(received, 200, { body: 'answer' });
  const ok = caller.answersTo(invite).at(-1);
  if (ok?.status !== 200) throw new Error(`the call was answered ${ok?.status}`);
  const here = callerEnd(ok);
  await caller.say(caller.within(here, 'ACK', 1));
  return { invite, received, ok, caller: here, called: calledEnd(received, called.sim.name) };
}
