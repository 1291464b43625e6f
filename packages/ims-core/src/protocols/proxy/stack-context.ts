import type { Clock } from '../../ports/clock.ts';
import type { Random } from '../../ports/random.ts';
import type { SipResolver } from '../../ports/sip-resolver.ts';
import type { SipFlow, SipHop, SipTransport } from '../../ports/sip-transport.ts';
import type { SipRequest } from '../sip/message.ts';
import type { TransactionLayer } from '../transaction/layer.ts';
import type { TransactionTimers } from '../transaction/timers.ts';
import { nextHopUri, targetOf } from './route.ts';
import type { SipSender } from './sender.ts';

/** A destination that is one open flow, or hops to try in order. */
export type Destination = SipFlow | readonly SipHop[];

/** What the parts of one node's stack share. */
export interface StackContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: SipTransport;
  readonly resolver: SipResolver;
  readonly timers: TransactionTimers;
  readonly layer: TransactionLayer;
  readonly sender: SipSender;
  readonly viaHost: (flow: SipFlow) => { readonly host: string; readonly port?: number };
  readonly closed: () => boolean;
}

/** Where a request goes: where the node says, else the topmost Route, else the Request-URI. @see RFC 3261 §16.6 step 7 */
export function destinationOf(context: StackContext, request: SipRequest, to: Destination | undefined): Destination {
  if (to !== undefined) return to;
  const uri = nextHopUri(request);
  const target = uri === undefined ? undefined : targetOf(uri);
  return target === undefined ? [] : context.resolver.resolve(target);
}

/** True for a flow, false for a list of hops. */
export function isFlow(destination: Destination): destination is SipFlow {
  return 'id' in destination;
}
