import type { Edited } from '../sip/edit.ts';
import type { SipRequest } from '../sip/message.ts';
import { MAGIC_COOKIE } from '../sip/via.ts';
import { serverKey } from '../transaction/match.ts';
import { Fnv1a } from './fnv1a.ts';
import { forwardedCopy, withVia } from './forward.ts';
import { markedBranch } from './loop-mark.ts';
import type { ServerLeg } from './server-leg.ts';
import { type Destination, destinationOf, isFlow, type StackContext } from './stack-context.ts';

/**
 * Passes a request on without a transaction: an ACK of a 2xx. Its branch is made from the one it came with, so that a
 * repeated ACK is the same ACK for the next hop too.
 * @see RFC 3261 §16.11
 */
export async function forwardStateless(
  context: StackContext,
  incoming: ServerLeg,
  copy: Edited<SipRequest>,
  to: Destination | undefined,
  nodeSecret: string,
): Promise<void> {
  const received = incoming.message;
  const unique = new Fnv1a().add(nodeSecret).add(serverKey(received)).add(received.uri).digest();
  const branch = markedBranch(`${MAGIC_COOKIE}${unique}`, incoming.loopMark);
  await sendOnce(context, forwardedCopy(copy), destinationOf(context, copy.message, to), branch, incoming.cause);
}

/** Sends a request once to the first hop that takes it. What is lost is noted; nobody waits for an answer. */
export async function sendOnce(
  context: StackContext,
  copy: Edited<SipRequest>,
  destination: Destination,
  branch: string,
  cause: number | null,
): Promise<void> {
  const { transport, sender, viaHost } = context;
  for (const candidate of isFlow(destination) ? [destination] : destination) {
    try {
      const flow =
        'id' in candidate ? candidate : (transport.openFlow(candidate) ?? (await transport.flowTo(candidate)));
      if (sender.send(flow, withVia(copy, flow, viaHost(flow), branch), cause) !== undefined) return;
    } catch (error) {
      sender.note('SIP_NO_CONNECTION', error instanceof Error ? error.message : String(error), cause);
    }
  }
  sender.note('SIP_UNREACHABLE', `${copy.message.method} was not sent: no next hop took it`, cause);
}
