import type { InitialFilterCriterion } from '../../ports/service-profile.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { type Edited, MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { parseUri, serializeUri, uriParam, withUriParam } from '../../protocols/sip/uri.ts';
import { chargeRequest, chargeResponse } from './charging.ts';
import { APPLICATION_SERVER_ANSWER_MS, type ScscfConfig } from './config.ts';
import { note, type ScscfContext } from './context.ts';
import type { ServiceChain } from './original-dialogs.ts';
import { originalDialogRoute, type Side, stayOnPath } from './own-routes.ts';
import type { ServedUser } from './served-user.ts';

/** What an application server is asked to do. */
export interface Invocation {
  readonly criterion: InitialFilterCriterion;
  /** Why, for the ladder. */
  readonly why: string;
  readonly user: ServedUser;
  /** Where the chain goes on when the request comes back. */
  readonly chain: ServiceChain;
  /** Who gave the request to this box. */
  readonly from: Side;
}

/**
 * Forwards the request to an application server, with the own URI behind it by which the request comes back. Resolves with false when the server
 * has taken the request over, however it ends; with true when the server failed and the session goes on without it.
 * @see TS 24.229 5.4.3.2, 5.4.3.3, TS 23.218 §6.9
 */
export async function forwardToApplicationServer(
  context: ScscfContext,
  incoming: IncomingRequest,
  request: Edited<SipRequest>,
  invocation: Invocation,
): Promise<boolean> {
  const { domain } = context.config;
  const { applicationServer } = invocation.criterion;
  const { serverName } = applicationServer;
  const isNeeded = applicationServer.defaultHandling === 'SESSION_TERMINATED';
  const token = context.originalDialogs.open(invocation.chain);
  const copy = towards(context.config, request, invocation, token);
  if (copy === undefined) {
    failed(context, incoming, invocation, 'its name is no SIP URI');
    if (isNeeded) incoming.respond(480, { why: `${serverName} is needed and has no SIP URI (TS 24.229 5.4.3.2)` });
    return !isNeeded;
  }

  // 5.4.3.2: once the server says more than 100, what it answers is its own decision.
  // Deviation: TS 24.229 5.4.3.2 takes a 408 or 5xx as a failure of the server as long as it has said no more than 100; here it is none once the
  // server has given the request back: it is the answer of the other side then.
  let decides = false;
  let silent = false;
  const outcome = await context.stack.forward(
    incoming,
    [{ request: copy, firstResponseWithinMs: APPLICATION_SERVER_ANSWER_MS }],
    {
      onResponse: (response) => {
        decides = true;
        const answer = new MessageEdit(response);
        chargeResponse(answer, incoming.message, domain);
        return answer.done();
      },
      onFailure: () => {
        if (decides || context.originalDialogs.wasReturned(token)) return undefined;
        silent = true;
        return { status: 408, options: { why: `${serverName} does not answer (TS 24.229 5.4.3.2)` } };
      },
      intercept: (final) => {
        if (decides || !isServerFailure(final.status) || context.originalDialogs.wasReturned(token)) return false;
        context.originalDialogs.close(token);
        failed(context, incoming, invocation, silent ? 'it does not answer' : `it answers ${final.status}`);
        return !isNeeded;
      },
    },
  );
  return outcome.intercepted;
}

/** The copy for the server. Undefined when its name is no SIP URI. */
function towards(
  config: ScscfConfig,
  { message, changes }: Edited<SipRequest>,
  { criterion, why, user, chain, from }: Invocation,
  token: string,
): Edited<SipRequest> | undefined {
  const server = parseUri(criterion.applicationServer.serverName);
  if (!server.ok || server.value.kind !== 'sip') return undefined;
  const named = uriParam(server.value, 'transport');
  const transport = typeof named === 'string' && named.toLowerCase() === 'udp' ? 'udp' : 'tcp';
  const edit = new MessageEdit(message)
    .prepend(
      'Route',
      originalDialogRoute(config, token, transport),
      'original dialog identifier: here the request comes back (TS 24.229 5.4.3.2)',
    )
    .prepend('Route', `<${serializeUri(withUriParam(server.value, 'lr', true))}>`, why)
    .set('P-Served-User', servedUserHeader(user, chain), 'whom the application server serves (RFC 5502 §6.1)');
  chargeRequest(edit, 'as', config.domain);
  const path = 'the S-CSCF stays on the path to the application server (TS 24.229 5.4.3.2)';
  stayOnPath(edit, config, { role: roleOf(chain), sides: [from, 'as'] }, transport, path);
  const copy = edit.done();
  return { message: copy.message, changes: [...changes, ...copy.changes] };
}

/** Which user's S-CSCF this box is for the chain. */
export function roleOf({ sessionCase }: ServiceChain): 'orig' | 'term' {
  return sessionCase === 'TERMINATING_REGISTERED' || sessionCase === 'TERMINATING_UNREGISTERED' ? 'term' : 'orig';
}

/** @see RFC 5502 §6, RFC 8498 §6 */
function servedUserHeader({ identity, registrations }: ServedUser, chain: ServiceChain): string {
  if (chain.sessionCase === 'ORIGINATING_CDIV') return `<${identity.uri}>;orig-cdiv`;
  return `<${identity.uri}>;sescase=${roleOf(chain)};regstate=${registrations.length === 0 ? 'unreg' : 'reg'}`;
}

/** What counts as no service at all. @see TS 24.229 5.4.3.2, 5.4.1.7 */
export function isServerFailure(status: number): boolean {
  return status === 408 || (status >= 500 && status < 600);
}

/** Writes on the ladder that the server failed and what follows from it. */
function failed(context: ScscfContext, incoming: IncomingRequest, { criterion }: Invocation, how: string): void {
  const { serverName, defaultHandling } = criterion.applicationServer;
  const then = defaultHandling === 'SESSION_TERMINATED' ? 'the session ends' : 'the session goes on without it';
  const text = `${serverName} fails, ${how}: ${then} (${defaultHandling}, TS 24.229 5.4.3.2)`;
  incoming.cause = note(context, 'ISC_DEFAULT_HANDLING', text, incoming.cause);
}
