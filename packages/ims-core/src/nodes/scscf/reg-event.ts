import { eventOf, REG_EVENT } from '../../protocols/events/event-header.ts';
import { REGINFO_CONTENT_TYPE } from '../../protocols/events/reginfo.ts';
import { notifierDialog } from '../../protocols/events/subscription-dialog.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { calledIdentity } from '../../protocols/sip/called-identity.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { type NameAddr, parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { cseq, expires, headerValues, tagOf } from '../../protocols/sip/read.ts';
import { parseUri, type Uri } from '../../protocols/sip/uri.ts';
import { assertedIdentity } from './asserted-identity.ts';
import {
  DEFAULT_SUBSCRIPTION_S,
  MAX_SUBSCRIPTION_S,
  MAX_SUBSCRIPTIONS_PER_IDENTITY,
  MIN_SUBSCRIPTION_S,
  RETRY_AFTER_S,
} from './config.ts';
import { type Refusal, refuse, type ScscfContext } from './context.ts';
import { readOwnEntry } from './own-routes.ts';
import { RegEventSubscription } from './reg-event-subscription.ts';
import type { Registration } from './registrations.ts';
import { servedIdentity } from './user-profile.ts';

/**
 * True for a SUBSCRIBE that this S-CSCF answers itself: in the dialog of one of its subscriptions, or the first to a registration that it may hold.
 * @param ownRoute own Route entry on which it came
 */
export function isForRegEvent(context: ScscfContext, message: SipRequest, ownRoute: NameAddr | undefined): boolean {
  if (message.method !== 'SUBSCRIBE') return false;
  if (context.regEvents.find(message) !== undefined) return true;
  if (eventOf(message).name !== REG_EVENT) return false;
  // What a user of this box asks of somebody whom it does not serve goes to that user's S-CSCF.
  const comesFromUser = ownRoute !== undefined && readOwnEntry(ownRoute).kind === 'service route';
  return !comesFromUser || servingOf(context, message).length > 0;
}

/**
 * SUBSCRIBE to the registration of a user: who may, is told what it is now and whenever it changes.
 * @see TS 24.229 5.4.2.1.1, RFC 3680 §4, RFC 6665 §4.2.1
 */
export function subscribeRegEvent(context: ScscfContext, incoming: IncomingRequest): void {
  const { message } = incoming;
  const known = context.regEvents.find(message);

  // RFC 6665 §4.2.1.1: package, document type, time.
  const refusal = unacceptable(message);
  if (refusal !== undefined) {
    refuse(incoming, refusal);
    return;
  }
  const expiresS = Math.min(expires(message) ?? DEFAULT_SUBSCRIPTION_S, MAX_SUBSCRIPTION_S);

  // RFC 6665 §4.2.1.4: within a dialog it renews or ends a subscription.
  if (known !== undefined) {
    if (known.isOld(cseq(message)?.number ?? 0)) {
      incoming.respond(500, { why: 'CSeq is not higher than before (RFC 3261 §12.2.2)' });
      return;
    }
    known.refresh({ incoming, expiresS });
    return;
  }
  if (tagOf(message, 'To') !== '') {
    incoming.respond(481, { why: 'no such subscription (RFC 6665 §4.2.1.4)' });
    return;
  }

  // 5.4.2.1.1: whose registration, and may the sender know of it?
  const serving = servingOf(context, message);
  const resource = calledIdentity(message.uri);
  if (serving.length === 0 || resource === undefined) {
    incoming.respond(480, { why: 'the user is not registered here (TS 24.229 5.4.2.1.1)' });
    return;
  }
  if (!serving.some((registration) => mayWatch(registration, message))) {
    incoming.respond(403, {
      why: 'only the user, its P-CSCF and its application servers may watch a registration (TS 24.229 5.4.2.1.1)',
    });
    return;
  }
  if (context.regEvents.count(resource) >= MAX_SUBSCRIPTIONS_PER_IDENTITY) {
    incoming.respond(503, {
      headers: [['Retry-After', String(RETRY_AFTER_S)]],
      why: `more than ${MAX_SUBSCRIPTIONS_PER_IDENTITY} subscriptions to one registration`,
    });
    return;
  }

  // 5.4.2.1.1: 200, and the first document.
  const dialog = notifierDialog(message, incoming.toTag);
  if (dialog === undefined) {
    incoming.respond(400, { why: 'a SUBSCRIBE without Contact makes no dialog (RFC 3261 §12.1.1)' });
    return;
  }
  const subscription = new RegEventSubscription(context, resource, dialog, { incoming, expiresS });
  context.regEvents.add(subscription);
  subscription.start();
}

function unacceptable(message: SipRequest): Refusal | undefined {
  if (eventOf(message).name !== REG_EVENT) {
    return {
      status: 489,
      options: { headers: [['Allow-Events', REG_EVENT]], why: 'only registrations are watched here (RFC 6665 §8.3.2)' },
    };
  }
  const accepted = headerValues(message, 'Accept').map((value) => value.split(';')[0]?.trim().toLowerCase() ?? '');
  if (accepted.length > 0 && !accepted.some((type) => [REGINFO_CONTENT_TYPE, 'application/*', '*/*'].includes(type))) {
    return {
      status: 406,
      options: {
        headers: [['Accept', REGINFO_CONTENT_TYPE]],
        why: 'registrations are told in reginfo (RFC 3680 §4.5)',
      },
    };
  }
  const wanted = expires(message);
  if (wanted !== undefined && wanted > 0 && wanted < MIN_SUBSCRIPTION_S) {
    return {
      status: 423,
      options: {
        headers: [['Min-Expires', String(MIN_SUBSCRIPTION_S)]],
        why: `shorter than ${MIN_SUBSCRIPTION_S} s (RFC 6665 §4.2.1.1)`,
      },
    };
  }
  return undefined;
}

/** The registrations that the Request-URI names; none for a barred identity. */
function servingOf(context: ScscfContext, message: SipRequest): readonly Registration[] {
  const resource = calledIdentity(message.uri);
  if (resource === undefined) return [];
  return context.registrations
    .serving(resource)
    .filter(({ profile }) => servedIdentity(profile, resource)?.barred === false);
}

/** The user with an identity that is not barred, a P-CSCF on a Path of the user, an application server of the user. @see TS 24.229 5.4.2.1.1 */
function mayWatch({ profile, bindings }: Registration, message: SipRequest): boolean {
  const asserted = headerValues(message, 'P-Asserted-Identity');
  if (asserted.some((value) => servedIdentity(profile, assertedIdentity(value) ?? '')?.barred === false)) return true;
  const boxes = [
    ...bindings.flatMap(({ path }) => path).map(uriOf),
    ...profile.services
      .flatMap(({ initialFilterCriteria }) => initialFilterCriteria)
      .map(({ applicationServer }) => uriOf(applicationServer.serverName)),
  ];
  return asserted.map(uriOf).some((sender) => boxes.some((box) => isSameBox(sender, box)));
}

function uriOf(text: string): Uri | undefined {
  const address = parseNameAddr(text);
  const uri = address.ok ? parseUri(address.value.uriText) : parseUri(text);
  return uri.ok ? uri.value : undefined;
}

/** Boxes are known by host and port; the user part of a Path names a flow. */
function isSameBox(a: Uri | undefined, b: Uri | undefined): boolean {
  if (a?.kind !== 'sip' || b?.kind !== 'sip') return false;
  return a.host.toLowerCase() === b.host.toLowerCase() && (a.port ?? 5060) === (b.port ?? 5060);
}
