import type { RegEventSubscriber } from '../../protocols/events/reg-event-subscriber.ts';
import type { ContactEvent, RegInfo, RegInfoContact } from '../../protocols/events/reginfo.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { type NameAddr, parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { callId, routes } from '../../protocols/sip/read.ts';
import { canonicalIdentity, parseUri, sameUri } from '../../protocols/sip/uri.ts';
import { note, type PcscfContext } from './context.ts';
import { isOwnUri, pathEntry } from './own-uris.ts';
import { regEventWatch } from './reg-event-watch.ts';
import type { Binding } from './registrations.ts';
import { releaseBinding } from './release.ts';

/** One subscription, and the registration that it is about: a new one at the S-CSCF has a new Service-Route. */
interface Watch {
  readonly subscriber: RegEventSubscriber;
  readonly serviceRoute: string | undefined;
}

/** The registrations that this P-CSCF watches, one subscription a private identity. @see TS 24.229 5.2.3 */
export class RegEventWatches {
  readonly #byImpi = new Map<string, Watch>();
  readonly #byCallId = new Map<string, RegEventSubscriber>();

  byImpi(impi: string): Watch | undefined {
    return this.#byImpi.get(impi);
  }

  byCallId(id: string): RegEventSubscriber | undefined {
    return this.#byCallId.get(id);
  }

  add(impi: string, watch: Watch): void {
    this.#byImpi.set(impi, watch);
    this.#byCallId.set(watch.subscriber.callId, watch.subscriber);
  }

  remove(impi: string, subscriber: RegEventSubscriber): void {
    this.#byCallId.delete(subscriber.callId);
    if (this.#byImpi.get(impi)?.subscriber === subscriber) this.#byImpi.delete(impi);
  }

  close(): void {
    for (const subscriber of this.#byCallId.values()) subscriber.close();
    this.#byImpi.clear();
    this.#byCallId.clear();
  }
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
  if (known !== undefined && known.serviceRoute === serviceRoute) {
    known.subscriber.outlast(binding.expiresAt, cause);
    return;
  }
  if (known !== undefined) {
    known.subscriber.close();
    ctx.watches.remove(impi, known.subscriber);
  }
  const impu = binding.impus.find(({ uri }) => uri.kind === 'sip');
  const path = parseNameAddr(pathEntry(ctx.config, binding.pathToken, binding.outbound));
  if (impu === undefined || !path.ok) return;
  const subscriber: RegEventSubscriber = regEventWatch(
    ctx,
    { impi, impu: impu.uriText, pathUri: path.value.uriText },
    (info, before, notify) => told(ctx, impi, info, before, notify),
    () => ctx.watches.remove(impi, subscriber),
  );
  ctx.watches.add(impi, { subscriber, serviceRoute });
  subscriber.start(cause);
}

/** The last contact of a user has been gone for a while, and the S-CSCF did not say that it knows. */
export function stopWatching(ctx: PcscfContext, impi: string): void {
  if (ctx.registrations.byImpi(impi).length === 0) ctx.watches.byImpi(impi)?.subscriber.end(null);
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
 * @param before the document before this one
 * @see TS 24.229 5.2.3
 */
function told(ctx: PcscfContext, impi: string, info: RegInfo, before: RegInfo | undefined, cause: number | null): void {
  for (const binding of ctx.registrations.byImpi(impi)) {
    const contacts = contactsOf(info, binding);
    const live = contacts.filter(({ contact }) => contact.state === 'active');
    if (live.length === 0) {
      // A contact that no document has named yet may have been registered after this one was written.
      const isMissing = info.state === 'full' && before !== undefined && contactsOf(before, binding).length > 0;
      if (contacts.length > 0 || isMissing) endByNetwork(ctx, binding, contacts[0]?.contact, cause);
      continue;
    }
    // 5.2.3: the identities that are registered now, and the time that is left of a shortened registration.
    const impus = live.map(({ aor }) => aor);
    const shortened = live.find(({ contact }) => contact.event === 'shortened')?.contact.expiresS;
    ctx.registrations.follow(binding, info.state === 'full' ? impus : binding.impus, shortened);
  }
}

interface ContactOfIdentity {
  readonly aor: NameAddr;
  readonly contact: RegInfoContact;
}

/** What a document says of one contact, under each public identity. */
function contactsOf(info: RegInfo, binding: Binding): readonly ContactOfIdentity[] {
  return info.registrations.flatMap(({ aor, contacts }) => {
    const identity = parseNameAddr(`<${aor}>`);
    if (!identity.ok || canonicalIdentity(aor) === undefined) return [];
    return contacts
      .filter(({ uri }) => sameUri(uri, binding.contact.uri))
      .map((contact) => ({ aor: identity.value, contact }));
  });
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
