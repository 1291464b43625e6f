import type { SipFlow, SipHop, SipTransport } from '../../src/ports/sip-transport.ts';
import { response } from '../../src/protocols/sip/build.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../src/protocols/sip/message.ts';
import { parseMessage } from '../../src/protocols/sip/parse.ts';
import { serializeMessage } from '../../src/protocols/sip/serialize.ts';

/** A SIP element of a test that has no rules of its own: it keeps what it gets and sends what it is told. */
export class SipPeer {
  readonly received: SipMessage[] = [];
  readonly #transport: SipTransport;
  readonly #flows = new WeakMap<SipMessage, SipFlow>();
  /** Called for each message, after it was kept. */
  onMessage: (message: SipMessage, flow: SipFlow) => void = () => {};

  private constructor(transport: SipTransport) {
    this.#transport = transport;
  }

  static async start(transport: SipTransport): Promise<SipPeer> {
    const peer = new SipPeer(transport);
    await transport.start({ message: (flow, bytes) => peer.#take(flow, bytes) });
    return peer;
  }

  get requests(): SipRequest[] {
    return this.received.filter((message) => message.kind === 'request');
  }

  get responses(): SipResponse[] {
    return this.received.filter((message) => message.kind === 'response');
  }

  /** Statuses and methods in the order of arrival. */
  get log(): string[] {
    return this.received.map((message) => (message.kind === 'request' ? message.method : String(message.status)));
  }

  /** The latest request with this method. Throws when there is none. */
  last(method: string): SipRequest {
    const found = this.requests.findLast((request) => request.method === method);
    if (found === undefined) throw new Error(`no ${method} came; got ${this.log.join(' ')}`);
    return found;
  }

  async sendTo(hop: SipHop, message: SipMessage): Promise<SipFlow> {
    const flow = await this.#transport.flowTo(hop);
    flow.send(serializeMessage(message));
    return flow;
  }

  /** Answers a request on the flow it came on. */
  answer(request: SipRequest, status: number, options: Parameters<typeof response>[2] = {}): void {
    this.reply(request, response(request, status, { ...(status > 100 ? { toTag: 'peer' } : {}), ...options }));
  }

  /** Sends a message on the flow on which another one came. */
  reply(to: SipMessage, message: SipMessage): void {
    this.flowOf(to).send(serializeMessage(message));
  }

  flowOf(message: SipMessage): SipFlow {
    const flow = this.#flows.get(message);
    if (flow === undefined) throw new Error('this message did not come here');
    return flow;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #take(flow: SipFlow, bytes: Uint8Array): void {
    const parsed = parseMessage(bytes);
    if (!parsed.ok) throw new Error(`the peer got a message that is not SIP: ${parsed.error.text}`);
    this.received.push(parsed.value);
    this.#flows.set(parsed.value, flow);
    this.onMessage(parsed.value, flow);
  }
}
