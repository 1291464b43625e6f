import { createPcscf, type Pcscf } from '../../src/nodes/pcscf/pcscf.ts';
import type { SipFlow, SipHop, SipTransport, SipTransportName } from '../../src/ports/sip-transport.ts';
import { request, response } from '../../src/protocols/sip/build.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../src/protocols/sip/message.ts';
import { serializeNameAddr } from '../../src/protocols/sip/name-addr.ts';
import { header, headerValues, routes } from '../../src/protocols/sip/read.ts';
import { serializeMessage } from '../../src/protocols/sip/serialize.ts';
import { FakeMediaRelay } from './fake-media-relay.ts';
import { MemoryNetwork } from './memory-network.ts';
import { RecordingTrace } from './recording-trace.ts';
import { SeededRandom } from './seeded-random.ts';
import { SipPeer } from './sip-peer.ts';
import { VirtualClock } from './virtual-clock.ts';

export const D = 'ims.mnc001.mcc001.3gppnetwork.org';
export const ALICE = `sip:+15550001001@${D}`;
export const BOB = `sip:+15550001002@${D}`;
export const ALICE_IMPI = `001010000000001@${D}`;
export const BOB_IMPI = `001010000000002@${D}`;
export const SERVICE_ROUTE = `<sip:orig-7@scscf.${D}:6060;transport=tcp;lr>`;
export const SDP = 'application/sdp';

const HOST = '127.0.0.1';
const hop = (transport: SipTransportName, port: number, host = HOST): SipHop => ({ transport, host, port });
const corePorts = new Map([
  [D, 4060],
  [`icscf.${D}`, 4060],
  [`scscf.${D}`, 6060],
]);

export type Headers = readonly (readonly [name: string, value: string])[];

/** A P-CSCF between phones and one scripted peer that stands for I- and S-CSCF. */
export class PcscfLab {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly trace = new RecordingTrace();
  readonly media = new FakeMediaRelay();
  readonly warnings: string[] = [];
  readonly pcscf: Pcscf;
  core!: SipPeer;
  #branch = 0;

  private constructor(subscribesToRegEvent: boolean) {
    this.pcscf = createPcscf({
      config: {
        domain: D,
        host: `pcscf.${D}`,
        port: 5060,
        webSocketPort: 8080,
        trustedSources: [HOST],
        subscribesToRegEvent,
        session: { sessionExpiresS: 1800, minSeS: 90 },
      },
      clock: this.clock,
      random: new SeededRandom(3),
      transport: this.network.node([hop('UDP', 5060), hop('TCP', 5060), hop('WS', 8080)]),
      resolver: {
        resolve: ({ host }) => {
          const port = corePorts.get(host);
          return port === undefined ? [] : [hop('TCP', port)];
        },
      },
      trace: this.trace,
      media: this.media,
      nameOf: (identity) => {
        if (identity.includes('+15550001001') || identity.includes('001010000000001@')) {
          return { id: '001010000000001', label: 'Alice' };
        }
        if (identity.includes('+15550001002') || identity.includes('001010000000002@')) {
          return { id: '001010000000002', label: 'Bob' };
        }
        return undefined;
      },
      partyOf: () => ({ node: 'scscf', id: '', label: 'Core' }),
      log: { warn: (_facts, text) => this.warnings.push(text), error: (_facts, text) => this.warnings.push(text) },
    });
  }

  /** @param options.subscribesToRegEvent true: it watches registrations at the peer */
  static async start({ subscribesToRegEvent = false } = {}): Promise<PcscfLab> {
    const lab = new PcscfLab(subscribesToRegEvent);
    await lab.pcscf.start();
    lab.core = await SipPeer.start(lab.network.node([hop('TCP', 4060), hop('TCP', 6060)]));
    return lab;
  }

  /** Lets everything under way arrive. */
  async run(ms = 20): Promise<void> {
    await this.clock.advance(ms);
  }

  async phone(options: PhoneOptions = {}): Promise<Phone> {
    const transport = options.transport ?? 'WS';
    const host = options.address ?? HOST;
    const listening = transport === 'UDP' ? [hop('UDP', options.port ?? 40_060, host)] : [];
    const node = this.network.node(listening, host);
    return new Phone(this, await SipPeer.start(node), node, { ...options, transport });
  }

  /** A phone that is registered. */
  async registered(options: PhoneOptions = {}): Promise<Phone> {
    const phone = await this.phone(options);
    await phone.register();
    return phone;
  }

  /** A request of the core to the P-CSCF. */
  async fromCore(message: SipRequest): Promise<void> {
    await this.core.sendTo(hop('TCP', 5060), message);
    await this.run();
  }

  async answer(to: SipRequest, status: number, options: AnswerOptions = {}): Promise<void> {
    this.core.reply(to, answerTo(to, status, options));
    await this.run();
  }

  /** A call of this phone that the core answers; the phone acknowledges it. */
  async call(phone: Phone, callId = 'call-1'): Promise<Call> {
    await phone.send(phone.request('INVITE', { callId, sdp: 'A' }));
    const invite = this.core.last('INVITE');
    await this.answer(invite, 200, { contact: FAR, sdp: 'B', headers: [['Record-Route', CORE_ROUTE]] });
    const ok = phone.lastResponse();
    const call: Call = {
      inDialog: { callId, toTag: 'far1', uri: FAR, routes: routeSetOf(ok) },
      coreRoutes: routeSetOf(ok).slice(0, 2).toReversed(),
      invite,
      ok,
    };
    await phone.send(phone.request('ACK', call.inDialog));
    return call;
  }

  /** A request of the far end within a call. */
  async within(
    call: Call,
    method: string,
    options: { cseq?: number; headers?: Headers; sdp?: string } = {},
  ): Promise<void> {
    this.#branch += 1;
    await this.fromCore(
      request(
        method,
        `sip:alice@page1.invalid;transport=ws`,
        [
          ['Via', `SIP/2.0/TCP 127.0.0.1:6060;branch=z9hG4bKwithin${this.#branch}`],
          ['Max-Forwards', '66'],
          ...call.coreRoutes.map((route) => ['Route', route] as const),
          ['From', `<${BOB}>;tag=far1`],
          ['To', `<${ALICE}>;tag=a1`],
          ['Call-ID', call.inDialog.callId],
          ['CSeq', `${options.cseq ?? 1} ${method}`],
          ['Contact', `<${FAR}>`],
          ...(options.headers ?? []),
          ...(options.sdp === undefined ? [] : [['Content-Type', SDP] as const]),
        ],
        options.sdp,
      ),
    );
  }

  /** The 200 of a registrar. */
  async grant(register: SipRequest, headers: Headers = [], serviceRoute = SERVICE_ROUTE): Promise<void> {
    const user = header(register, 'To')?.includes('+15550001002') ? BOB : ALICE;
    await this.answer(register, 200, {
      headers: [
        ['Contact', header(register, 'Contact') ?? '*'],
        ['P-Associated-URI', `<${user}>, <tel:${user.slice(4, 16)}>`],
        ['Service-Route', serviceRoute],
        ['Path', header(register, 'Path') ?? ''],
        ['P-Charging-Vector', `${header(register, 'P-Charging-Vector')};term-ioi="Type 1${D}"`],
        ['P-Charging-Function-Addresses', `ccf="aaa://cdf.${D}:3868"`],
        ...headers,
      ],
    });
  }
}

/** Contact of the far end of a call. */
export const FAR = `sip:bob@scscf.${D}:6060;transport=tcp`;
/** Record-Route entry of the S-CSCF. */
export const CORE_ROUTE = `<sip:scscf.${D}:6060;transport=tcp;lr>`;

export interface Call {
  /** For `phone.request(method, ...)` within the dialog. */
  readonly inDialog: {
    readonly callId: string;
    readonly toTag: string;
    readonly uri: string;
    readonly routes: readonly string[];
  };
  /** The P-CSCF's entries as the core has them in its Route. */
  readonly coreRoutes: readonly string[];
  readonly invite: SipRequest;
  readonly ok: SipResponse;
}

export interface AnswerOptions {
  readonly toTag?: string;
  readonly contact?: string;
  readonly headers?: Headers;
  readonly sdp?: string;
}

/** A response as a user agent makes it: Record-Route copied, To tag above 100. */
export function answerTo(to: SipRequest, status: number, options: AnswerOptions = {}): SipResponse {
  const recorded = routes(to, 'Record-Route').map((entry) => ['Record-Route', serializeNameAddr(entry)] as const);
  return response(to, status, {
    ...(status > 100 ? { toTag: options.toTag ?? 'far1' } : {}),
    headers: [
      ...(options.headers ?? []),
      ...(status < 300 && to.method !== 'REGISTER' ? recorded : []),
      ...(options.contact === undefined ? [] : [['Contact', `<${options.contact}>`] as const]),
      ...(options.sdp === undefined ? [] : [['Content-Type', SDP] as const]),
    ],
    ...(options.sdp === undefined ? {} : { body: options.sdp }),
  });
}

export interface PhoneOptions {
  readonly transport?: SipTransportName;
  readonly user?: 'alice' | 'bob';
  readonly address?: string;
  readonly port?: number;
  readonly contact?: string;
}

export interface RequestOptions {
  readonly uri?: string;
  readonly to?: string;
  readonly toTag?: string;
  readonly fromTag?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly headers?: Headers;
  readonly routes?: readonly string[];
  readonly sdp?: string;
}

/** A UE that says what the test wants. */
export class Phone {
  readonly lab: PcscfLab;
  readonly peer: SipPeer;
  readonly contact: string;
  readonly impu: string;
  readonly impi: string;
  readonly #transport: SipTransport;
  readonly #options: PhoneOptions & { transport: SipTransportName };
  #cseq = 0;
  #branch = 0;

  constructor(
    lab: PcscfLab,
    peer: SipPeer,
    transport: SipTransport,
    options: PhoneOptions & { transport: SipTransportName },
  ) {
    this.lab = lab;
    this.peer = peer;
    this.#transport = transport;
    this.#options = options;
    const user = options.user ?? 'alice';
    this.impu = user === 'alice' ? ALICE : BOB;
    this.impi = user === 'alice' ? ALICE_IMPI : BOB_IMPI;
    const webSocket = options.transport === 'WS';
    this.contact =
      options.contact ?? (webSocket ? `sip:${user}@page1.invalid;transport=ws` : `sip:${user}@${HOST}:40060`);
  }

  /** Another phone that sends from the same address. */
  neighbour(user: 'alice' | 'bob'): Phone {
    return new Phone(this.lab, this.peer, this.#transport, { ...this.#options, user });
  }

  flow(): Promise<SipFlow> {
    const { transport } = this.#options;
    return this.#transport.flowTo(hop(transport, transport === 'WS' ? 8080 : 5060));
  }

  async send(message: SipMessage): Promise<void> {
    (await this.flow()).send(serializeMessage(message));
    await this.lab.run();
  }

  /** The connection breaks. */
  async lose(): Promise<void> {
    (await this.flow()).close();
    await this.lab.run(0);
  }

  registerRequest(
    options: { expires?: number; authorization?: string | null; headers?: Headers; contact?: string } = {},
  ) {
    const authorization =
      options.authorization ??
      `Digest username="${this.impi}", realm="${D}", uri="sip:${D}", nonce="", response="", algorithm=AKAv2-SHA-256`;
    this.#cseq += 1;
    const instance =
      this.#options.transport === 'WS' ? `;reg-id=1;+sip.instance="<urn:uuid:${this.impi.slice(0, 15)}>"` : '';
    return request('REGISTER', `sip:${D}`, [
      this.#via('REGISTER'),
      ['Max-Forwards', '70'],
      ['From', `<${this.impu}>;tag=f1`],
      ['To', `<${this.impu}>`],
      ['Call-ID', `reg-${this.impi}`],
      ['CSeq', `${this.#cseq} REGISTER`],
      ['Contact', `<${options.contact ?? this.contact}>${instance};expires=${options.expires ?? 600}`],
      ['Supported', 'path, gruu, outbound'],
      ...(options.authorization === null ? [] : [['Authorization', authorization] as const]),
      ...(options.headers ?? []),
    ]);
  }

  /** Registers; the core grants it at once. Returns the REGISTER as the core saw it. */
  async register(options: Parameters<Phone['registerRequest']>[0] = {}): Promise<SipRequest> {
    await this.send(this.registerRequest(options));
    const register = this.lab.core.last('REGISTER');
    await this.lab.grant(register);
    return register;
  }

  request(method: string, options: RequestOptions = {}): SipRequest {
    const to = `<${options.to ?? BOB}>`;
    return request(
      method,
      options.uri ?? options.to ?? BOB,
      [
        this.#via(method),
        ['Max-Forwards', '70'],
        ...(options.routes ?? [`<sip:pcscf.${D}:5060;lr>`, SERVICE_ROUTE]).map((route) => ['Route', route] as const),
        ['From', `<${this.impu}>;tag=${options.fromTag ?? 'a1'}`],
        ['To', options.toTag === undefined ? to : `${to};tag=${options.toTag}`],
        ['Call-ID', options.callId ?? 'call-1'],
        ['CSeq', `${options.cseq ?? 1} ${method}`],
        ['Contact', `<${this.contact}>`],
        ...(options.headers ?? []),
        ...(options.sdp === undefined ? [] : [['Content-Type', SDP] as const]),
      ],
      options.sdp,
    );
  }

  async answer(to: SipRequest, status: number, options: AnswerOptions = {}): Promise<void> {
    this.peer.reply(to, answerTo(to, status, { toTag: 'u1', contact: this.contact, ...options }));
    await this.lab.run();
  }

  lastResponse(): SipResponse {
    const last = this.peer.responses.at(-1);
    if (last === undefined) throw new Error('no response came');
    return last;
  }

  #via(method: string): readonly [string, string] {
    this.#branch += 1;
    const { transport } = this.#options;
    const sentBy = transport === 'WS' ? 'page1.invalid' : `${HOST}:${this.#options.port ?? 40_060}`;
    const branch = `z9hG4bK${this.#options.user ?? 'alice'}${method}${this.#branch}`;
    return ['Via', `SIP/2.0/${transport} ${sentBy};branch=${branch};rport;keep`];
  }
}

/** Route set of a caller: Record-Route of a response, upside down. */
export function routeSetOf(message: SipResponse): readonly string[] {
  return routes(message, 'Record-Route').map(serializeNameAddr).toReversed();
}

export function values(message: SipMessage, name: string): readonly string[] {
  return headerValues(message, name);
}
