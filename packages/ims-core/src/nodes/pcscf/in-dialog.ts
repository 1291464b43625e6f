import type { SipFlow } from '../../ports/sip-transport.ts';
import { nextHopUri } from '../../protocols/proxy/route.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { response as buildResponse } from '../../protocols/sip/build.ts';
import { newIcid } from '../../protocols/sip/charging-vector.ts';
import { type Edited, MessageEdit, unchanged } from '../../protocols/sip/edit.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { refuseBrowserExtensions, stripBrowserExtensions } from './browser-extensions.ts';
import { originatingVector } from './charging.ts';
import type { PcscfContext } from './context.ts';
import { type Dialog, dialogIdOf } from './dialogs.ts';
import { answerToRefusal, type Negotiation } from './media.ts';
import { enforceRoutes, recordRoute, takeOwnRoutes } from './own-uris.ts';
import { hideCaller, restoreAddresses } from './privacy.ts';
import type { Binding } from './registrations.ts';
import { releaseSession } from './release.ts';
import { endCancelled, negotiationOf, noteRefusal, refuseInterval, refuseMedia } from './session-setup.ts';
import { demandTimer, grantTimer, isIntervalTooSmall, restartTimer, type TimerDemand } from './session-timer.ts';
import { refuseLostFlow } from './terminating.ts';
import { distrustUe, hideFromUe } from './trust.ts';

/** Methods that live only in a dialog of an INVITE: this box knows all of those. */
const OF_INVITE_DIALOGS = new Set(['INVITE', 'ACK', 'BYE', 'UPDATE', 'PRACK', 'INFO']);

/**
 * A UE's request within a dialog: only on the flow of the dialog's owner, only on the dialog's way.
 * @see TS 24.229 5.2.6.3.5, 5.2.6.3.7
 */
export async function inDialogFromUe(ctx: PcscfContext, incoming: IncomingRequest): Promise<void> {
  const { message, flow } = incoming;
  const edit = new MessageEdit(message);

  // The dialog, and whose it is.
  const token = takeOwnRoutes(edit, ctx.config);
  const dialog = ctx.sessions.find(dialogIdOf(message, 'ue'));
  if (dialog === undefined && OF_INVITE_DIALOGS.has(message.method))
    return refuse(incoming, 481, 'no such dialog (RFC 3261 §12.2.2)');
  const binding = dialog === undefined ? ctx.registrations.byToken(token) : dialog.session.binding;
  const foreignToken = dialog !== undefined && token !== '' && token !== dialog.session.binding.token;
  if (binding === undefined || foreignToken || !ctx.registrations.onFlow(flow).has(binding)) {
    return refuse(incoming, 403, 'not the flow of the UE that has this dialog (TS 24.229 5.2.6.3.5)');
  }

  // Its way: the stored route set; of dialogs that are not stored, at least the first hop has to be the UE's S-CSCF.
  if (dialog !== undefined) {
    enforceRoutes(edit, dialog.peerRoutes, 'the route set of the dialog (TS 24.229 5.2.6.3.5)');
    if (dialog.session.hidesCaller) edit.set('To', dialog.peerAddress, 'the caller that is hidden from the UE');
    ctx.sessions.refresh(dialog, message, 'ue');
  } else if (!leadsToServiceRoute(edit.current, binding)) {
    return refuse(incoming, 403, 'the Route leaves the way of the registration (TS 24.229 5.2.6.3.5)');
  }

  distrustUe(edit).remove('P-Preferred-Identity', 'who is in the dialog is known (TS 24.229 5.2.6.3.5)');
  // Deviation: TS 24.229 5.2.6.3.5 keeps the ICID of every dialog; here only those of an INVITE are stored, others get a new one each time.
  const icid = dialog?.session.icid ?? newIcid(ctx.random);
  edit.append('P-Charging-Vector', originatingVector(ctx.config, icid), 'ICID of the dialog (TS 24.229 5.2.6.3.5)');
  recordRoute(edit, ctx.config, 'core', binding.flow, binding.token);
  await pass(ctx, incoming, { dialog, sender: 'ue', edit, editResponse: hideFromUe });
}

/**
 * A request within a dialog to a UE: down its flow, on whatever flow the UE is by now.
 * @see TS 24.229 5.2.6.4.5, 5.2.6.4.7
 */
export async function inDialogToUe(ctx: PcscfContext, incoming: IncomingRequest): Promise<void> {
  const { message } = incoming;
  const edit = new MessageEdit(message);

  // The dialog, or for one that is not stored the token in this box's Record-Route.
  const token = takeOwnRoutes(edit, ctx.config);
  const dialog = ctx.sessions.find(dialogIdOf(message, 'peer'));
  const binding = dialog?.session.binding ?? ctx.registrations.byToken(token);
  if (binding === undefined || (dialog === undefined && OF_INVITE_DIALOGS.has(message.method))) {
    return refuse(incoming, 481, 'no such dialog (RFC 3261 §12.2.2)');
  }
  if (message.method !== 'ACK' && refuseLostFlow(incoming, binding)) return;
  if (refuseBrowserExtensions(incoming, binding)) return;
  if (dialog !== undefined) ctx.sessions.refresh(dialog, message, 'peer');

  // 5.2.7.3: what this box sent in the browser's name is confirmed here.
  const reliable = dialog?.session.reliable;
  if (message.method === 'PRACK' && reliable !== undefined) return reliable.acknowledge(incoming);

  edit.remove('Route', 'used up: the UE is reached on its flow (RFC 5626 §5.3)');
  hideFromUe(edit);
  if (dialog?.session.hidesCaller) hideCaller(edit);
  stripBrowserExtensions(edit, binding);
  recordRoute(edit, ctx.config, 'ue', binding.flow, binding.token);
  await pass(ctx, incoming, { dialog, sender: 'peer', edit, to: binding.flow, editResponse: distrustUe });
}

interface Passage {
  /** Absent for dialogs that no INVITE made. */
  readonly dialog: Dialog | undefined;
  readonly sender: 'ue' | 'peer';
  readonly edit: MessageEdit<SipRequest>;
  readonly to?: SipFlow;
  readonly editResponse: (edit: MessageEdit<SipResponse>) => void;
}

async function pass(ctx: PcscfContext, incoming: IncomingRequest, passage: Passage): Promise<void> {
  const { dialog } = passage;
  switch (incoming.message.method) {
    case 'ACK':
      if (dialog !== undefined) await passAck(ctx, incoming, dialog, passage);
      return;
    case 'BYE':
      if (dialog !== undefined) await passBye(ctx, incoming, dialog, passage);
      return;
    case 'INVITE':
    case 'UPDATE':
    case 'PRACK':
      if (dialog !== undefined) await passOffer(ctx, incoming, dialog, passage);
      return;
    default:
      await forward(ctx, incoming, passage, undefined);
  }
}

/** ACK to a 2xx. It holds the answer when the 2xx had the offer. @see RFC 3261 §13.2.2.4 */
async function passAck(ctx: PcscfContext, incoming: IncomingRequest, dialog: Dialog, passage: Passage): Promise<void> {
  const { session } = dialog;
  // Without an answer in it the ACK goes on at once, so that a BYE behind it stays behind it.
  const { negotiation } = session;
  const refusal = negotiation?.awaitsAck(passage.edit) ? await negotiation.ack(passage.edit, incoming) : undefined;
  ctx.stack.forwardStateless(incoming, passage.edit.done(), passage.to);
  if (refusal === undefined) return;
  incoming.cause = noteRefusal(ctx, session, refusal, incoming.cause);
  await releaseSession(ctx, session, { cause: 488, text: refusal.code }, { cause: incoming.cause });
}

/** BYE: the media ends at once, the dialog when the BYE is answered. @see RFC 3261 §15 */
async function passBye(ctx: PcscfContext, incoming: IncomingRequest, dialog: Dialog, passage: Passage): Promise<void> {
  const last = ctx.sessions.ending(dialog);
  const mediaGone = last ? dialog.session.media?.delete({ cause: incoming.cause }) : undefined;
  await forward(ctx, incoming, passage, undefined);
  ctx.sessions.end(dialog);
  await mediaGone;
}

/** re-INVITE, UPDATE and PRACK: may bring an offer. */
async function passOffer(
  ctx: PcscfContext,
  incoming: IncomingRequest,
  dialog: Dialog,
  passage: Passage,
): Promise<void> {
  const { session } = dialog;

  // INVITE and UPDATE refresh the session of an established dialog. @see RFC 4028 §7.4
  const { session: policy } = ctx.config;
  const refreshes = incoming.message.method !== 'PRACK' && dialog.state === 'confirmed';
  if (refreshes && isIntervalTooSmall(incoming.message, policy)) {
    refuseInterval(incoming, policy);
    return;
  }
  const demand = refreshes ? demandTimer(passage.edit, policy) : undefined;

  const negotiation = negotiationOf(session, passage.sender);
  const refusal = await negotiation?.request(passage.edit, incoming);
  if (refusal !== undefined) {
    refuseMedia(ctx, incoming, session, refusal);
    return;
  }
  if (incoming.cancelled || incoming.answered) {
    endCancelled(incoming);
    return;
  }
  if (incoming.message.method === 'INVITE') session.negotiation = negotiation;
  await forward(ctx, incoming, passage, { negotiation, demand });
}

/** What a re-INVITE, UPDATE or PRACK is about besides its headers. */
interface Renewal {
  readonly negotiation: Negotiation | undefined;
  readonly demand: TimerDemand | undefined;
}

async function forward(
  ctx: PcscfContext,
  incoming: IncomingRequest,
  passage: Passage,
  renewal: Renewal | undefined,
): Promise<void> {
  const { dialog, edit, to } = passage;
  await ctx.stack.forward(incoming, [{ request: edit.done(), ...(to && { to }) }], {
    onResponse: async (response) => {
      const answer = new MessageEdit(response);
      passage.editResponse(answer);
      restoreAddresses(answer, incoming.message);
      if (dialog !== undefined) ctx.sessions.refresh(dialog, response, passage.sender === 'ue' ? 'peer' : 'ue');
      const refusal = await renewal?.negotiation?.response(answer, incoming);
      if (refusal === undefined || dialog === undefined) {
        if (dialog !== undefined && renewal?.demand !== undefined && isSuccess(response)) {
          restartTimer(ctx, dialog, grantTimer(answer, renewal.demand));
        }
        return answer.done();
      }
      return refuseReanswer(ctx, incoming, dialog, answerToRefusal(refusal, ctx.config.host).status, refusal.code);
    },
  });
}

/** The ends no longer agree on the media: one has a new answer that the other cannot get. The call is released. */
async function refuseReanswer(
  ctx: PcscfContext,
  incoming: IncomingRequest,
  dialog: Dialog,
  status: number,
  code: string,
): Promise<Edited<SipResponse>> {
  await releaseSession(ctx, dialog.session, { cause: status, text: code }, { cause: incoming.cause });
  return unchanged(buildResponse(incoming.message, status, {}));
}

/** True when the first hop beyond this box is that of the registration's Service-Route: the S-CSCF, on the way or as the other end. */
function leadsToServiceRoute(request: SipRequest, binding: Binding): boolean {
  const wanted = binding.serviceRoute[0];
  if (wanted === undefined) return true;
  const expected = parseNameAddr(wanted);
  const b = nextHopUri(request);
  if (!expected.ok || b === undefined) return false;
  const a = expected.value.uri;
  return a.kind === 'sip' && b.kind === 'sip' && a.host.toLowerCase() === b.host.toLowerCase() && a.port === b.port;
}

function isSuccess({ status }: SipResponse): boolean {
  return status >= 200 && status < 300;
}

function refuse(incoming: IncomingRequest, status: number, why: string): void {
  if (incoming.message.method !== 'ACK') incoming.respond(status, { why });
}
