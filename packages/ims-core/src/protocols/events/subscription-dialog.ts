import { type HeaderPair, request } from '../sip/build.ts';
import { detached } from '../sip/detached.ts';
import type { SipMessage, SipRequest } from '../sip/message.ts';
import { serializeNameAddr } from '../sip/name-addr.ts';
import { callId, contacts, cseq, header, routes, tagOf } from '../sip/read.ts';

/** A dialog that a SUBSCRIBE made, as one of its two ends keeps it; it keeps none of the messages. @see RFC 6665 §4.4.1, RFC 3261 §12 */
export interface SubscriptionDialog {
  readonly callId: string;
  /** Own address as a name-addr with its tag. */
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** URI of the other end. */
  readonly remoteTarget: string;
  /** Name-addrs, nearest first. */
  readonly routeSet: readonly string[];
  /** Number of the last request that was sent; 0 before the first. */
  readonly localCSeq: number;
  /** Number of the last request that came; 0 before the first. */
  readonly remoteCSeq: number;
}

/** The notifier's side, from the SUBSCRIBE and the tag of its 200. Undefined when the SUBSCRIBE names no contact. @see RFC 3261 §12.1.1 */
export function notifierDialog(subscribe: SipRequest, localTag: string): SubscriptionDialog | undefined {
  const contact = contacts(subscribe)[0];
  if (contact === undefined) return undefined;
  return detached<SubscriptionDialog>({
    callId: callId(subscribe),
    localAddress: `${header(subscribe, 'To') ?? ''};tag=${localTag}`,
    remoteAddress: header(subscribe, 'From') ?? '',
    localTag,
    remoteTag: tagOf(subscribe, 'From'),
    remoteTarget: contact.uriText,
    routeSet: routes(subscribe, 'Record-Route').map(serializeNameAddr),
    localCSeq: 0,
    remoteCSeq: cseq(subscribe)?.number ?? 0,
  });
}

/**
 * The subscriber's side, from the first message of the notifier: the 2xx to the SUBSCRIBE or a NOTIFY, whichever comes first.
 * Undefined when it names no contact.
 * @see RFC 6665 §4.4.1
 */
export function subscriberDialog(subscribe: SipRequest, first: SipMessage): SubscriptionDialog | undefined {
  const contact = contacts(first)[0];
  if (contact === undefined) return undefined;
  const isNotify = first.kind === 'request';
  const recorded = routes(first, 'Record-Route').map(serializeNameAddr);
  return detached<SubscriptionDialog>({
    callId: callId(subscribe),
    localAddress: header(subscribe, 'From') ?? '',
    remoteAddress: header(first, isNotify ? 'From' : 'To') ?? '',
    localTag: tagOf(subscribe, 'From'),
    remoteTag: tagOf(first, isNotify ? 'From' : 'To'),
    remoteTarget: contact.uriText,
    routeSet: isNotify ? recorded : recorded.toReversed(),
    localCSeq: cseq(subscribe)?.number ?? 0,
    remoteCSeq: isNotify ? (cseq(first)?.number ?? 0) : 0,
  });
}

/** The dialog after a request of the other end: its number, and its new contact when it names one. @see RFC 3261 §12.2.2 */
export function dialogAfter(dialog: SubscriptionDialog, received: SipRequest): SubscriptionDialog {
  const target = contacts(received)[0]?.uriText ?? dialog.remoteTarget;
  return {
    ...dialog,
    remoteCSeq: cseq(received)?.number ?? dialog.remoteCSeq,
    remoteTarget: target === dialog.remoteTarget ? dialog.remoteTarget : detached(target),
  };
}

/** The next request within the dialog, and the dialog after it. @see RFC 3261 §12.2.1.1 */
export function requestWithin(
  dialog: SubscriptionDialog,
  method: 'SUBSCRIBE' | 'NOTIFY',
  headers: readonly HeaderPair[],
  body?: string,
): { readonly request: SipRequest; readonly dialog: SubscriptionDialog } {
  const localCSeq = dialog.localCSeq + 1;
  const message = request(
    method,
    dialog.remoteTarget,
    [
      ['Max-Forwards', '70'],
      ...dialog.routeSet.map((route): HeaderPair => ['Route', route]),
      ['From', dialog.localAddress],
      ['To', dialog.remoteAddress],
      ['Call-ID', dialog.callId],
      ['CSeq', `${localCSeq} ${method}`],
      ...headers,
    ],
    body,
  );
  return { request: message, dialog: { ...dialog, localCSeq } };
}

/** Whether a request that came belongs to the dialog. @see RFC 3261 §12.2.2 */
export function isInDialog(dialog: SubscriptionDialog, received: SipRequest): boolean {
  return (
    dialog.localTag === tagOf(received, 'To') &&
    dialog.remoteTag === tagOf(received, 'From') &&
    dialog.callId === callId(received)
  );
}
