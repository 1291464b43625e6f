import type { SimClaimRequest } from '@imslab/ims-core/api/lab-api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aliceSim, MemoryStorage } from '../../test/fake-pcscf.ts';
import { session, simMoved } from './session.ts';
import { claimAtStart, claimNextFree, renewClaim, takeOver, waitForSim } from './sim.ts';
import { recallTab, rememberTab } from './tab-memory.ts';

const bobSim = { ...aliceSim, imsi: '001010000000002', name: 'Bob', number: '+15550001002' };
const empty = session.getInitialState();

let taken: Map<string, string>;
let asked: SimClaimRequest[];
let reachable: boolean;

/** The gateway's claim, by its contract: two SIMs, leases by IMSI. */
function answer(request: SimClaimRequest): Response {
  const sims = [aliceSim, bobSim];
  const free = sims.find(({ imsi }) => !taken.has(imsi));
  const sim = request.ue ? sims.find(({ imsi, name }) => [imsi, name.toLowerCase()].includes(request.ue ?? '')) : free;
  if (request.ue && !sim) return Response.json({ code: 'SIM_UNKNOWN' }, { status: 404 });
  if (!sim) return Response.json({ code: 'SIM_NONE_FREE' }, { status: 409 });
  if (taken.has(sim.imsi) && taken.get(sim.imsi) !== request.lease && !request.takeOver) {
    const nextFree = free && { imsi: free.imsi, name: free.name };
    return Response.json({ code: 'SIM_TAKEN', nextFree }, { status: 409 });
  }
  const lease = request.lease ?? `lease-of-${sim.name}`;
  taken.set(sim.imsi, lease);
  return Response.json({ lease, sim, pcscf: 'sip:pcscf.lab.example:5060;lr' });
}

beforeEach(() => {
  taken = new Map();
  asked = [];
  reachable = true;
  session.setState(empty);
  vi.useFakeTimers();
  vi.stubGlobal('sessionStorage', new MemoryStorage());
  vi.stubGlobal('location', { search: '', pathname: '/' });
  vi.stubGlobal('history', { replaceState: vi.fn() });
  vi.stubGlobal('fetch', async (_: string, init: { readonly body: string }) => {
    if (!reachable) throw new TypeError('fetch failed');
    const request: SimClaimRequest = JSON.parse(init.body);
    asked.push(request);
    return answer(request);
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the SIM of a tab', () => {
  it('is the first free one when nobody asks for another', async () => {
    taken.set(aliceSim.imsi, 'another tab');
    await claimAtStart();
    expect(session.getState()).toMatchObject({ status: 'held', lease: 'lease-of-Bob', sim: { name: 'Bob' } });
    expect(recallTab()).toEqual({ lease: 'lease-of-Bob', imsi: bobSim.imsi, registered: false });
  });

  it('is the one of ?ue=', async () => {
    vi.stubGlobal('location', { search: '?ue=bob', pathname: '/' });
    await claimAtStart();
    expect(session.getState().sim?.name).toBe('Bob');
  });

  it('is the same one after a reload, and still wants to be registered', async () => {
    taken.set(bobSim.imsi, 'mine');
    rememberTab({ lease: 'mine', imsi: bobSim.imsi, registered: true });
    await claimAtStart();
    expect(asked).toEqual([{ ue: bobSim.imsi, lease: 'mine' }]);
    expect(session.getState().sim?.name).toBe('Bob');
    expect(recallTab()?.registered).toBe(true);
  });

  it('is the same one after a reload whose old sockets the gateway still sees', async () => {
    const reload = Object.assign(performance.mark('reload'), { type: 'reload' });
    vi.spyOn(performance, 'getEntriesByType').mockReturnValue([reload]);
    taken.set(aliceSim.imsi, 'the page before');
    rememberTab({ lease: 'mine', imsi: aliceSim.imsi, registered: true });
    const claimed = claimAtStart();
    await vi.advanceTimersByTimeAsync(1500);
    taken.set(aliceSim.imsi, 'mine');
    await vi.advanceTimersByTimeAsync(1500);
    await claimed;
    expect(session.getState().sim?.name).toBe('Alice');
  });

  it('is the next one in a copied tab, which waits for its own click', async () => {
    taken.set(aliceSim.imsi, 'the original');
    rememberTab({ lease: 'refused to the copy', imsi: aliceSim.imsi, registered: true });
    await claimAtStart();
    expect(session.getState().sim?.name).toBe('Bob');
    expect(recallTab()?.registered).toBe(false);
  });

  it('is a choice when the wished one is taken: the next free, taking over, or waiting', async () => {
    vi.stubGlobal('location', { search: '?ue=alice', pathname: '/' });
    taken.set(aliceSim.imsi, 'another tab');
    await claimAtStart();
    expect(session.getState()).toMatchObject({ status: 'taken', wish: 'alice', nextFree: { name: 'Bob' }, sim: null });

    const waiting = waitForSim(new AbortController().signal);
    await vi.advanceTimersByTimeAsync(4000);
    expect(session.getState().status).toBe('taken');
    taken.delete(aliceSim.imsi);
    await vi.advanceTimersByTimeAsync(4000);
    await waiting;
    expect(session.getState()).toMatchObject({ status: 'held', sim: { name: 'Alice' } });
  });

  it('can be taken over, and the loser is told and keeps no lease', async () => {
    await claimAtStart();
    simMoved();
    expect(session.getState()).toMatchObject({ status: 'moved', lease: null, wish: aliceSim.imsi });
    taken.set(aliceSim.imsi, 'the other tab');
    await takeOver();
    expect(asked.at(-1)).toEqual({ ue: aliceSim.imsi, takeOver: true });
    expect(session.getState().status).toBe('held');
  });

  it.each([
    ['?ue=alice', '/'],
    ['?ue=alice&algorithm=AKAv1-MD5', '/?algorithm=AKAv1-MD5'],
  ])('can be the next free one, and the address %s forgets the wish', async (search, kept) => {
    taken.set(aliceSim.imsi, 'another tab');
    vi.stubGlobal('location', { search, pathname: '/' });
    await claimNextFree();
    expect(session.getState().sim?.name).toBe('Bob');
    expect(history.replaceState).toHaveBeenCalledWith(null, '', kept);
  });

  it('says when there is none, and when it does not exist', async () => {
    taken.set(aliceSim.imsi, 'a').set(bobSim.imsi, 'b');
    await claimAtStart();
    expect(session.getState().status).toBe('none-free');
    vi.stubGlobal('location', { search: '?ue=zoe', pathname: '/' });
    await claimAtStart();
    expect(session.getState()).toMatchObject({ status: 'unknown', wish: 'zoe' });
  });

  it('is asked for until the gateway answers', async () => {
    reachable = false;
    const claimed = claimAtStart();
    await vi.advanceTimersByTimeAsync(2500);
    expect(session.getState().status).toBe('unreachable');
    reachable = true;
    await vi.advanceTimersByTimeAsync(1000);
    await claimed;
    expect(session.getState().status).toBe('held');
  });

  it('stays the same phone when its lease is renewed, and is lost when another tab was faster', async () => {
    await claimAtStart();
    const { sim } = session.getState();
    taken.clear();
    await renewClaim();
    expect(session.getState().sim).toBe(sim);
    taken.set(aliceSim.imsi, 'another tab');
    await renewClaim();
    expect(session.getState().status).toBe('moved');
  });
});
