import { tmpdir } from 'node:os';
import type { Problem } from '@imslab/ims-core/api/lab-api';
import { TraceHistory } from '@imslab/ims-core/trace/history';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../../packages/ims-core/test/kit/memory-store.ts';
import { VirtualClock } from '../../../../packages/ims-core/test/kit/virtual-clock.ts';
import { TraceFeed } from './feed.ts';
import { createHttpServer, type HttpServer } from './http-server.ts';
import { SimLeases } from './sim-leases.ts';

const CALL_ID = 'a84b4c76e66710/7@phone.example';
const CALL = { callId: CALL_ID, from: 'sip:alice@lab', to: 'sip:bob@lab', state: 'confirmed', since: 0 } as const;

let http: HttpServer;
let url: string;
let calls: (typeof CALL)[];
let history: TraceHistory;

beforeEach(async () => {
  calls = [CALL];
  const store = createMemoryStore();
  history = new TraceHistory();
  const leases = new SimLeases({
    store,
    clock: new VirtualClock(),
    newToken: () => 't',
    domain: 'lab',
    pcscf: 'sip:p',
  });
  const state = () => ({
    registeredUsers: 0,
    calls: calls.length,
    diameterPeers: 0,
    scscfs: [],
    mediaTransports: 0,
    relay: 'up' as const,
    registered: [],
  });
  http = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    webRoot: `${tmpdir()}/there-is-no-page`,
    store,
    leases,
    history,
    feed: new TraceFeed({ history, leases, newEpoch: () => 'e', state }),
    state,
    media: () => ({ sessions: 0, routers: 0, transports: 0, producers: 0, consumers: 0 }),
    serviceCalls: () => 0,
    administration: { deregister: async () => ({ ok: true }), profileChanged: async () => ({ ok: true }) },
    services: { ofIdentity: async () => undefined, ofSubscriber: async () => undefined, set: async () => {} },
    asUri: 'sip:as.lab:5080',
    domain: 'lab',
    onAdded: () => {},
    registrations: () => [],
    calls: () => calls,
    releaseCall: async (callId) => {
      const known = calls.some((call) => call.callId === callId);
      calls = calls.filter((call) => call.callId !== callId);
      return known;
    },
    acceptSip: () => {},
  });
  const { port } = await http.start();
  url = `http://127.0.0.1:${port}/api/v1/calls`;
});
afterEach(() => http.close());

const release = (callId: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/${encodeURIComponent(callId)}`, { method: 'DELETE', headers });

describe('/api/v1/calls', () => {
  it('lists the calls', async () => {
    expect(await (await fetch(url)).json()).toEqual([CALL]);
  });

  it('releases the call that DELETE names, whatever its Call-ID looks like', async () => {
    const response = await release(CALL_ID);
    expect(response.status).toBe(204);
    expect(calls).toEqual([]);
  });

  it('answers 404 CALL_UNKNOWN for a call that is not there, also the second time', async () => {
    await release(CALL_ID);
    for (const callId of [CALL_ID, 'nobody']) {
      const response = await release(callId);
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
      expect(((await response.json()) as Problem).code).toBe('CALL_UNKNOWN');
    }
  });

  it('releases nothing for a page of another origin', async () => {
    expect((await release(CALL_ID, { origin: 'http://evil.example' })).status).toBe(403);
    expect(calls).toHaveLength(1);
  });
});

describe('/api/v1/trace', () => {
  const box = { node: 'pcscf', id: '', label: 'P-CSCF' } as const;
  const traced = async (query = ''): Promise<unknown> =>
    (await fetch(new URL(`/api/v1/trace${query}`, url), { signal: AbortSignal.timeout(5_000) })).json();

  it('has no events at first', async () => {
    expect(await traced()).toEqual({ epoch: 'e', events: [] });
  });

  it('has every event once and in order, also where they are many, or those above a number', async () => {
    for (let at = 1; at <= 450; at += 1) {
      history.record({ kind: 'note', from: box, to: box, time: at, cause: null, note: { code: 'TEST', text: 'x' } });
    }
    expect(await traced()).toEqual({ epoch: 'e', events: history.after(0) });
    for (const after of [50, 250, 449, 450, 9_999]) {
      expect(await traced(`?after=${after}`), String(after)).toEqual({ epoch: 'e', events: history.after(after) });
    }
  });
});
