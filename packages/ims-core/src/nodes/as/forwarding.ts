import type { ForwardingSettings } from '../../api/lab-api.ts';
import type { Timer } from '../../ports/clock.ts';
import { NO_SERVICES } from '../../ports/service-settings.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { type Edited, MessageEdit, unchanged } from '../../protocols/sip/edit.ts';
import {
  DiversionCause,
  diversionsIn,
  divertedHistory,
  divertedTo,
  historyInfo,
} from '../../protocols/sip/history-info.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { canonicalIdentity, parseUri, serializeUri } from '../../protocols/sip/uri.ts';
import { MAX_DIVERSIONS } from './config.ts';
import type { AsContext, Service } from './context.ts';
import { type ServedUser, servedUser } from './served-user.ts';

/** Of the CANCEL to a user who let it ring too long. @see RFC 3326 */
const NO_ANSWER = 'SIP;cause=408;text="No answer"';
/** What says, before it rang, that no device of the user can be reached. @see TS 24.604 4.5.2.6 */
const UNREACHABLE: ReadonlySet<number> = new Set([408, 430, 480, 500, 503]);
/** What ends an unanswered call that rang. */
const UNANSWERED: ReadonlySet<number> = new Set([408, 480]);

interface Diversion {
  readonly cause: DiversionCause;
  readonly target: string;
  /** The response that led to it; undefined when the user was not asked at all. */
  readonly status: number | undefined;
}

/**
 * Communication diversion for the called user: tries the user first unless all calls are to go elsewhere, and takes the call
 * to the user's other target when the user is busy, does not answer or cannot be reached.
 * @param edit the request without the own Route entry; what is left of the Route leads back to the S-CSCF
 * @see TS 24.604 4.5.2.6, TS 24.229 5.7.4
 */
export const forwarding: Service = async (context, incoming, edit) => {
  const { message } = incoming;
  const served = servedUser(message);
  const settings = served && (await context.settings.ofIdentity(served.identity));
  const { forwarding: rules } = settings ?? NO_SERVICES;

  // The server stays on the path of the dialog.
  if (message.method === 'INVITE') {
    const own = `<${context.config.uri.replace(/^sip:/, 'sip:forwarding@')};transport=tcp;lr>`;
    edit.prepend('Record-Route', own, 'the application server stays on the path (TS 24.229 5.7.4)');
  }
  const copy = edit.done();

  // All calls, and those of a user who is not logged in, are diverted at once.
  const atOnce = message.method === 'INVITE' && served ? diversionAtOnce(rules, served) : undefined;
  if (atOnce !== undefined) {
    await divert(context, incoming, copy, atOnce);
    return;
  }

  // The user is called first.
  const diversion = await callUser(context, incoming, copy, message.method === 'INVITE' ? rules : {});
  if (diversion !== undefined) await divert(context, incoming, copy, diversion);
};

function diversionAtOnce(rules: ForwardingSettings, served: ServedUser): Diversion | undefined {
  if (rules.unconditional !== undefined) {
    return { cause: DiversionCause.Unconditional, target: rules.unconditional, status: undefined };
  }
  if (!served.registered && rules.notReachable !== undefined) {
    return { cause: DiversionCause.NotLoggedIn, target: rules.notReachable, status: undefined };
  }
  return undefined;
}

/** Lets the user's phones ring. Resolves with what is to be done when the user does not take the call; undefined when it was answered. */
async function callUser(
  context: AsContext,
  incoming: IncomingRequest,
  copy: Edited<SipRequest>,
  rules: ForwardingSettings,
): Promise<Diversion | undefined> {
  let ringing: Timer | undefined;
  let rang = false;
  let unanswered = false;
  let diversion: Diversion | undefined;
  const startRinging = () => {
    rang = true;
    if (rules.noAnswer === undefined || ringing !== undefined) return;
    ringing = context.clock.after(rules.noAnswer.afterS * 1_000, () => {
      unanswered = true;
      context.stack.cancel(incoming, NO_ANSWER);
    });
  };
  await context.stack.forward(incoming, [{ request: copy }], {
    onResponse: (response) => {
      if (response.status === 180) startRinging();
      else if (response.status >= 200) ringing?.stop();
      return unchanged(response);
    },
    intercept: (final) => {
      ringing?.stop();
      diversion = diversionAfter(final, rules, { rang, unanswered });
      return diversion !== undefined;
    },
  });
  ringing?.stop();
  return diversion;
}

/** What a refusal means for a call to the user. @see TS 24.604 4.5.2.6 */
function diversionAfter(
  { status }: SipResponse,
  { busy, noAnswer, notReachable }: ForwardingSettings,
  { rang, unanswered }: { readonly rang: boolean; readonly unanswered: boolean },
): Diversion | undefined {
  if (noAnswer !== undefined && (unanswered || (rang && UNANSWERED.has(status)))) {
    return { cause: DiversionCause.NoAnswer, target: noAnswer.target, status: unanswered ? 408 : status };
  }
  if (busy !== undefined && status === 486) return { cause: DiversionCause.Busy, target: busy, status };
  if (notReachable !== undefined && !rang && UNREACHABLE.has(status)) {
    return { cause: DiversionCause.NotReachable, target: notReachable, status };
  }
  return undefined;
}

/** Takes the call to the other target. @see TS 24.604 4.5.2.6 */
async function divert(
  context: AsContext,
  incoming: IncomingRequest,
  { message, changes }: Edited<SipRequest>,
  { cause, target, status }: Diversion,
): Promise<void> {
  const history = historyInfo(message);
  const uri = parseUri(target);
  if (!uri.ok) {
    incoming.respond(480, { why: 'the target of the diversion is no URI (TS 24.604 4.5.2.6)' });
    return;
  }

  // Not without end, and not in a circle.
  if (diversionsIn(history) >= MAX_DIVERSIONS) {
    const why = `the call was diverted ${MAX_DIVERSIONS} times already (TS 24.604 4.5.2.6)`;
    incoming.respond(status === 486 ? 486 : 480, { why });
    return;
  }
  const identity = canonicalIdentity(target);
  const seen = [...history.map(({ address }) => address.uriText), message.uri].map(canonicalIdentity);
  if (identity !== undefined && seen.includes(identity)) {
    incoming.respond(482, { why: 'the call was at this target already (TS 24.604 4.5.2.6, RFC 3261 §21.4.20)' });
    return;
  }

  // The caller hears of it.
  incoming.respond(181, { why: 'the call goes to another target (TS 24.604 4.5.2.6)' });

  // The new target, and where the call was before.
  const newTarget = divertedTo(uri.value, cause);
  const edit = new MessageEdit(message)
    .requestUri(serializeUri(newTarget), 'target of the diversion and its cause (TS 24.604 4.5.2.6, RFC 4458 §2)')
    .set(
      'History-Info',
      divertedHistory(history, { requestUri: message.uri, status }, newTarget),
      'where the call was before (TS 24.604 4.5.2.6, RFC 7044 §9)',
    );
  const diverted = edit.done();
  await context.stack.forward(incoming, [
    { request: { message: diverted.message, changes: [...changes, ...diverted.changes] } },
  ]);
}
