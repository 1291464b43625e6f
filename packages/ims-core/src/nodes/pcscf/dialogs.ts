import type { CallView } from '../../api/lab-api.ts';
import type { Timer } from '../../ports/clock.ts';
import type { MediaLegKey } from '../../ports/media-relay.ts';
import type { CauseHolder } from '../../ports/trace-sink.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { serializeNameAddr } from '../../protocols/sip/name-addr.ts';
import { callId, contacts, cseq, fromOf, header, routes, tagOf } from '../../protocols/sip/read.ts';
import type { PcscfConfig } from './config.ts';
import type { MediaPass, Negotiation } from './media.ts';
import { isOwnUri } from './own-uris.ts';
import type { Binding } from './registrations.ts';
import type { ReliableResponses } from './reliable-responses.ts';

/** Why the network ends a call, as its Reason header says it. @see RFC 3326 */
export interface ReleaseReason {
  readonly cause: number;
  readonly text: string;
}

/** What one INVITE began: one pass of one call through this box. It has a dialog for each fork that answered. */
export interface Session {
  readonly callId: string;
  /** `originating` when the UE of this pass called, `terminating` when it was called. */
  readonly pass: MediaLegKey['pass'];
  readonly binding: Binding;
  /** Of P-Charging-Vector, kept in all messages of the session. */
  readonly icid: string;
  /** The INVITE, before this box changed it. */
  readonly invite: SipRequest;
  readonly from: string;
  readonly to: string;
  /** The called UE must not know who calls. @see RFC 3323 §5.3 */
  readonly hidesCaller: boolean;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Absent for a UE that speaks plain RTP: its SDP passes untouched. */
  readonly media: MediaPass | undefined;
  /** Of the INVITE or re-INVITE that came last; its ACK may hold the answer. */
  negotiation: Negotiation | undefined;
  /** Present when this box sends a browser's provisional responses reliably. */
  reliable: ReliableResponses | undefined;
  /** Ends the INVITE on both sides while it has no final response: an error to the caller, CANCEL to the called. */
  abandon: ((reason: ReleaseReason, cause: CauseHolder) => void) | undefined;
  readonly dialogs: Set<Dialog>;
}

/** Both ends of a dialog, kept so that this box can end it in the name of either. @see TS 24.229 5.2.8.1.2, RFC 3261 §12 */
export interface Dialog {
  readonly session: Session;
  state: 'early' | 'confirmed' | 'ended';
  readonly ueTag: string;
  readonly peerTag: string;
  /** The UE as From or To names it, with its tag. */
  readonly ueAddress: string;
  /** The other end as From or To names it, with its tag. */
  readonly peerAddress: string;
  /** Contact of the UE. */
  ueTarget: string;
  /** Contact of the other end. */
  peerTarget: string;
  /** Route set from this box to the other end. */
  peerRoutes: readonly string[];
  /** Highest CSeq number that the UE sent; 0 when it sent none. */
  ueCSeq: number;
  /** Highest CSeq number that the other end sent; 0 when it sent none. */
  peerCSeq: number;
  /** Runs while the session has a timer: at its end the session has not been refreshed. @see RFC 4028 §8.3 */
  expiry: Timer | undefined;
}

/** The calls that pass through this box. */
export class Sessions {
  readonly #config: PcscfConfig;
  readonly #changed: () => void;
  readonly #sessions = new Set<Session>();
  readonly #dialogs = new Map<string, Dialog>();

  constructor(config: PcscfConfig, changed: () => void) {
    this.#config = config;
    this.#changed = changed;
  }

  add(session: Session): void {
    this.#sessions.add(session);
    this.#changed();
  }

  remove(session: Session): void {
    for (const dialog of session.dialogs) this.#forget(dialog);
    session.dialogs.clear();
    if (this.#sessions.delete(session)) this.#changed();
  }

  /** The dialog that a message belongs to, by RFC 3261 §12's three parts. */
  find(id: { readonly callId: string; readonly ueTag: string; readonly peerTag: string }): Dialog | undefined {
    return this.#dialogs.get(`${id.callId} ${id.ueTag} ${id.peerTag}`);
  }

  ofBinding(binding: Binding): readonly Session[] {
    return [...this.#sessions].filter((session) => session.binding === binding);
  }

  ofCall(id: string): readonly Session[] {
    return [...this.#sessions].filter((session) => session.callId === id);
  }

  /** True from its first response until its BYE is answered or it is released. */
  isKept(dialog: Dialog): boolean {
    return this.#dialogs.get(keyOf(dialog)) === dialog;
  }

  /** False once the session was released. */
  has(session: Session): boolean {
    return this.#sessions.has(session);
  }

  /**
   * Makes or renews the dialog of a 101-299 response to the session's INVITE; undefined without a To tag. When another call has the same
   * Call-ID and tags, the dialog is not kept.
   * @see RFC 3261 §12.1
   */
  establish(session: Session, response: SipResponse): Dialog | undefined {
    const toTag = tagOf(response, 'To');
    if (toTag === '') return undefined;
    const fromTag = tagOf(response, 'From');
    const originating = session.pass === 'originating';
    const id = { callId: session.callId, ueTag: originating ? fromTag : toTag, peerTag: originating ? toTag : fromTag };
    const known = this.find(id);
    const dialog = known?.session === session ? known : this.#create(session, response, id);
    const target = contacts(response)[0]?.uriText;
    if (target !== undefined) {
      if (originating) dialog.peerTarget = target;
      else dialog.ueTarget = target;
    }
    if (originating && header(response, 'Record-Route') !== undefined) {
      dialog.peerRoutes = this.#routesBeyond(response, session.binding.token);
    }
    if (response.status >= 200 && dialog.state === 'early') dialog.state = 'confirmed';
    this.#changed();
    return dialog;
  }

  /** Keeps what a message within the dialog says: a request's CSeq, and a new target. @see RFC 3261 §12.2 */
  refresh(dialog: Dialog, message: SipMessage, sender: 'ue' | 'peer'): void {
    const number = message.kind === 'request' ? (cseq(message)?.number ?? 0) : 0;
    const target = isTargetRefresh(message) ? contacts(message)[0]?.uriText : undefined;
    if (sender === 'ue') {
      dialog.ueCSeq = Math.max(dialog.ueCSeq, number);
      dialog.ueTarget = target ?? dialog.ueTarget;
    } else {
      dialog.peerCSeq = Math.max(dialog.peerCSeq, number);
      dialog.peerTarget = target ?? dialog.peerTarget;
    }
  }

  /** A BYE passes: the dialog is over, and kept until the BYE is answered. True when no dialog of the session is left. */
  ending(dialog: Dialog): boolean {
    dialog.state = 'ended';
    dialog.expiry?.stop();
    this.#changed();
    return isOver(dialog.session);
  }

  /** The INVITE has its final 2xx: forks that did not answer are no dialogs any more. @see RFC 3261 §13.2.2.4 */
  answered(session: Session): void {
    session.abandon = undefined;
    for (const dialog of [...session.dialogs]) if (dialog.state === 'early') this.end(dialog);
  }

  /** Forgets one dialog, and with the last one its session. */
  end(dialog: Dialog): void {
    dialog.session.dialogs.delete(dialog);
    this.#forget(dialog);
    if (dialog.session.dialogs.size === 0) this.remove(dialog.session);
  }

  /** One entry a Call-ID: the caller's pass where both are here. */
  views(): readonly CallView[] {
    const byCall = new Map<string, Session>();
    for (const session of this.#sessions) {
      if (isOver(session)) continue;
      if (session.pass === 'originating' || !byCall.has(session.callId)) byCall.set(session.callId, session);
    }
    return [...byCall.values()].map((session) => ({
      callId: session.callId,
      from: session.from,
      to: session.to,
      state: isConfirmed(session) ? 'confirmed' : 'early',
      since: session.since,
    }));
  }

  /** Stops all timers. */
  close(): void {
    for (const dialog of this.#dialogs.values()) dialog.expiry?.stop();
  }

  #forget(dialog: Dialog): void {
    dialog.expiry?.stop();
    this.#dialogs.delete(keyOf(dialog));
  }

  #create(session: Session, response: SipResponse, id: { ueTag: string; peerTag: string }): Dialog {
    const { invite } = session;
    const originating = session.pass === 'originating';
    const caller = header(invite, 'From') ?? '';
    const called = header(response, 'To') ?? '';
    const target = contacts(invite)[0]?.uriText ?? fromOf(invite)?.uriText ?? '';
    const number = cseq(invite)?.number ?? 0;
    const dialog: Dialog = {
      session,
      state: 'early',
      ...id,
      ueAddress: originating ? caller : called,
      peerAddress: originating ? called : caller,
      ueTarget: originating ? target : invite.uri,
      peerTarget: originating ? invite.uri : target,
      peerRoutes: originating ? [] : routes(invite, 'Record-Route').map(serializeNameAddr),
      ueCSeq: originating ? number : 0,
      peerCSeq: originating ? 0 : number,
      expiry: undefined,
    };
    if (this.has(session) && !this.#dialogs.has(keyOf(dialog))) {
      session.dialogs.add(dialog);
      this.#dialogs.set(keyOf(dialog), dialog);
    }
    return dialog;
  }

  /** Record-Route entries of a response that lie beyond this pass, nearest first. The callee's pass may be in this box too. */
  #routesBeyond(response: SipResponse, token: string): readonly string[] {
    const recorded = routes(response, 'Record-Route');
    const own = recorded.findLastIndex(
      ({ uri }) => isOwnUri(uri, this.#config) && uri.kind === 'sip' && uri.user === token,
    );
    return recorded
      .slice(0, Math.max(0, own - 1))
      .toReversed()
      .map(serializeNameAddr);
  }
}

/** True when the call was answered. */
function isConfirmed(session: Session): boolean {
  return [...session.dialogs].some((dialog) => dialog.state !== 'early');
}

/** Names the dialog of a request within it. */
export function dialogIdOf(request: SipRequest, sender: 'ue' | 'peer') {
  const from = tagOf(request, 'From');
  const to = tagOf(request, 'To');
  return { callId: callId(request), ueTag: sender === 'ue' ? from : to, peerTag: sender === 'ue' ? to : from };
}

function isOver(session: Session): boolean {
  return session.dialogs.size > 0 && [...session.dialogs].every((dialog) => dialog.state === 'ended');
}

function isTargetRefresh(message: SipMessage): boolean {
  if (message.kind === 'response' && (message.status < 200 || message.status > 299)) return false;
  const method = cseq(message)?.method;
  return method === 'INVITE' || method === 'UPDATE';
}

function keyOf(dialog: Dialog): string {
  return `${dialog.session.callId} ${dialog.ueTag} ${dialog.peerTag}`;
}
