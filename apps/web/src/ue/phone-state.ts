import type { Peer } from './identity.ts';
import type { Trouble } from './words.ts';

export type RegistrationState = 'not-registered' | 'registering' | 'registered' | 'deregistering';

/** `calling` until another phone rings, `forwarding` when the network looks for one in its place, `ringing` until it is answered, `incoming` until somebody decides here, `answering` until the answer is out. */
export type CallState = 'calling' | 'forwarding' | 'ringing' | 'incoming' | 'answering' | 'in-call';

export interface Call {
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly state: CallState;
  readonly peer: Peer;
  /** Who was called first, when somebody else was reached. */
  readonly forwardedFrom: Peer | null;
  /** Milliseconds since 1970; null until the call is answered. */
  readonly answeredAt: number | null;
  readonly muted: boolean;
}

/** How the last call ended. */
export interface EndedCall {
  readonly peer: Peer;
  readonly forwardedFrom: Peer | null;
  readonly direction: 'outgoing' | 'incoming';
  /** Milliseconds of talk; null when it was never answered. */
  readonly talkedMs: number | null;
  /** Set when it went otherwise than somebody here wanted. */
  readonly trouble: Trouble | null;
  /** `Bob hung up`. */
  readonly text: string;
}

/** What the last 200 to REGISTER granted. */
export interface Registration {
  /** Default public user identity. */
  readonly defaultIdentity: string;
  readonly serviceRoutes: readonly string[];
  /** Of the challenge that was answered: `AKAv2-SHA-256`. */
  readonly algorithm: string;
  readonly expiresS: number;
  /** Milliseconds since 1970. */
  readonly refreshAt: number;
}

export interface PhoneState {
  /** The WebSocket to the P-CSCF. */
  readonly connected: boolean;
  readonly registration: RegistrationState;
  readonly registered: Registration | null;
  readonly registrationTrouble: Trouble | null;
  readonly call: Call | null;
  readonly ended: EndedCall | null;
}

export const initialPhoneState: PhoneState = {
  connected: false,
  registration: 'not-registered',
  registered: null,
  registrationTrouble: null,
  call: null,
  ended: null,
};

/** `Bob`, or `Carol (forwarded from Bob)`. */
export function peerWords({ peer, forwardedFrom }: Pick<Call, 'peer' | 'forwardedFrom'>): string {
  return forwardedFrom === null ? peer.name : `${peer.name} (forwarded from ${forwardedFrom.name})`;
}

/** The phone's state in the words that people, screen readers and scripts look for. */
export function stateWords({ registration, call }: PhoneState): string {
  switch (call?.state) {
    case 'calling':
    case 'forwarding':
      return 'Calling';
    case 'ringing':
      return 'Ringing';
    case 'incoming':
    case 'answering':
      return 'Incoming call';
    case 'in-call':
      return 'In call';
    case undefined:
      return registrationWords[registration];
  }
}

const registrationWords: Readonly<Record<RegistrationState, string>> = {
  'not-registered': 'Not registered',
  registering: 'Registering',
  registered: 'Registered',
  deregistering: 'Registered',
};
