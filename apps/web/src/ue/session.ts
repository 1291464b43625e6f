import type { FreeSim, SimCard } from '@imslab/ims-core/api/lab-api';
import { createStore } from 'zustand/vanilla';

/**
 * Which SIM this tab holds, and whether it still does:
 * - `claiming`: the gateway was asked and has not answered yet
 * - `held`: this tab is the phone of `sim`
 * - `taken`: another tab holds the SIM that was asked for
 * - `moved`: another tab took `sim` over from this one
 * - `none-free`, `unknown`: there is no such SIM to have
 * - `unreachable`: the gateway does not answer; the tab keeps asking
 */
export type SessionStatus = 'claiming' | 'held' | 'taken' | 'moved' | 'none-free' | 'unknown' | 'unreachable';

export interface Session {
  readonly status: SessionStatus;
  /** Names this tab to the gateway: the feed socket carries it as `?lease=` and so keeps the SIM. */
  readonly lease: string | null;
  readonly sim: SimCard | null;
  /** SIP URI of the P-CSCF as the claim gave it; empty while no SIM is held. */
  readonly pcscf: string;
  /** What the person asked for when it could not be had: a name, an IMSI or a number. */
  readonly wish: string;
  /** A SIM that could be had instead of the wished one. */
  readonly nextFree: FreeSim | null;
}

/** The tab's session, for every part of the page that needs the lease or the SIM. */
export const session = createStore<Session>()(() => ({
  status: 'claiming',
  lease: null,
  sim: null,
  pcscf: '',
  wish: '',
  nextFree: null,
}));

/** The feed said that another tab took this tab's SIM over. */
export function simMoved(): void {
  const { status, sim } = session.getState();
  if (status === 'held') session.setState({ status: 'moved', lease: null, wish: sim?.imsi ?? '' });
}
