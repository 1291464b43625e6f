import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import { tagOf } from '../../protocols/sip/read.ts';
import { OVERLOAD_RETRY_AFTER_S } from './config.ts';
import type { PcscfContext } from './context.ts';
import { senderOf } from './identity.ts';
import { inDialogFromUe, inDialogToUe } from './in-dialog.ts';
import { originating } from './originating.ts';
import { isWebSocket, takeOwnRoutes } from './own-uris.ts';
import { isForWatch, notified } from './reg-event.ts';
import { register } from './register.ts';
import type { Binding } from './registrations.ts';
import type { RequestLimit } from './request-limit.ts';
import { terminating } from './terminating.ts';

/** Finds the procedure of a request: by the side it comes from, and by whether it opens something or belongs to a dialog. */
export async function dispatch(ctx: PcscfContext, limit: RequestLimit, incoming: IncomingRequest): Promise<void> {
  const { message, flow } = incoming;
  const onFlow = ctx.registrations.onFlow(flow);
  const inDialog = tagOf(message, 'To') !== '';

  // To this box itself: what becomes of a registration.
  if (isForWatch(ctx, incoming)) {
    notified(ctx, incoming);
    return;
  }

  // From a UE: its flow is registered, or only UEs come this way.
  if (onFlow.size > 0 || isWebSocket(flow) || message.method === 'REGISTER') {
    if (!limit.allows(flow, onFlow.size)) {
      refuse(incoming, 503, 'more requests a second than one UE may send (RFC 3261 §21.5.4)', [
        ['Retry-After', String(OVERLOAD_RETRY_AFTER_S)],
      ]);
    } else if (message.method === 'REGISTER') await register(ctx, incoming);
    else if (onFlow.size === 0) refuseUnregistered(incoming);
    else if (inDialog) await inDialogFromUe(ctx, incoming);
    else if (message.method !== 'ACK') await originatingOf(ctx, incoming, senderOf(onFlow, message));
    return;
  }

  // From the core: a node of the trust domain that knows a token of ours.
  const token = takeOwnRoutes(new MessageEdit(message), ctx.config);
  if (token === '' || !ctx.config.trustedSources.includes(flow.remote.host)) refuseUnregistered(incoming);
  else if (inDialog) await inDialogToUe(ctx, incoming);
  else if (message.method !== 'ACK') await terminatingByToken(ctx, incoming, token);
}

async function originatingOf(ctx: PcscfContext, incoming: IncomingRequest, sender: Binding | undefined): Promise<void> {
  if (sender !== undefined) await originating(ctx, incoming, sender);
  else
    refuse(
      incoming,
      403,
      'several UEs are registered on this address, and this names none of them (TS 24.229 5.2.6.3.1)',
    );
}

async function terminatingByToken(ctx: PcscfContext, incoming: IncomingRequest, token: string): Promise<void> {
  const called = ctx.registrations.byPathToken(token);
  if (called !== undefined) await terminating(ctx, incoming, called);
  else refuse(incoming, 430, 'no registered flow has this token (RFC 5626 §5.3.1)');
}

/** Deviation: TS 24.229 5.2.6.3.2A drops it without a word; the lab answers so that the ladder shows why. */
function refuseUnregistered(incoming: IncomingRequest): void {
  refuse(incoming, 403, 'the sender is not registered on this flow (TS 24.229 5.2.6.3.2A)');
}

function refuse(
  incoming: IncomingRequest,
  status: number,
  why: string,
  headers: readonly (readonly [string, string])[] = [],
): void {
  if (incoming.message.method !== 'ACK') incoming.respond(status, { headers, why });
}
