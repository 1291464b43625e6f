import type { CxOutcome, LocationInfoAnswer, ServerCapabilities } from '../../ports/cx-client.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { popOwnRoutes } from '../../protocols/proxy/route.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { calledIdentity } from '../../protocols/sip/called-identity.ts';
import { newIcid, serializeChargingVector } from '../../protocols/sip/charging-vector.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { isOwnUri } from '../../protocols/sip/own-uri.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';
import { canonicalIdentity, parseUri, serializeUri, uriParam, withUriParam } from '../../protocols/sip/uri.ts';
import { type IcscfContext, queryNotCompleted, type Refusal, refuse } from './context.ts';
import { selectScscf } from './select-scscf.ts';

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
  const location = readLocation(
    await context.cx.locationInfo({ publicIdentity, ...(originatingRequest && { originatingRequest }) }, incoming),
    originatingRequest,
  );
  if (!location.ok) {
    refuse(incoming, location.refusal);
    return;
  }
  const scscf = location.serverName ?? selectScscf(context.config.scscfs, location.capabilities)[0];
  const scscfRoute = scscf === undefined ? undefined : routeTo(scscf, originatingRequest);
  if (scscfRoute === undefined) {
    incoming.respond(480, { why: 'no S-CSCF has the capabilities that the HSS asks for (TS 24.229 5.3.2.1)' });
    return;
  }

  // 5.3.2.1: on to the S-CSCF; the Request-URI stays.
  edit
    .prepend('Route', scscfRoute, 'the S-CSCF of the user, from the LIA (TS 24.229 5.3.2.1)')
    .remove('P-User-Database', 'was meant for the I-CSCF only (TS 24.229 5.3.2.1)');
  if (header(message, 'P-Charging-Vector') === undefined) {
    const vector = serializeChargingVector({ icidValue: newIcid(context.random), others: [] });
    edit.append('P-Charging-Vector', vector, 'none arrived (TS 24.229 5.3.2.1)');
  }
  await context.stack.forward(incoming, [{ request: edit.done() }], {
    onFailure: () => ({ status: 480, options: { why: 'the S-CSCF does not answer (TS 24.229 5.3.2.2)' } }),
  });
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

function refused(status: number, why: string): Location {
  return { ok: false, refusal: { status, options: { why: `${why} (TS 24.229 5.3.2.1)` } } };
}

/** The user whom an application server names, else the one whom it asserts. @see TS 24.229 5.3.2.1A */
function originatingIdentity(message: SipRequest): string | undefined {
  const named = header(message, 'P-Served-User') ?? headerValues(message, 'P-Asserted-Identity')[0];
  const address = parseNameAddr(named ?? '');
  return address.ok ? canonicalIdentity(address.value.uriText) : undefined;
}

/** A loose route to a Server-Name, over TCP as all of Mw; undefined when the name is no SIP URI. @param originating keeps `orig` for the S-CSCF */
function routeTo(serverName: string, originating: boolean): string | undefined {
  const uri = parseUri(serverName);
  if (!uri.ok || uri.value.kind !== 'sip') return undefined;
  const overTcp =
    uriParam(uri.value, 'transport') === undefined ? withUriParam(uri.value, 'transport', 'tcp') : uri.value;
  const loose = withUriParam(overTcp, 'lr', true);
  return `<${serializeUri(originating ? withUriParam(loose, 'orig', true) : loose)}>`;
}
