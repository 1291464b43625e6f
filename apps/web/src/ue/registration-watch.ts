import type { Clock } from '@imslab/ims-core/ports/clock';
import type { Random } from '@imslab/ims-core/ports/random';
import {
  REG_EVENT_EXPIRES_S,
  RegEventSubscriber,
  RegEventSubscribers,
} from '@imslab/ims-core/protocols/events/reg-event-subscriber';
import { REGINFO_CONTENT_TYPE, type RegInfo } from '@imslab/ims-core/protocols/events/reginfo';
import { type HeaderPair, request, response } from '@imslab/ims-core/protocols/sip/build';
import { MessageEdit } from '@imslab/ims-core/protocols/sip/edit';
import { newBranch, newCallId, newTag } from '@imslab/ims-core/protocols/sip/ids';
import type { SipMessage, SipRequest, SipResponse } from '@imslab/ims-core/protocols/sip/message';
import { param } from '@imslab/ims-core/protocols/sip/name-addr';
import { parseMessage } from '@imslab/ims-core/protocols/sip/parse';
import { callId, topVia } from '@imslab/ims-core/protocols/sip/read';
import { serializeMessage } from '@imslab/ims-core/protocols/sip/serialize';
import { parseUri, sameUri } from '@imslab/ims-core/protocols/sip/uri';
import { routeHeaders } from './routes.ts';
import { headerLines, startLine } from './sip-text.ts';

/** Timer F: how long an answer to a SUBSCRIBE is awaited, milliseconds. @see RFC 3261 §17.1.2.2 */
const ANSWER_TIMEOUT_MS = 32_000;

/** What the network did to this UE's registration. @see TS 24.229 5.1.1.5A, 5.1.1.7 */
export type NetworkDecision =
  | { readonly kind: 'rejected' } // it is over, and the UE does not register by itself
  | { readonly kind: 'deactivated' } // it is over, and the UE registers anew at once
  | { readonly kind: 'probation'; readonly retryAfterS: number } // it is over, and the UE registers anew later
  | { readonly kind: 'shortened'; readonly expiresS: number }; // the UE registers again within half of this time

/** The registration that is watched. */
export interface WatchedRegistration {
  /** Default public user identity. */
  readonly identity: string;
  /** URI of the UE's contact. */
  readonly contact: string;
  readonly serviceRoutes: readonly string[];
}

export interface RegistrationWatchOptions {
  /** SIP URI of the P-CSCF. */
  readonly pcscf: string;
  /** Puts a message on the WebSocket; false when there is no connection. */
  readonly send: (text: string) => boolean;
  /** `WS` or `WSS`. */
  readonly transport: () => string;
  readonly decided: (decision: NetworkDecision) => void;
}

/** The UE's subscription to its own registration. @see TS 24.229 5.1.1.3, RFC 3680 */
export interface RegistrationWatch {
  /** A 200 to REGISTER came: from the first one on the registration is watched. */
  registered(registration: WatchedRegistration): void;
  /** The flow is lost, or the UE leaves: what the network says of the registration is of no interest any more. */
  forget(): void;
  /** Takes a message that belongs to the subscription; false for every other one. */
  take(text: string): boolean;
}

const clock: Clock = {
  now: () => Date.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return { stop: () => clearTimeout(timer) };
  },
};

const random: Random = { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Watches the registration beside JsSIP, on the same WebSocket: JsSIP refuses a NOTIFY that overtakes the 200 to its SUBSCRIBE, which
 * RFC 6665 allows.
 */
export function createRegistrationWatch(options: RegistrationWatchOptions): RegistrationWatch {
  /** Who waits for the answer to a SUBSCRIBE, by branch. */
  const waiting = new Map<string, (answer: SipResponse) => void>();
  let subscriber: RegEventSubscriber<WatchedRegistration> | undefined;
  const subscribers = new RegEventSubscribers<WatchedRegistration>(clock, {
    headers: ({ contact }, expiresS) => subscribeHeaders(contact, expiresS),
    send: (subscribe, { contact }) => ask(subscribe, contact),
    told: ({ contact }, info) => {
      const decision = decisionOf(info, contact);
      if (decision !== undefined) options.decided(decision);
    },
    ended: (over) => {
      if (subscriber === over) subscriber = undefined;
    },
  });

  function transmit(message: SipMessage): boolean {
    return options.send(decoder.decode(serializeMessage(message)));
  }

  function ask(subscribe: SipRequest, contact: string): Promise<SipResponse> {
    const branch = newBranch(random);
    const via = `SIP/2.0/${options.transport()} ${hostOf(contact)};branch=${branch}`;
    const message = new MessageEdit(subscribe).prepend('Via', via, 'own Via (RFC 3261 §8.1.1.7)').done().message;
    return new Promise((resolve) => {
      const answered = (answer: SipResponse): void => {
        waiting.delete(branch);
        clearTimeout(timer);
        resolve(answer);
      };
      const timer = setTimeout(() => answered(response(message, 408)), ANSWER_TIMEOUT_MS);
      waiting.set(branch, answered);
      if (!transmit(message)) answered(response(message, 503));
    });
  }

  function forget(): void {
    subscriber?.close();
    subscriber = undefined;
    for (const [branch, answered] of [...waiting]) {
      waiting.delete(branch);
      answered(response(request('SUBSCRIBE', '', []), 503));
    }
  }

  return {
    registered(registration) {
      const { identity, contact, serviceRoutes } = registration;
      // A new registration at the S-CSCF has a new Service-Route.
      if (subscriber !== undefined && subscriber.watched.serviceRoutes[0] === serviceRoutes[0]) return;
      forget();
      const subscribe = request('SUBSCRIBE', identity, [
        ['Max-Forwards', '70'],
        ...routeHeaders(options.pcscf, serviceRoutes).map(
          (line): HeaderPair => ['Route', line.slice('Route: '.length)],
        ),
        ['From', `<${identity}>;tag=${newTag(random)}`],
        ['To', `<${identity}>`],
        ['Call-ID', newCallId(random)],
        ['CSeq', '1 SUBSCRIBE'],
        ...subscribeHeaders(contact, REG_EVENT_EXPIRES_S),
      ]);
      subscriber = new RegEventSubscriber(subscribers, registration, subscribe);
      subscriber.start(null);
    },
    forget,
    take(text) {
      const isNotify = startLine(text).startsWith('NOTIFY ');
      if (!isNotify && !/\sSUBSCRIBE$/.test(headerLines(text, 'CSeq')[0] ?? '')) return false;
      const parsed = parseMessage(encoder.encode(text), { transport: 'websocket' });
      if (!parsed.ok) return false;
      const message = parsed.value;
      if (message.kind === 'response') {
        const branch = param(topVia(message) ?? { params: [] }, 'branch');
        const answered = waiting.get(typeof branch === 'string' ? branch : '');
        if (message.status >= 200) answered?.(message);
        return answered !== undefined;
      }
      if (subscriber === undefined || subscriber.callId !== callId(message)) return false;
      subscriber.notified(message, null, ({ status }) => void transmit(response(message, status)));
      return true;
    },
  };
}

function subscribeHeaders(contact: string, expiresS: number): readonly HeaderPair[] {
  return [
    ['Contact', `<${contact}>`],
    ['Event', 'reg'],
    ['Accept', REGINFO_CONTENT_TYPE],
    ['Expires', String(expiresS)],
  ];
}

/** What a document decides about the UE's contact: it may stand under several public identities. @see TS 24.229 5.1.1.7 */
export function decisionOf(info: RegInfo, contactUri: string): NetworkDecision | undefined {
  const own = info.registrations.flatMap(({ contacts }) => contacts).filter(({ uri }) => sameUri(uri, contactUri));
  const live = own.filter(({ state }) => state === 'active');
  const shortened = live.find(({ event }) => event === 'shortened');
  if (shortened !== undefined) return { kind: 'shortened', expiresS: shortened.expiresS ?? 0 };
  const [gone] = own;
  if (live.length > 0 || gone === undefined) return undefined;
  switch (gone.event) {
    case 'deactivated':
    case 'expired':
      return { kind: 'deactivated' };
    case 'probation':
      return { kind: 'probation', retryAfterS: gone.retryAfterS ?? 0 };
    default:
      return { kind: 'rejected' };
  }
}

function hostOf(contact: string): string {
  const uri = parseUri(contact);
  return uri.ok && uri.value.kind === 'sip' ? uri.value.host : 'ue.invalid';
}
