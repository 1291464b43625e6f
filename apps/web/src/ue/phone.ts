import type { SimCard, SubscriberView } from '@imslab/ims-core/api/lab-api';
import type { AkaAlgorithm } from '@imslab/ims-core/protocols/auth/digest';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { SipWebSocket } from './aka-socket.ts';
import type { PhoneAudio } from './audio.ts';
import { createCalls } from './calls.ts';
import { type Chat, type ChatControl, createChats } from './chats.ts';
import { initialPhoneState, type PhoneState } from './phone-state.ts';
import { createRegistration } from './registration.ts';

export interface PhoneOptions {
  readonly sim: SimCard;
  /** SIP URI of the P-CSCF, as the claim gave it. */
  readonly pcscf: string;
  /** `ws:` or `wss:` URL of the P-CSCF. */
  readonly sipUrl: string;
  /** AKA version that it announces. */
  readonly algorithm: AkaAlgorithm;
  readonly audio: PhoneAudio;
  /** The people of the lab, to name a peer whom the signalling only numbers. */
  readonly people: () => readonly SubscriberView[];
  readonly onWish: (registered: boolean) => void;
  /** Chats of this tab before a reload. */
  readonly chats?: readonly Chat[];
  readonly openSocket?: (url: string, protocol: string) => SipWebSocket;
}

/** The UE of one SIM: what a phone's keys can do, and its state. It knows no React and no page. */
export interface Phone {
  readonly sim: SimCard;
  /** AKA version that it announces. */
  readonly algorithm: AkaAlgorithm;
  readonly store: Omit<StoreApi<PhoneState>, 'setState'>;
  readonly audio: PhoneAudio;
  readonly chats: ChatControl;
  register(): void;
  /** Ends a call, then de-registers. */
  deregister(): void;
  /** Calls a name, a number, a SIP or a tel URI; what is wrong with it stands in `ended`. */
  call(target: string): void;
  answer(): void;
  /** Answers an incoming call with 603. */
  reject(): void;
  hangUp(): void;
  setMuted(muted: boolean): void;
  /** Connection of the current call; null without one, and before an incoming call is answered. */
  peerConnection(): RTCPeerConnection | null;
  /** De-registers, closes socket and sound. */
  close(): void;
}

export function createPhone(options: PhoneOptions): Phone {
  const { sim, algorithm, audio } = options;
  const store = createStore<PhoneState>()(() => initialPhoneState);
  const registration = createRegistration({ ...options, store });
  const calls = createCalls({ ...options, ua: registration.ua, store });
  const { ua } = registration;
  const chats = createChats({
    ...options,
    ua: {
      on: (type, listener) => ua.on(type, listener),
      sendMessage: (target, body, message) => ua.sendMessage(target, body, message),
    },
    phone: store,
    ...(options.chats && { remembered: options.chats }),
  });
  return {
    sim,
    algorithm,
    store,
    audio,
    chats,
    register: registration.register,
    deregister() {
      calls.hangUp();
      registration.deregister();
    },
    ...calls,
    close() {
      calls.hangUp();
      registration.close();
      audio.close();
    },
  };
}
