import type { Clock } from '../../ports/clock.ts';
import { RegEventSubscribers } from '../../protocols/events/reg-event-subscriber.ts';
import type { ContactEvent, RegInfo, RegInfoContact } from '../../protocols/events/reginfo.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { detached } from '../../protocols/sip/detached.ts';
import { parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { callId, routes } from '../../protocols/sip/read.ts';
import { canonicalIdentity, parseUri, sameUri } from '../../protocols/sip/uri.ts';
import { note, type PcscfContext } from './context.ts';
import { isOwnUri, pathEntry } from './own-uris.ts';
import { type RegEventWatch, regEventWatch, sendSubscribe, subscribeHeaders, type Watched } from './reg-event-watch.ts';
import { type Binding, sipIdentity } from './registrations.ts';
import { releaseBinding } from './release.ts';

/** The registrations that this P-CSCF watches, one subscription a private identity. @see TS 24.229 5.2.3 */
export class RegEventWatches {
  readonly subscribers: RegEventSubscribers<Watched>;
  readonly #byImpi = new Map<string, RegEventWatch>();
  readonly #byCallId = new Map<string, RegEventWatch>();

  constructor(subscribers: RegEventSubscribers<Watched>) {
    this.subscribers = subscribers;
  }

  byImpi(impi: string): RegEventWatch | undefined {
    return this.#byImpi.get(impi);
  }

  byCallId(id: string): RegEventWatch | undefined {
    return this.#byCallId.get(id);
  }

  add(watch: RegEventWatch): void {
    this.#byImpi.set(watch.watched.impi, watch);
    this.#byCallId.set(watch.callId, watch);
  }

  remove(watch: RegEventWatch): void {
    const { impi } = watch.watched;
    this.#byCallId.delete(watch.callId);
    if (this.#byImpi.get(impi) === watch) this.#byImpi.delete(impi);
  }

  close(): void {
    for (const watch of this.#byCallId.values()) watch.close();
    this.#byImpi.clear();
    this.#byCallId.clear();
  }
}

/** The watches of a P-CSCF: what they tell changes its registrations. @param context of the node, once it is made */
export function createRegEventWatches(clock: Clock, context: () => PcscfContext): RegEventWatches {
  return new RegEventWatches(
    new RegEventSubscribers<Watched>(clock, {
      headers: (watched, expiresS) => subscribeHeaders(context(), watched, expiresS),
      send: (subscribe, watched, cause) => sendSubscribe(context(), subscribe, watched, cause),
      told: ({ impi }, info, isFirst, cause) => told(context(), impi, info, isFirst, cause),
      ended: (watch) => context().watches.remove(watch),
    }),
  );
}

/**
 * The 200 to a REGISTER went to the UE: from the first one on this box wants to know what becomes of the registration.
 * @see TS 24.229 5.2.3
 */
export function watchRegistration(ctx: PcscfContext, binding: Binding, cause: number | null): void {
  if (ctx.config.subscribesToRegEvent === false) return;
  const { impi } = binding;
  const [serviceRoute] = binding.serviceRoute;
  const known = ctx.watches.byImpi(impi);
  if (known !== undefined && known.watched.serviceRoute === serviceRoute) {
    known.outlast(binding.expiresAt, cause);
    return;
  }
  if (known !== undefined) {
    known.close();
    ctx.watches.remove(known);
  }
  const impu = sipIdentity(binding);
  const path = parseNameAddr(pathEntry(ctx.config, binding.pathToken, binding.outbound));
  if (impu === undefined || !path.ok) return;
  const pathUri = detached(path.value.uriText);
  const watch = regEventWatch(ctx, { impi, impu: impu.uriText, pathUri, serviceRoute });
  ctx.watches.add(watch);
  watch.start(cause);
}

/** The last contact of a user has been gone for a while, and the S-CSCF did not say that it knows. */
export function stopWatching(ctx: PcscfContext, impi: string): void {
  if (ctx.registrations.byImpi(impi).length === 0) ctx.watches.byImpi(impi)?.end(null);
}

/** True for a NOTIFY to this box itself, not to one of its UEs. */
export function isForWatch(ctx: PcscfContext, { message, flow }: IncomingRequest): boolean {
  if (message.method !== 'NOTIFY' || !ctx.config.trustedSources.includes(flow.remote.host)) return false;
  const uri = parseUri(message.uri);
  const isForBox =
    uri.ok && uri.value.kind === 'sip' && uri.value.user === undefined && isOwnUri(uri.value, ctx.config);
  return isForBox && routes(message, 'Route').length === 0;
}

/** NOTIFY of the reg event package. @see TS 24.229 5.2.3, RFC 6665 §4.1.3 */
export function notified(ctx: PcscfContext, incoming: IncomingRequest): void {
  const watch = ctx.watches.byCallId(callId(incoming.message));
  if (watch === undefined) incoming.respond(481, { why: 'no such subscription (RFC 6665 §4.1.3)' });
  else watch.notified(incoming.message, incoming.cause, ({ status, why }) => incoming.respond(status, { why }));
}

/**
 * What became of the contacts of a user.
 * @param isFirst the first document of this subscription
 * @see TS 24.229 5.2.3
 */
function told(ctx: PcscfContext, impi: string, info: RegInfo, isFirst: boolean, cause: number | null): void {
  for (const binding of ctx.registrations.byImpi(impi)) {
    const contacts = contactsOf(info, binding);
    const live = contacts.filter(({ contact }) => contact.state === 'active');
    const wasNamed = binding.named && !isFirst;
    if (isFirst || contacts.length > 0) ctx.registrations.named(binding, contacts.length > 0);
    if (live.length === 0) {
      // A contact that no document has named yet may have been registered after this one was written.
      const isMissing = info.state === 'full' && wasNamed;
      if (contacts.length > 0 || isMissing) endByNetwork(ctx, binding, contacts[0]?.contact, cause);
      continue;
    }
    // 5.2.3: the identities that are registered now, and the time that is left of a shortened registration.
    const impus = live.map(({ aor }) => aor);
    const shortened = live.find(({ contact }) => contact.event === 'shortened')?.contact.expiresS;
    ctx.registrations.follow(binding, info.state === 'full' ? impus : undefined, shortened);
  }
}

interface ContactOfIdentity {
  readonly aor: string;
  readonly contact: RegInfoContact;
}

/** What a document says of one contact, under each public identity. */
function contactsOf(info: RegInfo, binding: Binding): readonly ContactOfIdentity[] {
  const found: ContactOfIdentity[] = [];
  for (const { aor, contacts } of info.registrations) {
    // What the 200 named needs no second look; another identity has to be one that can be served.
    const isNamed = binding.impus.some(({ uriText }) => uriText === aor);
    if (!isNamed && canonicalIdentity(aor) === undefined) continue;
    for (const contact of contacts) {
      if (isContactOf(binding, contact.uri)) found.push({ aor, contact });
    }
  }
  return found;
}

function isContactOf({ contact }: Binding, uri: string): boolean {
  return uri === contact.uriText || sameUri(uri, contact.uri);
}

/** Words for the ladder and for the other end of a call. */
const endTexts: Readonly<Partial<Record<ContactEvent, string>>> = {
  expired: 'The registration ran out',
  unregistered: 'The UE de-registered',
};

/** The home network has no such contact any more: its binding ends, and its calls with it. @see TS 24.229 5.2.3, 5.2.8.1.2 */
function endByNetwork(
  ctx: PcscfContext,
  binding: Binding,
  contact: RegInfoContact | undefined,
  cause: number | null,
): void {
  ctx.registrations.end(binding);
  const event = contact?.event ?? 'gone';
  const seq = note(ctx, 'REGISTRATION_ENDED', binding.ue, `${binding.impi}: the home network says ${event}`, cause);
  const text = (contact && endTexts[contact.event]) ?? 'The network ended the registration';
  void releaseBinding(ctx, binding, { cause: 480, text }, { cause: seq });
}
