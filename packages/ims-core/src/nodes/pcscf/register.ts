import type { SipFlow } from '../../ports/sip-transport.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { type AuthValue, parseAuth } from '../../protocols/sip/auth-params.ts';
import { newIcid } from '../../protocols/sip/charging-vector.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { type NameAddr, param, parseNameAddr, serializeNameAddr, withParam } from '../../protocols/sip/name-addr.ts';
import {
  authOf,
  contacts,
  expires,
  hasOption,
  header,
  headerValues,
  isStarContact,
  routes,
  toOf,
  topVia,
} from '../../protocols/sip/read.ts';
import { canonicalIdentity, sameUri } from '../../protocols/sip/uri.ts';
import { serializeVia } from '../../protocols/sip/via.ts';
import { isShared } from './bindings-on-flow.ts';
import { originatingVector } from './charging.ts';
import { DEFAULT_EXPIRES_S, KEEP_ALIVE_S } from './config.ts';
import { note, type PcscfContext } from './context.ts';
import { integrityProtected, isTlsOrLoopbackWebSocket, withIntegrityProtected, withoutKeys } from './integrity.ts';
import { isWebSocket, pathEntry } from './own-uris.ts';
import { watchRegistration } from './reg-event.ts';
import type { Binding, PublicIdentity } from './registrations.ts';
import { releaseBinding } from './release.ts';
import { distrustUe, hideFromUe } from './trust.ts';

/** Extensions that a REGISTER may require; the registrar knows them too. */
const REGISTER_OPTIONS = new Set(['path', 'outbound', 'gruu']);

const NAMES_KEYS = /\b[ci]k\s*=/i;

/**
 * REGISTER of a UE: marks how it came, puts this box on the Path, and remembers what the home network answers.
 * @see TS 24.229 5.2.2.1, 5.2.2.2
 */
export async function register(ctx: PcscfContext, incoming: IncomingRequest): Promise<void> {
  const { message, flow } = incoming;

  // The access: a WebSocket has to be secure, or to end on this machine.
  if (isWebSocket(flow) && !isTlsOrLoopbackWebSocket(flow)) {
    incoming.respond(403, { why: 'a WebSocket without TLS from another machine (TS 33.203 X.2.1)' });
    return;
  }

  // Extensions that nobody here knows. Over a WebSocket sec-agree is not answered but taken out.
  const unknown = unknownOptions(message, isWebSocket(flow));
  if (unknown.length > 0) {
    incoming.respond(420, {
      headers: [['Unsupported', unknown.join(', ')]],
      why: 'Require or Proxy-Require names an extension that is not supported (RFC 3261 §8.2.2.3)',
    });
    return;
  }

  // Who registers? One private identity a connection.
  const authorization = credentialsOf(message);
  if (authorization === 'malformed') {
    incoming.respond(400, { why: 'Authorization cannot be read (RFC 3261 §21.4.1)' });
    return;
  }
  const impi = authorization?.params.get('username') ?? derivedImpi(message);
  const onFlow = ctx.registrations.onFlow(flow);
  if (!isShared(flow) && onFlow.size > 0 && onFlow.byImpi(impi) === undefined) {
    incoming.respond(403, { why: 'another private identity is registered on this flow (TS 24.229 5.2.2.1)' });
    return;
  }

  const pathToken = ctx.registrations.pathTokenFor(flow, impi);
  const request = editRequest(ctx, message, flow, pathToken, authorization);
  const outcome = await ctx.stack.forward(incoming, [{ request: request.done() }], {
    onFailure: () => ({ status: 504, options: { why: 'the home network does not answer (TS 24.229 5.2.2.1)' } }),
    onResponse: (response) => {
      if (response.status === 401) rememberChallenge(ctx, response, flow, impi);
      return editResponse(response).done();
    },
  });

  // 200: bind the registration to the flow, or take it away.
  if (outcome.final.status < 200 || outcome.final.status > 299) return;
  ctx.challenges.forget(flow, impi);
  await storeRegistration(ctx, incoming, outcome.final, impi, pathToken);
}

/** Row by row what the P-CSCF changes in a REGISTER. @see TS 24.229 5.2.2.1 */
function editRequest(
  ctx: PcscfContext,
  message: SipRequest,
  flow: SipFlow,
  pathToken: string,
  authorization: AuthValue | undefined,
): MessageEdit<SipRequest> {
  const { config } = ctx;
  const edit = new MessageEdit(message);

  // What only the network says, a security agreement, and a Route: the way home is this box's business.
  distrustUe(edit).remove('Route', 'a REGISTER goes to the home network of its Request-URI (TS 24.229 5.2.2.1)');

  // Authorization: integrity-protected is this box's word. Without credentials there is nothing to mark.
  if (header(message, 'Authorization') !== undefined) {
    if (authorization === undefined) {
      edit.remove('Authorization', 'only Digest credentials are served (TS 33.203 X.2)');
    } else {
      const impi = authorization.params.get('username') ?? '';
      const associated = ctx.registrations.onFlow(flow).byImpi(impi) !== undefined;
      const value = integrityProtected(flow, authorization, ctx.challenges, associated);
      edit.set(
        'Authorization',
        withIntegrityProtected(authorization, value),
        `${value}: how it came (TS 24.229 7.2A.2)`,
      );
    }
  }

  // Path on top, and Require: path so that the registrar stores it.
  edit.prepend(
    'Path',
    pathEntry(config, pathToken, usesOutbound(message)),
    'own URI with the flow token (TS 24.229 5.2.2.1, RFC 3327, RFC 5626 §5.1)',
  );
  if (!hasOption(message, 'Require', 'path')) {
    edit.append('Require', 'path', 'the registrar has to know Path (TS 24.229 5.2.2.1)');
  }

  // The network the UE is in, and a new charging identity.
  edit.append(
    'P-Visited-Network-ID',
    `"${config.domain}"`,
    'network of this P-CSCF (TS 24.229 5.2.2.1, RFC 7315 §4.3)',
  );
  edit.append(
    'P-Charging-Vector',
    originatingVector(config, newIcid(ctx.random)),
    'new ICID and type 1 IOI (TS 24.229 5.2.2.1, 4.5)',
  );
  return edit;
}

function editResponse(response: SipResponse): MessageEdit<SipResponse> {
  const edit = hideFromUe(new MessageEdit(response));
  if (response.status === 401) hideKeys(edit);
  const via = topVia(response);
  if (response.status < 300 && via !== undefined && param(via, 'keep') === true) {
    const asked = serializeVia(withParam(via, 'keep', String(KEEP_ALIVE_S)));
    edit.replaceFirst('Via', asked, 'keep-alives of the UE are wanted this often (RFC 6223 §4.3)');
  }
  return edit;
}

/** A challenge that names keys goes on without them; one that cannot be read does not go on. @see TS 33.203 §6.1.1 */
function hideKeys(edit: MessageEdit<SipResponse>): void {
  const values = headerValues(edit.current, 'WWW-Authenticate');
  if (!values.some((value) => NAMES_KEYS.test(value))) return;
  const why = 'ck and ik are for the P-CSCF, never for the UE (TS 33.203 §6.1.1)';
  edit.remove('WWW-Authenticate', why);
  for (const value of values) {
    const challenge = parseAuth(value);
    if (challenge.ok) edit.append('WWW-Authenticate', withoutKeys(challenge.value), why);
  }
}

/** Keeps the nonce, to know the response to it by its flow. @see TS 33.203 §6.1.1 */
function rememberChallenge(ctx: PcscfContext, response: SipResponse, flow: SipFlow, impi: string): void {
  const nonce = authOf(response, 'WWW-Authenticate')?.params.get('nonce');
  if (nonce !== undefined) ctx.challenges.remember(flow, impi, nonce);
}

/** 200: what to keep of it. @see TS 24.229 5.2.2.1 */
async function storeRegistration(
  ctx: PcscfContext,
  incoming: IncomingRequest,
  response: SipResponse,
  impi: string,
  pathToken: string,
): Promise<void> {
  const { message, flow } = incoming;
  const before = ctx.registrations.onFlow(flow).byImpi(impi);
  if (isStarContact(message)) {
    for (const ended of ctx.registrations.byImpi(impi)) endRegistration(ctx, ended, incoming);
    return;
  }
  const contact = contacts(message)[0];
  if (contact === undefined) return;
  // The 200 lists all contacts that are registered now.
  const listed = contacts(response);
  const granted = listed.find((one) => sameUri(one.uri, contact.uri));
  const expiresS = granted === undefined ? 0 : grantedExpires(granted, response);
  if (expiresS === 0) {
    const ended = ctx.registrations.byImpi(impi).find((one) => sameUri(one.contact.uri, contact.uri));
    if (ended !== undefined) endRegistration(ctx, ended, incoming);
    return;
  }
  const instance = param(contact, '+sip.instance');
  const { binding, replaced } = ctx.registrations.bind({
    impi,
    ue: ctx.ueOf(impi),
    impus: associatedIdentities(response, message),
    contact,
    instanceId: typeof instance === 'string' ? instance : '',
    outbound: usesOutbound(message),
    serviceRoute: routes(response, 'Service-Route').map(serializeNameAddr),
    expiresS,
    flow,
    pathToken,
  });
  let bound = incoming.cause;
  if (before !== binding) {
    const text = `${impi} is registered for ${expiresS} s over ${flow.transport}`;
    bound = note(ctx, 'REGISTRATION_BOUND', binding.ue, text, bound);
  }
  // One that is missing gave way to this one (RFC 3261 §10.3).
  for (const other of ctx.registrations.byImpi(impi)) {
    if (other !== binding && !listed.some((one) => sameUri(one.uri, other.contact.uri)))
      endRegistration(ctx, other, incoming);
  }
  watchRegistration(ctx, binding, bound);
  if (replaced.length === 0) return;
  // The same device with a new contact is a reloaded page: what the old page had is over.
  const reason = { cause: 503, text: 'The page of the UE was loaded again' };
  await Promise.all(replaced.map((one) => releaseBinding(ctx, one, reason, incoming)));
}

function endRegistration(ctx: PcscfContext, binding: Binding, incoming: IncomingRequest): void {
  ctx.registrations.end(binding);
  note(ctx, 'REGISTRATION_ENDED', binding.ue, `${binding.impi} de-registered`, incoming.cause);
}

function grantedExpires(granted: NameAddr, response: SipResponse): number {
  const own = param(granted, 'expires');
  const seconds = typeof own === 'string' ? Number(own) : (expires(response) ?? DEFAULT_EXPIRES_S);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : DEFAULT_EXPIRES_S;
}

/** P-Associated-URI, default first; a registrar that sends none has registered the one in To. @see RFC 7315 §4.1 */
function associatedIdentities(response: SipResponse, request: SipRequest): readonly PublicIdentity[] {
  const listed = headerValues(response, 'P-Associated-URI').flatMap((value) => {
    const parsed = parseNameAddr(value);
    return parsed.ok ? [{ displayName: parsed.value.displayName, uriText: parsed.value.uriText }] : [];
  });
  if (listed.length > 0) return listed;
  const to = toOf(request);
  return to === undefined ? [] : [{ displayName: '', uriText: to.uriText }];
}

/** The Digest credentials; a UE's second Authorization is not looked at. */
function credentialsOf(message: SipRequest): AuthValue | 'malformed' | undefined {
  if (header(message, 'Authorization') === undefined) return undefined;
  const credentials = authOf(message, 'Authorization');
  if (credentials === undefined) return 'malformed';
  return credentials.scheme.toLowerCase() === 'digest' ? credentials : undefined;
}

/** Without credentials the private identity is made of the public one. @see TS 24.229 5.3.1.2 */
function derivedImpi(message: SipRequest): string {
  return (canonicalIdentity(toOf(message)?.uriText ?? '') ?? '').replace(/^sips?:/, '');
}

function usesOutbound(message: SipRequest): boolean {
  return contacts(message).some((contact) => param(contact, 'reg-id') !== undefined);
}

function unknownOptions(message: SipRequest, overWebSocket: boolean): readonly string[] {
  const named = [...headerValues(message, 'Require'), ...headerValues(message, 'Proxy-Require')];
  return named.filter((option) => {
    const token = option.toLowerCase();
    return !REGISTER_OPTIONS.has(token) && !(overWebSocket && token === 'sec-agree');
  });
}
