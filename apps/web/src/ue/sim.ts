import type { FreeSim, SimClaim, SimClaimRequest } from '@imslab/ims-core/api/lab-api';
import { session } from './session.ts';
import { recallTab, rememberTab } from './tab-memory.ts';

const CLAIM_PATH = '/api/v1/sims/claim';
/** How long to wait before the gateway is asked again. */
const RETRY_MS = 1000;
/** How often a tab that waits for a taken SIM asks for it. */
const WAIT_FOR_SIM_MS = 3000;
/** After a reload the gateway may still see the sockets of the page before: the same SIM is asked for this often. */
const RELOAD_ATTEMPTS = 4;

type ClaimAnswer =
  | { readonly kind: 'claimed'; readonly claim: SimClaim }
  | { readonly kind: 'taken'; readonly nextFree: FreeSim | null }
  | { readonly kind: 'none-free' | 'unknown' | 'unreachable' };

/** Takes this tab's SIM: the one of `?ue=`, the one it had before a reload, or the first free one. Ends when a SIM is held or a person must choose. */
export async function claimAtStart(): Promise<void> {
  const wish = new URLSearchParams(location.search).get('ue') ?? '';
  const memory = recallTab();
  if (wish !== '') {
    await claim({ ue: wish, ...(memory && { lease: memory.lease }) }, isReload() ? RELOAD_ATTEMPTS : 1);
    return;
  }
  if (memory === null) {
    await claim({}, 1);
    return;
  }
  await claim({ ue: memory.imsi, lease: memory.lease }, isReload() ? RELOAD_ATTEMPTS : 1);
  // A copied tab remembers the SIM of the tab it was copied from: it gets the next one.
  if (session.getState().status === 'taken') await claim({}, 1);
}

/** Takes the next free SIM instead of the wished one; a reload keeps it. */
export async function claimNextFree(): Promise<void> {
  const wishes = new URLSearchParams(location.search);
  wishes.delete('ue');
  history.replaceState(null, '', wishes.size === 0 ? location.pathname : `${location.pathname}?${wishes}`);
  await claim({}, 1);
}

/** Takes the wished SIM from the tab that holds it. */
export async function takeOver(): Promise<void> {
  await claim({ ue: session.getState().wish, takeOver: true }, 1);
}

/** Asks for the wished SIM until its tab lets it go; stops when `signal` is aborted. */
export async function waitForSim(signal: AbortSignal): Promise<void> {
  const { wish } = session.getState();
  while (!signal.aborted) {
    const answer = await ask({ ue: wish });
    if (signal.aborted) return;
    if (answer.kind === 'claimed') {
      hold(answer.claim);
      return;
    }
    await pause(WAIT_FOR_SIM_MS);
  }
}

/** Asks for this tab's SIM anew, when the gateway does not know its lease any more. */
export async function renewClaim(): Promise<void> {
  const { status, sim, lease } = session.getState();
  if (status !== 'held' || sim === null) return;
  const answer = await ask({ ue: sim.imsi, ...(lease !== null && { lease }) });
  if (session.getState().sim !== sim) return;
  if (answer.kind === 'claimed') hold(answer.claim);
  if (answer.kind === 'taken') session.setState({ status: 'moved', lease: null, wish: sim.imsi });
}

async function claim(request: SimClaimRequest, attempts: number): Promise<void> {
  session.setState({ status: 'claiming' });
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(request);
    switch (answer.kind) {
      case 'claimed':
        hold(answer.claim);
        return;
      case 'unreachable':
        session.setState({ status: 'unreachable' });
        break;
      case 'taken':
        if (attempt >= attempts) {
          session.setState({ status: 'taken', wish: request.ue ?? '', nextFree: answer.nextFree });
          return;
        }
        break;
      case 'none-free':
      case 'unknown':
        session.setState({ status: answer.kind, wish: request.ue ?? '' });
        return;
    }
    await pause(RETRY_MS);
  }
}

async function ask(request: SimClaimRequest): Promise<ClaimAnswer> {
  try {
    const response = await fetch(CLAIM_PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    const body: unknown = await response.json();
    if (response.ok && isSimClaim(body)) return { kind: 'claimed', claim: body };
    switch (problemCode(body)) {
      case 'SIM_TAKEN':
        return { kind: 'taken', nextFree: nextFreeOf(body) };
      case 'SIM_NONE_FREE':
        return { kind: 'none-free' };
      case 'SIM_UNKNOWN':
        return { kind: 'unknown' };
      default:
        return { kind: 'unreachable' };
    }
  } catch {
    return { kind: 'unreachable' };
  }
}

function hold(claim: SimClaim): void {
  const memory = recallTab();
  const sameSim = memory?.imsi === claim.sim.imsi;
  rememberTab({ lease: claim.lease, imsi: claim.sim.imsi, registered: sameSim && memory.registered });
  const held = session.getState().sim;
  session.setState({
    status: 'held',
    lease: claim.lease,
    sim: held?.imsi === claim.sim.imsi ? held : claim.sim,
    pcscf: claim.pcscf,
    wish: '',
    nextFree: null,
  });
}

function isSimClaim(body: unknown): body is SimClaim {
  return typeof body === 'object' && body !== null && 'lease' in body && 'sim' in body && 'pcscf' in body;
}

function problemCode(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
}

function nextFreeOf(body: unknown): FreeSim | null {
  if (typeof body !== 'object' || body === null || !('nextFree' in body)) return null;
  const next = body.nextFree;
  if (typeof next !== 'object' || next === null || !('imsi' in next) || !('name' in next)) return null;
  return typeof next.imsi === 'string' && typeof next.name === 'string' ? { imsi: next.imsi, name: next.name } : null;
}

function isReload(): boolean {
  const [entry] = performance.getEntriesByType('navigation');
  return entry !== undefined && 'type' in entry && entry.type === 'reload';
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
