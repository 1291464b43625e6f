import type { CxOutcome, ServerCapabilities, UserAuthorizationAnswer } from '../../ports/cx-client.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import type { ForwardOutcome, IncomingRequest } from '../../protocols/proxy/stack.ts';
import { MessageEdit, unchanged } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { param } from '../../protocols/sip/name-addr.ts';
import { authOf, contacts, expires, isStarContact, toOf } from '../../protocols/sip/read.ts';
import { canonicalIdentity, parseUri, serializeUri, withUriParam } from '../../protocols/sip/uri.ts';
import { visitedNetwork } from '../../protocols/sip/visited-network.ts';
import { type IcscfContext, queryNotCompleted, type Refusal, refuse } from './context.ts';
import { selectScscf } from './select-scscf.ts';

const UserAuthorizationType = { REGISTRATION: 0, DE_REGISTRATION: 1, REGISTRATION_AND_CAPABILITIES: 2 } as const;

/**
 * REGISTER at the I-CSCF: asks the HSS who serves the user and sends the request there. Nothing is kept between two REGISTERs.
 * @see TS 24.229 5.3.1.2, 5.3.1.3
 */
export async function register(context: IcscfContext, incoming: IncomingRequest): Promise<void> {
  const { message } = incoming;

  // 5.3.1.2: Public-Identity comes from To, User-Name from the credentials or else from To.
  const publicIdentity = canonicalIdentity(toOf(message)?.uriText ?? '');
  if (publicIdentity === undefined || !publicIdentity.startsWith('sip:')) {
    incoming.respond(400, { why: 'To holds no SIP URI that could be a public user identity (TS 24.229 5.3.1.2)' });
    return;
  }
  const authorization = credentials(message);
  const query = {
    userName: authorization.get('username') ?? publicIdentity.slice('sip:'.length),
    publicIdentity,
    visitedNetworkIdentifier: visitedNetwork(message) ?? context.config.domain,
  };

  // 5.3.1.2: who may serve the user?
  const userAuthorizationType = isDeregistration(message)
    ? UserAuthorizationType.DE_REGISTRATION
    : UserAuthorizationType.REGISTRATION;
  const assignment = readAssignment(await context.cx.userAuthorization({ ...query, userAuthorizationType }, incoming));
  if (!assignment.ok) {
    refuse(incoming, assignment.refusal);
    return;
  }
  const scscf = assignment.serverName ?? selectScscf(context.config.scscfs, assignment.capabilities)[0];
  if (scscf === undefined) {
    context.log.warn({ publicIdentity, capabilities: assignment.capabilities }, 'no S-CSCF fits the capabilities');
    incoming.respond(600, { why: 'no S-CSCF has the capabilities that the HSS asks for (TS 24.229 5.3.1.2)' });
    return;
  }
  const initial = isInitial(authorization);
  let attempt = await sendTo(context, incoming, scscf, initial);
  if (!attempt.outcome.intercepted) return;

  // 5.3.1.3: the S-CSCF is silent or declines an initial registration: the HSS is asked for capabilities, another one is chosen.
  const again = readAssignment(
    await context.cx.userAuthorization(
      { ...query, userAuthorizationType: UserAuthorizationType.REGISTRATION_AND_CAPABILITIES },
      incoming,
    ),
  );
  const others = again.ok ? selectScscf(context.config.scscfs, again.capabilities, [scscf]) : [];
  for (const other of others) {
    attempt = await sendTo(context, incoming, withReselection(other), initial);
    if (!attempt.outcome.intercepted) return;
  }

  // 5.3.1.3: none is left.
  if (attempt.silent) incoming.respond(504, { why: 'no S-CSCF answers (TS 24.229 5.3.1.3)' });
  else incoming.send(unchanged(attempt.outcome.final));
}

interface Attempt {
  readonly outcome: ForwardOutcome;
  /** No answer came, or there was no connection. */
  readonly silent: boolean;
}

/** Sends the REGISTER to one S-CSCF. An outcome is intercepted when another S-CSCF should be tried. */
async function sendTo(
  context: IcscfContext,
  incoming: IncomingRequest,
  scscf: string,
  initial: boolean,
): Promise<Attempt> {
  const request = new MessageEdit(incoming.message)
    .requestUri(scscf, 'the S-CSCF that serves the user (TS 24.229 5.3.1.2)')
    .remove('P-User-Database', 'was meant for the I-CSCF only (TS 24.229 5.3.1.2)')
    .done();
  let silent = false;
  const outcome = await context.stack.forward(incoming, [{ request }], {
    onFailure: () => {
      silent = true;
      return { status: 504, options: { why: 'the S-CSCF does not answer (TS 24.229 5.3.1.3)' } };
    },
    intercept: ({ status }) => initial && (silent || status === 480 || (status >= 300 && status < 400)),
  });
  return { outcome, silent };
}

type Assignment =
  | { readonly ok: true; readonly serverName?: string; readonly capabilities?: ServerCapabilities }
  | { readonly ok: false; readonly refusal: Refusal };

/** Results of a UAA that say no, by Result-Code or vendor/Experimental-Result-Code. @see TS 29.228 §6.1.1.1 */
const uaaRefusals: ReadonlyMap<string, string> = new Map([
  ['10415/5001', 'DIAMETER_ERROR_USER_UNKNOWN'],
  ['10415/5002', 'DIAMETER_ERROR_IDENTITIES_DONT_MATCH'],
  ['10415/5003', 'DIAMETER_ERROR_IDENTITY_NOT_REGISTERED'],
  ['10415/5004', 'DIAMETER_ERROR_ROAMING_NOT_ALLOWED'],
  ['5003', 'DIAMETER_AUTHORIZATION_REJECTED'],
]);

/** What a UAA means for the REGISTER. @see TS 24.229 5.3.1.2 */
function readAssignment(outcome: CxOutcome<UserAuthorizationAnswer>): Assignment {
  if (!outcome.ok) {
    return { ok: false, refusal: queryNotCompleted(`no UAA: ${outcome.text} (TS 24.229 5.3.1.2)`) };
  }
  const { result, serverName, serverCapabilities: capabilities } = outcome.answer;
  const key = cxResultKey(result);
  switch (key) {
    case '10415/2001': // DIAMETER_FIRST_REGISTRATION: without capabilities any S-CSCF will do
      return { ok: true, ...(capabilities && { capabilities }) };
    case '10415/2002': // DIAMETER_SUBSEQUENT_REGISTRATION
      if (serverName !== undefined) return { ok: true, serverName };
      break;
    case '2001': // De-registration of a registered user, or the capabilities that were asked for
      if (serverName !== undefined) return { ok: true, serverName };
      return { ok: true, ...(capabilities && { capabilities }) };
  }
  const refused = uaaRefusals.get(key);
  if (refused === undefined) {
    return { ok: false, refusal: queryNotCompleted(`the UAA cannot be used: result ${key} (TS 24.229 5.3.1.2)`) };
  }
  return {
    ok: false,
    refusal: { status: 403, options: { why: `the HSS does not authorise it: ${refused} (TS 24.229 5.3.1.2)` } },
  };
}

const NO_CREDENTIALS: ReadonlyMap<string, string> = new Map();

function credentials(message: SipRequest): ReadonlyMap<string, string> {
  return authOf(message, 'Authorization')?.params ?? NO_CREDENTIALS;
}

/** A first registration or one that is not yet protected: only such a one may go to another S-CSCF. @see TS 24.229 5.3.1.3, 5.4.1.1 */
function isInitial(authorization: ReadonlyMap<string, string>): boolean {
  switch (authorization.get('integrity-protected') ?? 'no') {
    case 'no':
    case 'tls-pending':
    case 'ip-assoc-pending':
      return true;
    case 'tls-connected': // set before any authentication: what counts is whether a challenge is answered
      return (authorization.get('response') ?? '') === '';
    default:
      return false;
  }
}

/** True when all contacts of the REGISTER end with it. @see TS 24.229 5.3.1.2 */
function isDeregistration(message: SipRequest): boolean {
  const all = expires(message);
  if (isStarContact(message)) return all === 0;
  const listed = contacts(message);
  return listed.length > 0 && listed.every((contact) => Number(param(contact, 'expires') ?? all) === 0);
}

/** Tells the next S-CSCF that it was chosen after another one failed. @see TS 24.229 5.3.1.3 */
function withReselection(scscf: string): string {
  const uri = parseUri(scscf);
  return uri.ok ? serializeUri(withUriParam(uri.value, 'scscf-reselection', true)) : scscf;
}
