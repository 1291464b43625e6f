import type { Clock } from '../../ports/clock.ts';
import type { CxClient } from '../../ports/cx-client.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { SipResolver } from '../../ports/sip-resolver.ts';
import type { SipFlow, SipHop, SipTransport } from '../../ports/sip-transport.ts';
import type { TraceSink } from '../../ports/trace-sink.ts';
import { createSipStack } from '../../protocols/proxy/create-sip-stack.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { isOwnUri } from '../../protocols/sip/own-uri.ts';
import type { TraceParty } from '../../trace/event.ts';
import type { IcscfConfig } from './config.ts';
import type { IcscfContext } from './context.ts';
import { register } from './register.ts';
import { session } from './session.ts';

export interface IcscfDeps {
  readonly config: IcscfConfig;
  readonly clock: Clock;
  readonly random: Random;
  /** Owned: closed with the node. */
  readonly transport: SipTransport;
  readonly resolver: SipResolver;
  readonly trace: TraceSink;
  readonly cx: CxClient;
  readonly log: Log;
  /** Who is at the other end of a flow or hop. */
  readonly partyOf: (peer: SipFlow | SipHop) => TraceParty;
}

/** The Interrogating-CSCF: the entry point of the home network, which finds the S-CSCF of a user. @see TS 24.229 5.3 */
export interface Icscf {
  /** Opens its sockets; rejects with a SipTransportError. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const ICSCF_PARTY: TraceParty = { node: 'icscf', id: '', label: 'I-CSCF' };

export function createIcscf(deps: IcscfDeps): Icscf {
  const { config, clock, random, transport, resolver, trace, cx, log, partyOf } = deps;
  const stack = createSipStack({
    node: ICSCF_PARTY,
    transport,
    resolver,
    clock,
    random,
    trace,
    partyOf,
    isOwn: (uri) => isOwnUri(uri, config.uri),
    handler: (incoming) => handle({ config, random, cx, stack, log }, incoming),
  });
  return { start: () => stack.start(), close: () => stack.close() };
}

async function handle(context: IcscfContext, incoming: IncomingRequest): Promise<void> {
  const { method } = incoming.message;
  // Not on the path of any dialog: an ACK to a 2xx does not come here, and nothing may be answered to it.
  if (method === 'ACK') return;
  // 5.3.1.2, 5.3.2.1: only the trust domain is served.
  if (!context.config.trustedSources.includes(incoming.flow.remote.host)) {
    incoming.respond(403, { why: 'the sender is outside the trust domain (TS 24.229 5.3.1.2, 4.4)' });
    return;
  }
  if (method === 'REGISTER') await register(context, incoming);
  else await session(context, incoming);
}
