import type { RegistrationView } from '../../api/lab-api.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CxClient } from '../../ports/cx-client.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { SipResolver } from '../../ports/sip-resolver.ts';
import type { SipFlow, SipHop, SipTransport } from '../../ports/sip-transport.ts';
import type { TraceSink } from '../../ports/trace-sink.ts';
import { createSipStack } from '../../protocols/proxy/create-sip-stack.ts';
import { popOwnRoutes } from '../../protocols/proxy/route.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import { isOwnUri } from '../../protocols/sip/own-uri.ts';
import { tagOf } from '../../protocols/sip/read.ts';
import type { TraceParty } from '../../trace/event.ts';
import { Challenges } from './challenges.ts';
import type { ScscfConfig } from './config.ts';
import type { ScscfContext } from './context.ts';
import { DigestNonces } from './digest-nonces.ts';
import { expire } from './expiry.ts';
import { inDialog } from './in-dialog.ts';
import { InTurn } from './in-turn.ts';
import { deregisterByNetwork } from './network-deregistration.ts';
import { OriginalDialogs } from './original-dialogs.ts';
import { originating, originatingByServer } from './originating.ts';
import { readOwnEntry } from './own-routes.ts';
import { pushProfile } from './push-profile.ts';
import { isForRegEvent, subscribeRegEvent } from './reg-event.ts';
import { RegEvents } from './reg-event-notify.ts';
import { authenticationTimeout, register } from './register.ts';
import { registrationTermination } from './registration-termination.ts';
import { Registrations } from './registrations.ts';
import { returnFromService } from './return-from-service.ts';
import { SharedServices } from './shared-services.ts';
import { shortenRegistration } from './shorten-registration.ts';
import { terminating } from './terminating.ts';
import { releaseUnregistered } from './unregistered.ts';
import { UnregisteredUsers } from './unregistered-users.ts';

export interface ScscfDeps {
  readonly config: ScscfConfig;
  readonly clock: Clock;
  readonly random: Random;
  /** Owned: closed with the node. */
  readonly transport: SipTransport;
  readonly resolver: SipResolver;
  readonly trace: TraceSink;
  readonly cx: CxClient;
  readonly log: Log;
  /** Who is at the other end of a flow or hop. */
  readonly partyOf: (peer: SipFlow | SipHop) => TraceParty;
  /** How people call a user, from the IMPI; undefined for one that the lab does not know. */
  readonly nameOf?: (impi: string) => { readonly label: string } | undefined;
}

/** The Serving-CSCF: registrar of its users and proxy of their sessions. @see TS 24.229 5.4 */
export interface Scscf {
  /** Opens its sockets; rejects with a SipTransportError. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** One entry a registered contact. */
  registrations(): readonly RegistrationView[];
  /** The operator ends a registration; the UE may register again at once. False when the user is not registered here. */
  deregister(impi: string): Promise<boolean>;
  /** The operator has a user authenticate again within this time. False when the user is not registered here. */
  shortenRegistration(impi: string, expiresS: number): Promise<boolean>;
  /** Calls `changed` after each change of the registrations. Returns how to stop. */
  onChange(changed: () => void): () => void;
}

export function createScscf(deps: ScscfDeps): Scscf {
  const { config, clock, random, transport, resolver, trace, cx, log, partyOf } = deps;
  const inBackground = (procedure: Promise<unknown>): void => {
    procedure.catch((error: unknown) => log.error({ error: String(error) }, 'a procedure of the S-CSCF failed'));
  };
  const stack = createSipStack({
    node: config.party,
    transport,
    resolver,
    clock,
    random,
    trace,
    partyOf,
    isOwn: (uri) => isOwnUri(uri, config.uri),
    handler: (incoming) => handle(context, incoming),
  });
  const context: ScscfContext = {
    config,
    clock,
    random,
    cx,
    stack,
    trace,
    registrations: new Registrations(clock, (impi) => inBackground(expire(context, impi))),
    challenges: new Challenges(clock, (challenge) => inBackground(authenticationTimeout(context, challenge))),
    digestNonces: new DigestNonces(clock),
    regEvents: new RegEvents(clock),
    sharedServices: new SharedServices(),
    unregisteredUsers: new UnregisteredUsers(clock, (profile) => inBackground(releaseUnregistered(context, profile))),
    originalDialogs: new OriginalDialogs(clock, random),
    inTurn: new InTurn(),
    inBackground,
    applicationServerFailed: (impi, serverName, cause) =>
      inBackground(deregisterByNetwork(context, impi, 'application server failed', { cause }, serverName)),
    nameOf: (impi) => deps.nameOf?.(impi)?.label ?? impi,
  };
  cx.serve({
    registrationTermination: (request, cause) => registrationTermination(context, request, cause),
    pushProfile: (request, cause) => pushProfile(context, request, cause),
  });
  return {
    start: () => stack.start(),
    async close() {
      context.registrations.close();
      context.regEvents.close();
      context.challenges.close();
      context.unregisteredUsers.close();
      await stack.close();
    },
    registrations: () => context.registrations.views(config.uri),
    deregister: (impi) => deregisterByNetwork(context, impi, 'operator', { cause: null }),
    shortenRegistration: (impi, expiresS) => shortenRegistration(context, impi, expiresS, { cause: null }),
    onChange: (changed) => context.registrations.onChange(changed),
  };
}

/** Which procedure a request belongs to. @see TS 24.229 5.4.3.1 */
async function handle(context: ScscfContext, incoming: IncomingRequest): Promise<void> {
  const { config } = context;
  const { message } = incoming;
  const isAck = message.method === 'ACK';

  // 4.4: what the P-CSCF and other boxes assert is believed; nobody else may ask.
  if (!config.trustedSources.includes(incoming.flow.remote.host)) {
    if (!isAck) incoming.respond(403, { why: 'the sender is outside the trust domain (TS 24.229 4.4)' });
    return;
  }
  if (message.method === 'REGISTER') {
    await register(context, incoming);
    return;
  }

  const edit = new MessageEdit(message);
  const [ownRoute] = popOwnRoutes(edit, (uri) => isOwnUri(uri, config.uri));
  if (isForRegEvent(context, message, ownRoute)) {
    subscribeRegEvent(context, incoming);
    return;
  }
  if (tagOf(message, 'To') !== '') {
    if (ownRoute !== undefined) await inDialog(context, incoming, edit, ownRoute);
    else if (!isAck) incoming.respond(481, { why: 'this box is not on the path of the dialog (RFC 3261 §12.2.2)' });
    return;
  }
  if (isAck) return;
  const entry = ownRoute && readOwnEntry(ownRoute);
  switch (entry?.kind) {
    case 'service route':
      return originating(context, incoming, edit, entry);
    case 'original dialog':
      return returnFromService(context, incoming, edit, entry.token);
    case 'orig':
      return originatingByServer(context, incoming, edit);
    default:
      return terminating(context, incoming, edit);
  }
}
