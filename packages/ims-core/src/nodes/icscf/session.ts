import type { CxOutcome, LocationInfoAnswer, ServerCapabilities } from '../../ports/cx-client.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { popOwnRoutes } from '../../protocols/proxy/route.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { calledIdentity } from '../../protocols/sip/called-identity.ts';
import { newIcid, serializeChargingVector } from '../../protocols/sip/charging-vector.ts';
import { type Edited, MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { isOwnUri } from '../../protocols/sip/own-uri.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';
import { canonicalIdentity, parseUri, serializeUri, uriParam, withUriParam } from '../../protocols/sip/uri.ts';
import { type IcscfContext, queryNotCompleted, type Refusal, refuse } from './context.ts';
import { selectScscf } from './select-scscf.ts';

/** User-Authorization-Type of a LIR: not who serves the user, but who could. @see TS 29.229 §6.3.24 */
const REGISTRATION_AND_CAPABILITIES = 2;

/**
 * An initial request that enters the home network: finds the S-CSCF of the called user and sends it there. Never record-routes.
 * @see TS 24.229 5.3.2.1
 */
export async function session(context: IcscfContext, incoming: IncomingRequest): Promise<void> {
  const { message } = incoming;
  const edit = new MessageEdit(message);

  // 5.3.2.1: the own Route entry is used up; `orig` on it means that the request is made for its sender.
  const [ownRoute] = popOwnRoutes(edit, (uri) => isOwnUri(uri, context.config.uri));
  const originatingRequest = ownRoute !== undefined && uriParam(ownRoute.uri, 'orig') !== undefined;

  // 5.3.2.1, 5.3.2.1A: who is called, or for whom is it made, and where is that user served?
  const publicIdentity = originatingRequest ? originatingIdentity(message) : calledIdentity(message.uri);
  if (publicIdentity === undefined) {
    const why = originatingRequest
      ? 'nobody is named for whom the request is made (TS 24.229 5.3.2.1A)'
      : 'the Request-URI is no public user identity (TS 24.229 5.3.2.1)';
    incoming.respond(404, { why });
    return;
  }
  const query = { publicIdentity, ...(originatingRequest && { originatingRequest }) };
  const location = readLocation(await context.cx.locationInfo(query, incoming), originatingRequest);
  if (!location.ok) {
    refuse(incoming, location.refusal);
    return;
  }
  const { serverName } = location;
  const candidates =
    serverName === undefined ? selectScscf(context.config.scscfs, location.capabilities) : [serverName];
  if (candidates.length === 0) {
    context.log.warn({ publicIdentity, capabilities: location.capabilities }, 'no S-CSCF fits the capabilities');
    incoming.respond(600, { why: 'no S-CSCF has the capabilities that the HSS asks for (TS 24.229 5.3.2.2)' });
    return;
  }

  // 5.3.2.1: on to the S-CSCF; the Request-URI stays.
  edit.remove('P-User-Database', 'was meant for the I-CSCF only (TS 24.229 5.3.2.1)');
  if (header(message, 'P-Charging-Vector') === undefined) {
    const vector = serializeChargingVector({ icidValue: newIcid(context.random), others: [] });
    edit.append('P-Charging-Vector', vector, 'none arrived (TS 24.229 5.3.2.1)');
  }
  const request = edit.done();
  if (await sendToFirst(context, incoming, request, candidates, originatingRequest)) return;

  // 5.3.2.1: the S-CSCF that serves the user is silent: the HSS is asked for capabilities and lets another one take the user over.
  if (serverName !== undefined) {
    const again = readCapabilities(
      await context.cx.locationInfo({ ...query, userAuthorizationType: REGISTRATION_AND_CAPABILITIES }, incoming),
    );
    const others = again === undefined ? [] : selectScscf(context.config.scscfs, again.capabilities, [serverName]);
    if (await sendToFirst(context, incoming, request, others, originatingRequest)) return;
  }
  incoming.respond(480, { why: 'no S-CSCF answers (TS 24.229 5.3.2.2)' });
}

/** Tries S-CSCFs in order until one is not silent. False when all are. */
async function sendToFirst(
  context: IcscfContext,
  incoming: IncomingRequest,
  request: Edited<SipRequest>,
  scscfs: readonly string[],
  originating: boolean,
): Promise<boolean> {
  for (const scscf of scscfs) {
    const route = routeTo(scscf, originating);
    if (route !== undefined && (await sendTo(context, incoming, request, route))) return true;
  }
  return false;
}

/** False when the S-CSCF cannot be reached, or says nothing to an INVITE: silence after another request may be the called UE's. */
async function sendTo(
  context: IcscfContext,
  incoming: IncomingRequest,
  { message, changes }: Edited<SipRequest>,
  route: string,
): Promise<boolean> {
  const { message: copy, changes: added } = new MessageEdit(message)
    .prepend('Route', route, 'the S-CSCF of the user, from the LIA (TS 24.229 5.3.2.1)')
    .done();
  let silent = false;
  const { intercepted } = await context.stack.forward(
    incoming,
    [{ request: { message: copy, changes: [...changes, ...added] } }],
    {
      onFailure: (kind) => {
        silent = kind === 'transport' || message.method === 'INVITE';
        return silent ? { status: 504, options: { why: 'the S-CSCF does not answer (TS 24.229 5.3.2.2)' } } : undefined;
      },
      intercept: () => silent,
    },
  );
  return !intercepted;
}

type Location =
  | { readonly ok: true; readonly serverName?: string; readonly capabilities?: ServerCapabilities }
  | { readonly ok: false; readonly refusal: Refusal };

/** What a LIA means for the request. @see TS 24.229 5.3.2.1, TS 29.228 §6.1.4.1 */
function readLocation(outcome: CxOutcome<LocationInfoAnswer>, originating: boolean): Location {
  if (!outcome.ok) {
    return { ok: false, refusal: queryNotCompleted(`no LIA: ${outcome.text} (TS 24.229 5.3.2.1)`) };
  }
  const { result, serverName, serverCapabilities: capabilities } = outcome.answer;
  const key = cxResultKey(result);
  switch (key) {
    case '2001':
      if (serverName !== undefined) return { ok: true, serverName };
      break;
    case '10415/2003': // DIAMETER_UNREGISTERED_SERVICE
      return { ok: true, ...(capabilities && { capabilities }) };
    case '10415/5001':
      return refused(404, 'nobody has this identity: DIAMETER_ERROR_USER_UNKNOWN');
    case '10415/5003':
      return refused(originating ? 404 : 480, 'the user is not registered: DIAMETER_ERROR_IDENTITY_NOT_REGISTERED');
  }
  return { ok: false, refusal: queryNotCompleted(`the LIA cannot be used: result ${key} (TS 24.229 5.3.2.1)`) };
}

/** The capabilities that were asked for; undefined when the HSS lets no other S-CSCF take the user over. @see TS 29.228 §6.1.4.1 */
function readCapabilities(
  outcome: CxOutcome<LocationInfoAnswer>,
): { readonly capabilities: ServerCapabilities | undefined } | undefined {
  if (!outcome.ok) return undefined;
  const { result, serverName, serverCapabilities: capabilities } = outcome.answer;
  return cxResultKey(result) === '2001' && serverName === undefined ? { capabilities } : undefined;
}

function refused(status: number, why: string): Location {
  return { ok: false, refusal: { status, options: { why: `${why} (TS 24.229 5.3.2.1)` } } };
}

/** The user whom an application server names, else the one whom it asserts. @see TS 24.229 5.3.2.1A */
function originatingIdentity(message: SipRequest): string | undefined {
  const named = header(message, 'P-Served-User') ?? headerValues(message, 'P-Asserted-Identity')[0];
  const address = parseNameAddr(named ?? '');
  return address.ok ? canonicalIdentity(address.value.uriText) : undefined;
}

/** A loose route to a Server-Name as the HSS gave it; undefined when it is no SIP URI. @param originating keeps `orig` for the S-CSCF */
function routeTo(serverName: string, originating: boolean): string | undefined {
  const uri = parseUri(serverName);
  if (!uri.ok || uri.value.kind !== 'sip') return undefined;
  const loose = withUriParam(uri.value, 'lr', true);
  return `<${serializeUri(originating ? withUriParam(loose, 'orig', true) : loose)}>`;
}
