import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { FeedMessage } from '@imslab/ims-core/api/lab-api';
import { TraceHistory } from '@imslab/ims-core/trace/history';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createMemoryStore } from '../../../../packages/ims-core/test/kit/memory-store.ts';
import { VirtualClock } from '../../../../packages/ims-core/test/kit/virtual-clock.ts';
import { TraceFeed } from './feed.ts';
import { SimLeases } from './sim-leases.ts';

const box = { node: 'pcscf', id: '', label: 'P-CSCF' } as const;
const state = () => ({
  registeredUsers: 0,
  calls: 0,
  diameterPeers: 0,
  scscfs: [],
  mediaTransports: 0,
  relay: 'up' as const,
  registered: [],
});

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

async function startFeed() {
  const history = new TraceHistory();
  const store = createMemoryStore();
  const leases = new SimLeases({ store, clock: new VirtualClock(), newToken: () => 't', domain: 'lab', pcscf: 'p' });
  let epochs = 0;
  const feed = new TraceFeed({ history, leases, newEpoch: () => `e${++epochs}`, state });
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  closers.push(
    () => server.close(),
    () => feed.close(),
  );
  const record = (count: number) => {
    for (let at = 0; at < count; at += 1) {
      history.record({ kind: 'note', from: box, to: box, time: 0, cause: null, note: { code: 'TEST', text: 'x' } });
    }
  };
  const watch = (after = 0, epoch = '') => {
    const closed = new Promise<void>((done) => {
      server.once('connection', (ws) => {
        feed.accept(ws, { after, epoch, lease: '', imsi: '' });
        ws.once('close', () => done());
      });
    });
    const page = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    closers.push(() => page.terminate());
    const messages: FeedMessage[] = [];
    page.on('message', (data) => messages.push(JSON.parse(String(data)) as FeedMessage));
    const numbers = () => messages.flatMap((one) => (one.type === 'events' ? one.events.map(({ seq }) => seq) : []));
    return { page, messages, numbers, closed };
  };
  return { history, feed, record, watch };
}

const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, at) => from + at);

describe('the feed', () => {
  it('sends a page what was and what comes, each event once and in order, also what happens while it catches up', async () => {
    const { record, watch } = await startFeed();
    record(1_000);
    const { messages, numbers } = watch();
    await vi.waitFor(() => expect(numbers().length).toBeGreaterThan(0));
    record(300);
    await vi.waitFor(() => expect(numbers().length).toBeGreaterThanOrEqual(1_300));
    record(5);
    await vi.waitFor(() => expect(numbers().length).toBeGreaterThanOrEqual(1_305));
    expect(numbers()).toEqual(upTo(1_305));
    expect(messages[0]).toMatchObject({ type: 'hello', epoch: 'e1', from: 1 });
  });

  it('goes on where a page was, and from the start when the page was with another epoch', async () => {
    const { record, watch } = await startFeed();
    record(10);
    const same = watch(7, 'e1');
    await vi.waitFor(() => expect(same.numbers()).toEqual([8, 9, 10]));
    expect(same.messages[0]).toMatchObject({ from: 8 });
    const fresh = watch(7, 'another');
    await vi.waitFor(() => expect(fresh.numbers()).toEqual(upTo(10)));
  });

  it('tells pages that the history was cleared, and goes on with its numbers', async () => {
    const { feed, record, watch } = await startFeed();
    record(3);
    const { messages, numbers } = watch();
    await vi.waitFor(() => expect(numbers()).toEqual([1, 2, 3]));
    feed.clear();
    record(2);
    await vi.waitFor(() => expect(numbers()).toEqual([1, 2, 3, 4, 5]));
    expect(messages).toContainEqual({ type: 'cleared', epoch: 'e2', from: 4 });
  });

  it('makes no event while nobody watches', async () => {
    const { history, record, watch } = await startFeed();
    const made = vi.spyOn(history, 'after');
    record(10);
    await new Promise(setImmediate);
    expect(made).not.toHaveBeenCalled();
    const { page, numbers, closed } = watch();
    await vi.waitFor(() => expect(numbers()).toEqual(upTo(10)));
    page.close();
    await closed;
    made.mockClear();
    record(10);
    await new Promise(setImmediate);
    expect(made).not.toHaveBeenCalled();
  });
});
