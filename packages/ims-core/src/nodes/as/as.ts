import type { Clock } from '../../ports/clock.ts';
import type { MediaResourceFunction } from '../../ports/media-resource.ts';
import type { Random } from '../../ports/random.ts';
import type { ServiceSettingsSource } from '../../ports/service-settings.ts';
import type { SipResolver } from '../../ports/sip-resolver.ts';
import type { SipFlow, SipHop, SipTransport } from '../../ports/sip-transport.ts';
import type { TraceSink } from '../../ports/trace-sink.ts';
import { createSipStack } from '../../protocols/proxy/create-sip-stack.ts';
import { popOwnRoutes } from '../../protocols/proxy/route.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import type { NameAddr } from '../../protocols/sip/name-addr.ts';
import { isOwnUri } from '../../protocols/sip/own-uri.ts';
import { tagOf } from '../../protocols/sip/read.ts';
import { parseUri } from '../../protocols/sip/uri.ts';
import type { TraceParty } from '../../trace/event.ts';
import type { AsConfig } from './config.ts';
import type { AsContext, Service } from './context.ts';
import { ECHO_USER, echo } from './echo.ts';
import { forwarding } from './forwarding.ts';
import { greeting } from './greeting.ts';
import { UasDialogs } from './uas-dialogs.ts';

export interface AsDeps {
  readonly config: AsConfig;
  readonly clock: Clock;
  readonly random: Random;
  /** Owned: closed with the node. */
  readonly transport: SipTransport;
  readonly resolver: SipResolver;
  readonly trace: TraceSink;
  readonly media: MediaResourceFunction;
  readonly settings: ServiceSettingsSource;
  /** Who is at the other end of a flow or hop. */
  readonly partyOf: (peer: SipFlow | SipHop) => TraceParty;
}

/** A SIP application server with the lab's supplementary services, reached over ISC. @see TS 24.229 5.7, TS 23.218 §9 */
export interface ApplicationServer {
  /** Opens its sockets; rejects with a SipTransportError. */
  start(): Promise<void>;
  close(): Promise<void>;
  /** Calls that end here. */
  calls(): number;
}

const AS_PARTY: TraceParty = { node: 'as', id: '', label: 'AS' };

/** The services for users, by the user part of their Server-Name: `sip:forwarding@as.<domain>:5080`. */
const USER_SERVICES: ReadonlyMap<string, Service> = new Map([
  ['forwarding', forwarding],
  ['greeting', greeting],
]);

export function createAs(deps: AsDeps): ApplicationServer {
  const { config, clock, random, transport, resolver, trace, media, settings, partyOf } = deps;
  const dialogs = new UasDialogs();
  const stack = createSipStack({
    node: AS_PARTY,
    transport,
    resolver,
    clock,
    random,
    trace,
    partyOf,
    isOwn: (uri) => isOwnUri(uri, config.uri),
    handler: (incoming) => handle(context, incoming),
  });
  const context: AsContext = { config, clock, random, stack, media, settings, dialogs };
  return {
    start: () => stack.start(),
    async close() {
      dialogs.close();
      await stack.close();
    },
    calls: () => dialogs.size,
  };
}

/** Which service a request belongs to. @see TS 24.229 5.7 */
async function handle(context: AsContext, incoming: IncomingRequest): Promise<void> {
  const { config, dialogs, stack } = context;
  const { message } = incoming;
  const dialog = dialogs.of(message);
  if (dialog !== undefined) {
    await dialog.receive(incoming);
    return;
  }
  const edit = new MessageEdit(message);
  const [ownRoute] = popOwnRoutes(edit, (uri) => isOwnUri(uri, config.uri));
  if (message.method === 'ACK') {
    if (ownRoute !== undefined) stack.forwardStateless(incoming, edit.done());
    return;
  }
  if (tagOf(message, 'To') !== '') {
    if (ownRoute !== undefined) await stack.forward(incoming, [{ request: edit.done() }]);
    else incoming.respond(481, { why: 'this server has no such call (RFC 3261 §12.2.2)' });
    return;
  }
  const forUser = USER_SERVICES.get(userOf(ownRoute));
  if (forUser !== undefined) {
    // 4.4: for a user only the S-CSCF may ask.
    if (config.trustedSources.includes(incoming.flow.remote.host)) await forUser(context, incoming, edit);
    else incoming.respond(403, { why: 'the sender is outside the trust domain (TS 24.229 4.4)' });
    return;
  }
  const called = parseUri(message.uri);
  if (called.ok && called.value.kind === 'sip' && called.value.user?.toLowerCase() === ECHO_USER) {
    await echo(context, incoming, edit);
    return;
  }
  incoming.respond(404, { why: 'no service of this server has this name (TS 24.229 5.7)' });
}

function userOf(route: NameAddr | undefined): string {
  return route?.uri.kind === 'sip' ? (route.uri.user ?? '') : '';
}
