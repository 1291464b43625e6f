import type { SimCard, SubscriberView } from '@imslab/ims-core/api/lab-api';
import type { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { StoreApi } from 'zustand/vanilla';
import type { PhoneAudio, Uplink } from './audio.ts';
import { type CallOutcome, endOfAttempt, endOfOffer, endOfTalk, notDialled } from './call-outcome.ts';
import { dial } from './dial.ts';
import { areTwo, describe, forwardedFrom, type HeaderSource, type Peer, peerOf } from './identity.ts';
import type { Call, PhoneState } from './phone-state.ts';
import { routeHeaders } from './routes.ts';

const BUSY = { status_code: 486, reason_phrase: 'Busy Here' };
const DECLINE = { status_code: 603, reason_phrase: 'Decline' };
/** One ICE and DTLS transport for all media of a call. @see RFC 9143 */
const PC_CONFIG: RTCConfiguration = { iceServers: [], bundlePolicy: 'max-bundle' };

export interface CallsOptions {
  readonly ua: UA;
  readonly sim: SimCard;
  readonly pcscf: string;
  readonly store: StoreApi<PhoneState>;
  readonly audio: PhoneAudio;
  readonly people: () => readonly SubscriberView[];
}

export interface CallControl {
  call(target: string): void;
  answer(): void;
  reject(): void;
  hangUp(): void;
  setMuted(muted: boolean): void;
  /** Connection of the current call; null without one, and before an incoming call is answered. */
  peerConnection(): RTCPeerConnection | null;
}

interface Current {
  readonly session: RTCSession;
  uplink: Uplink | null;
}

/** The UE's calls, one at a time; a second one gets 486. @see TS 24.229 5.1.3, 5.1.4 */
export function createCalls({ ua, sim, pcscf, store, audio, people }: CallsOptions): CallControl {
  let current: Current | null = null;

  function change(part: Partial<Call>): void {
    const { call } = store.getState();
    if (call) store.setState({ call: { ...call, ...part } });
  }

  function begin(session: RTCSession, uplink: Uplink | null, call: Call): void {
    current = { session, uplink };
    store.setState({ call, ended: null });
  }

  function finish(session: RTCSession, outcome: CallOutcome): void {
    if (current?.session !== session) return;
    audio.sound(null);
    audio.stopRemote();
    current.uplink?.close();
    current = null;
    const { call } = store.getState();
    if (!call) return;
    const talkedMs = call.answeredAt === null ? null : Date.now() - call.answeredAt;
    const { peer, direction } = call;
    store.setState({
      call: null,
      ended: { peer, forwardedFrom: call.forwardedFrom, direction, talkedMs, ...outcome },
    });
  }

  function peerName(): string {
    return store.getState().call?.peer.name ?? '';
  }

  function watchMedia(connection: RTCPeerConnection): void {
    connection.addEventListener('track', ({ track, streams }) => {
      if (track.kind === 'audio') audio.playRemote(streams[0] ?? new MediaStream([track]));
    });
  }

  /** What both directions have in common, from the first moment of a session. */
  function watch(session: RTCSession): void {
    // The relay is ICE-lite: it needs none of our candidates, so the SDP goes out at once.
    session.on('icecandidate', ({ ready }) => ready());
    session.on('accepted', () => {
      audio.sound(null);
      change({ state: 'in-call', answeredAt: Date.now() });
    });
    session.on('ended', (event) => finish(session, endOfTalk(peerName(), event)));
    session.on('failed', (event) => {
      const outgoing = store.getState().call?.direction === 'outgoing';
      finish(session, outgoing ? endOfAttempt(peerName(), event) : endOfOffer(peerName(), event));
    });
  }

  function incoming(
    session: RTCSession,
    request: { getHeaders(name: string): string[]; getHeader(name: string): string },
  ): void {
    if (current !== null) {
      session.terminate(BUSY);
      return;
    }
    watch(session);
    session.on('peerconnection', ({ peerconnection }) => watchMedia(peerconnection));
    const peer = peerOf(request, request.getHeader('From'), people());
    const call = newCall(session.id, 'incoming', 'incoming', peer);
    begin(session, null, { ...call, forwardedFrom: forwardedFrom(request, people()) });
    audio.sound('ring');
  }

  ua.on(
    'newRTCSession',
    (event: { originator: string; session: RTCSession; request: Parameters<typeof incoming>[1] }) => {
      if (event.originator === 'remote') incoming(event.session, event.request);
    },
  );

  function outgoing(uri: string, peer: Peer): void {
    const { registered } = store.getState();
    const uplink = audio.openUplink();
    const session = ua.call(uri, {
      mediaStream: uplink.stream,
      pcConfig: PC_CONFIG,
      extraHeaders: routeHeaders(pcscf, registered?.serviceRoutes ?? []),
    });
    watch(session);
    watchMedia(session.connection);
    session.on('connecting', () => attach(session.connection, uplink));
    // Who rings or answers may be another one than was dialled.
    const meet = (response: HeaderSource) => {
      if (response.getHeaders('P-Asserted-Identity').length === 0) return;
      const reached = peerOf(response, uri, people());
      change({ peer: reached, forwardedFrom: areTwo(peer, reached) ? peer : null });
    };
    session.on('progress', (event: { response?: HeaderSource & { status_code: number; body: string } }) => {
      if (event.response?.status_code === 181) change({ state: 'forwarding' });
      if (event.response?.status_code !== 180) return;
      change({ state: 'ringing' });
      meet(event.response);
      if (!event.response.body) audio.sound('ringback');
    });
    session.on('accepted', (event: { response?: HeaderSource }) => {
      if (event.response) meet(event.response);
    });
    begin(session, uplink, newCall(session.id, 'outgoing', 'calling', peer));
  }

  return {
    call(target) {
      if (current !== null) return;
      audio.unlock();
      const dialled = dial(target, sim.domain);
      if (!dialled.ok) {
        store.setState({ ended: notDialled(target, dialled.text, '') });
        return;
      }
      const peer = describe([dialled.uri], '', people());
      if (store.getState().registration !== 'registered') {
        store.setState({ ended: notDialled(target, 'This phone is not registered', 'Register first.') });
        return;
      }
      try {
        outgoing(dialled.uri, peer);
      } catch {
        // JsSIP refuses an address that is none.
        store.setState({ ended: notDialled(target, `“${target}” is not an address that SIP knows.`, '') });
      }
    },
    answer() {
      if (current === null || store.getState().call?.state !== 'incoming') return;
      const { session } = current;
      audio.unlock();
      audio.sound(null);
      const uplink = audio.openUplink();
      current.uplink = uplink;
      change({ state: 'answering' });
      session.on('connecting', () => attach(session.connection, uplink));
      session.answer({ mediaStream: uplink.stream, pcConfig: PC_CONFIG });
    },
    reject() {
      if (store.getState().call?.direction === 'incoming') end(current, DECLINE);
    },
    hangUp() {
      end(current, store.getState().call?.state === 'incoming' ? DECLINE : undefined);
    },
    setMuted(muted) {
      if (current === null) return;
      // JsSIP sets the track by its own idea of mute after every re-offer.
      if (muted) current.session.mute({ audio: true });
      else current.session.unmute({ audio: true });
      current.uplink?.setMuted(muted);
      change({ muted });
    },
    peerConnection: () => current?.session.connection ?? null,
  };
}

function newCall(id: string, direction: Call['direction'], state: Call['state'], peer: Peer): Call {
  return { id, direction, state, peer, forwardedFrom: null, answeredAt: null, muted: false };
}

function end(current: Current | null, answer: typeof DECLINE | undefined): void {
  if (current !== null && !current.session.isEnded()) current.session.terminate(answer);
}

function attach(connection: RTCPeerConnection, uplink: Uplink): void {
  const sender = connection.getSenders().find(({ track }) => track?.kind === 'audio');
  if (sender) uplink.attach(sender);
}
