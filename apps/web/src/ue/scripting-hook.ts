import { labPhone } from './lab-phone.ts';
import type { Phone } from './phone.ts';
import type { PhoneState } from './phone-state.ts';
import { type Session, session } from './session.ts';

/** `window.imslab`: what scripts and tests of the lab may read, and the phone whose keys they may press. */
export interface ImslabHook {
  readonly session: Session;
  /** Null while the tab holds no SIM. */
  readonly phone: Phone | null;
  readonly state: PhoneState | null;
  /** Connection of the current call. */
  readonly peerConnection: RTCPeerConnection | null;
}

declare global {
  interface Window {
    readonly imslab: ImslabHook;
  }
}

export function installScriptingHook(): void {
  const hook: ImslabHook = {
    get session() {
      return session.getState();
    },
    get phone() {
      return labPhone.getState().phone;
    },
    get state() {
      return labPhone.getState().phone?.store.getState() ?? null;
    },
    get peerConnection() {
      return labPhone.getState().phone?.peerConnection() ?? null;
    },
  };
  Object.defineProperty(window, 'imslab', { value: Object.freeze(hook) });
}
