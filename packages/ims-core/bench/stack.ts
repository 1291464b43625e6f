/** What a request and its answer cost on their way through three boxes: processor time, and how much of an answered one stays. */
import type { Clock } from '../src/ports/clock.ts';
import type { SipFlow, SipHop, SipTransport, SipTransportHandler } from '../src/ports/sip-transport.ts';
import { createSipStack, type RunningSipStack } from '../src/protocols/proxy/create-sip-stack.ts';
import { popOwnRoutes } from '../src/protocols/proxy/route.ts';
import type { IncomingRequest } from '../src/protocols/proxy/stack.ts';
import { MessageEdit } from '../src/protocols/sip/edit.ts';
import { SeededRandom } from '../test/kit/seeded-random.ts';
import { register } from './messages.ts';

const ROUNDS = 5;
const REQUESTS_PER_ROUND = 2_000;
/** Answered on one turn of the event loop, as under load. */
const REQUESTS_AT_A_TIME = 20;
const BOXES = 3;

const clock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  after(delayMs, fire) {
    const handle = setTimeout(fire, delayMs).unref();
    return { stop: () => clearTimeout(handle) };
  },
};

type Deliver = () => void;
const underWay: Deliver[] = [];

/** Delivers what is under way, and what that sends. */
async function deliverAll(): Promise<void> {
  do {
    for (let next = underWay.shift(); next !== undefined; next = underWay.shift()) next();
    await new Promise((resolve) => setImmediate(resolve));
  } while (underWay.length > 0);
}

class Wire implements SipFlow {
  readonly id: string;
  readonly transport;
  readonly local: SipHop;
  readonly remote: SipHop;
  readonly reliable: boolean;
  readonly closed = false;
  arrive: (bytes: Uint8Array) => void = () => {};

  constructor(local: SipHop, remote: SipHop) {
    this.id = `${local.port}-${remote.port}`;
    this.transport = local.transport;
    this.local = local;
    this.remote = remote;
    this.reliable = local.transport !== 'UDP';
  }

  send(message: Uint8Array): boolean {
    const bytes = message.slice();
    underWay.push(() => this.arrive(bytes));
    return true;
  }

  onClose(): () => void {
    return () => {};
  }

  close(): void {}
}

class Box implements SipTransport {
  readonly listening: readonly SipHop[];
  readonly wires = new Map<number, Wire>();
  handler: SipTransportHandler | undefined;

  constructor(port: number) {
    this.listening = [
      { transport: 'UDP', host: '127.0.0.1', port },
      { transport: 'TCP', host: '127.0.0.1', port },
    ];
  }

  async start(handler: SipTransportHandler): Promise<void> {
    this.handler = handler;
  }

  openFlow({ port }: SipHop): SipFlow | undefined {
    return this.wires.get(port);
  }

  async flowTo(hop: SipHop): Promise<SipFlow> {
    const flow = this.openFlow(hop);
    if (flow === undefined) throw new Error(`nothing listens on ${hop.port}`);
    return flow;
  }

  flowById(): undefined {}

  async close(): Promise<void> {}
}

/** Two ends of one connection. */
function joined(transport: 'UDP' | 'TCP', from: number, to: number): { near: Wire; far: Wire } {
  const a: SipHop = { transport, host: '127.0.0.1', port: from };
  const b: SipHop = { transport, host: '127.0.0.1', port: to };
  return { near: new Wire(a, b), far: new Wire(b, a) };
}

async function boxes(answered: () => void): Promise<{ phone: Wire; stacks: readonly RunningSipStack[] }> {
  const transports = Array.from({ length: BOXES }, (_, at) => new Box(5060 + at));
  const stacks: RunningSipStack[] = [];
  for (const [at, transport] of transports.entries()) {
    const next: SipHop = { transport: 'TCP', host: '127.0.0.1', port: 5060 + at + 1 };
    const handler = async (incoming: IncomingRequest): Promise<void> => {
      const stack = stacks[at];
      if (at === BOXES - 1 || stack === undefined) {
        incoming.respond(200);
        return;
      }
      const edit = new MessageEdit(incoming.message);
      popOwnRoutes(edit, () => true);
      await stack.forward(incoming, [{ request: edit.done(), to: [next] }]);
    };
    const party = { node: 'pcscf', id: '', label: `box ${at}` } as const;
    let seq = 0;
    const stack = createSipStack({
      node: party,
      transport,
      resolver: { resolve: () => [next] },
      clock,
      random: new SeededRandom(at + 1),
      trace: { message: () => ++seq, record: () => ++seq },
      isOwn: () => false,
      partyOf: () => party,
      handler,
    });
    await stack.start();
    stacks.push(stack);
  }
  for (const [at, transport] of transports.entries()) {
    const after = transports[at + 1];
    if (after === undefined) continue;
    const { near, far } = joined('TCP', 40_000 + at, 5060 + at + 1);
    transport.wires.set(5060 + at + 1, near);
    near.arrive = (bytes) => after.handler?.message(far, bytes);
    far.arrive = (bytes) => transport.handler?.message(near, bytes);
  }
  const { near: phone, far } = joined('UDP', 30_000, 5060);
  phone.arrive = (bytes) => transports[0]?.handler?.message(far, bytes);
  far.arrive = answered;
  return { phone, stacks };
}

function liveOctets(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Prints two lines. What stays is told when node runs with --expose-gc. */
export async function run(): Promise<void> {
  let answers = 0;
  const { phone, stacks } = await boxes(() => {
    answers += 1;
  });
  const encoder = new TextEncoder();
  let fastest = Number.POSITIVE_INFINITY;
  let asked = 0;
  let octetsBefore = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    if (round === ROUNDS) octetsBefore = liveOctets();
    const start = process.cpuUsage();
    for (let each = 0; each < REQUESTS_PER_ROUND; each += 1) {
      asked += 1;
      phone.send(encoder.encode(register.replace(/branch=[^;\r]*/, `branch=z9hG4bK${asked}`)));
      if (asked % REQUESTS_AT_A_TIME === 0) await deliverAll();
    }
    const { user, system } = process.cpuUsage(start);
    fastest = Math.min(fastest, (user + system) / REQUESTS_PER_ROUND);
  }
  if (answers !== asked) throw new Error(`${asked} requests got ${answers} answers`);
  console.log(`a request and its answer through ${BOXES} boxes: ${fastest.toFixed(1)} us of processor time`);
  if (globalThis.gc !== undefined) {
    const stays = (liveOctets() - octetsBefore) / REQUESTS_PER_ROUND;
    console.log(`an answered request over UDP keeps ${Math.round(stays)} octets for 32 s`);
  }
  for (const stack of stacks) await stack.close();
}
