import type { SipFlow, SipHop, SipTransportName } from '../../src/ports/sip-transport.ts';
import { createSipStack, type RunningSipStack, type SipStackDeps } from '../../src/protocols/proxy/create-sip-stack.ts';
import { popOwnRoutes } from '../../src/protocols/proxy/route.ts';
import type { ForwardOptions, ForwardOutcome, IncomingRequest } from '../../src/protocols/proxy/stack.ts';
import { request } from '../../src/protocols/sip/build.ts';
import { MessageEdit } from '../../src/protocols/sip/edit.ts';
import type { SipRequest } from '../../src/protocols/sip/message.ts';
import type { Uri } from '../../src/protocols/sip/uri.ts';
import type { TraceParty } from '../../src/trace/event.ts';
import { MemoryNetwork } from './memory-network.ts';
import { RecordingTrace } from './recording-trace.ts';
import { SeededRandom } from './seeded-random.ts';
import { SipPeer } from './sip-peer.ts';
import { VirtualClock } from './virtual-clock.ts';

export const callerHop: SipHop = { transport: 'UDP', host: '192.0.2.1', port: 5060 };
export const proxyHops: readonly SipHop[] = [
  { transport: 'UDP', host: '192.0.2.10', port: 5060 },
  { transport: 'TCP', host: '192.0.2.10', port: 5060 },
];

/** A callee's hop: 1 is 192.0.2.21. */
export function calleeHop(number: number, transport: SipTransportName = 'UDP'): SipHop {
  return { transport, host: `192.0.2.2${number}`, port: 5060 };
}

export interface ProxyLabOptions {
  /** What the proxy does with each request. Default: forward it where its Route or Request-URI says. */
  readonly handler?: (lab: ProxyLab, incoming: IncomingRequest) => Promise<void>;
  readonly forwardOptions?: ForwardOptions;
  readonly callees?: number;
  readonly transport?: SipTransportName;
  readonly deps?: Partial<SipStackDeps>;
}

/** One proxy between a caller and some callees, on a network in memory. */
export class ProxyLab {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly trace = new RecordingTrace();
  readonly outcomes: ForwardOutcome[] = [];
  readonly incoming: IncomingRequest[] = [];
  readonly #options: ProxyLabOptions;
  stack: RunningSipStack;
  caller!: SipPeer;
  callees: SipPeer[] = [];

  private constructor(options: ProxyLabOptions) {
    this.#options = options;
    this.stack = createSipStack({
      node: { node: 'scscf', id: '', label: 'Proxy' },
      transport: this.network.node(proxyHops),
      resolver: { resolve: (target) => this.#resolve(target.host, target.port, target.transport) },
      clock: this.clock,
      random: new SeededRandom(7),
      trace: this.trace,
      isOwn: isProxyUri,
      partyOf: partyAt,
      handler: async (incoming) => {
        this.incoming.push(incoming);
        await (options.handler ?? forwardAll)(this, incoming);
      },
      ...options.deps,
    });
  }

  static async start(options: ProxyLabOptions = {}): Promise<ProxyLab> {
    const lab = new ProxyLab(options);
    await lab.stack.start();
    const callerTransport = options.transport ?? 'UDP';
    lab.caller = await SipPeer.start(lab.network.node([{ ...callerHop, transport: callerTransport }]));
    for (let number = 1; number <= (options.callees ?? 1); number += 1) {
      lab.callees.push(await SipPeer.start(lab.network.node([calleeHop(number), calleeHop(number, 'TCP')])));
    }
    return lab;
  }

  /** The nth callee, from 1. */
  callee(number = 1): SipPeer {
    const callee = this.callees[number - 1];
    if (callee === undefined) throw new Error(`there is no callee ${number}`);
    return callee;
  }

  /** The caller sends a request to the proxy, and it arrives. */
  async call(message: SipRequest): Promise<SipFlow> {
    const transport = this.#options.transport ?? 'UDP';
    const proxy = proxyHops.find((hop) => hop.transport === transport);
    if (proxy === undefined) throw new Error(`the proxy has no ${transport}`);
    const flow = await this.caller.sendTo(proxy, message);
    await this.clock.advance(2);
    return flow;
  }

  get forwardOptions(): ForwardOptions {
    return this.#options.forwardOptions ?? {};
  }

  #resolve(host: string, port = 5060, transport: SipTransportName = 'UDP'): readonly SipHop[] {
    return /^192\.0\.2\.\d+$/.test(host) ? [{ transport, host, port }] : [];
  }
}

/** Own routes popped, then one branch. */
async function forwardAll(lab: ProxyLab, incoming: IncomingRequest): Promise<void> {
  const edit = new MessageEdit(incoming.message);
  popOwnRoutes(edit, isProxyUri);
  if (incoming.message.method === 'ACK') {
    lab.stack.forwardStateless(incoming, edit.done());
    return;
  }
  lab.outcomes.push(await lab.stack.forward(incoming, [{ request: edit.done() }], lab.forwardOptions));
}

export function isProxyUri(uri: Uri): boolean {
  return uri.kind === 'sip' && uri.host === '192.0.2.10';
}

function partyAt(peer: SipFlow | SipHop): TraceParty {
  const hop = 'remote' in peer ? peer.remote : peer;
  const label = hop.host === callerHop.host ? 'Caller' : `Callee ${hop.host.slice(-1)}`;
  return { node: 'other', id: hop.host, label };
}

export interface RequestOptions {
  readonly method?: string;
  readonly uri?: string;
  readonly branch?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly toTag?: string;
  readonly transport?: SipTransportName;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly maxForwards?: number | null;
}

/** A request of the caller to callee 1. */
export function callerRequest(options: RequestOptions = {}): SipRequest {
  const method = options.method ?? 'INVITE';
  const to = '<sip:bob@192.0.2.21>';
  const maxForwards = options.maxForwards === undefined ? 70 : options.maxForwards;
  return request(method, options.uri ?? 'sip:bob@192.0.2.21', [
    ['Via', `SIP/2.0/${options.transport ?? 'UDP'} 192.0.2.1:5060;branch=${options.branch ?? 'z9hG4bKcall1'}`],
    ...(maxForwards === null ? [] : [['Max-Forwards', String(maxForwards)] as const]),
    ['From', '<sip:alice@192.0.2.1>;tag=a1'],
    ['To', options.toTag === undefined ? to : `${to};tag=${options.toTag}`],
    ['Call-ID', options.callId ?? 'call-1'],
    ['CSeq', `${options.cseq ?? 1} ${method}`],
    ['Contact', '<sip:alice@192.0.2.1>'],
    ...(options.headers ?? []),
  ]);
}
