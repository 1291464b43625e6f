import type { FeedMessage, LabState } from '@imslab/ims-core/api/lab-api';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FeedClient, type FeedHandler, type FeedSocket } from './feed.ts';

const state: LabState = {
  registeredUsers: 0,
  calls: 0,
  diameterPeers: 0,
  scscfs: [],
  mediaTransports: 0,
  relay: 'up',
  registered: [],
};

function event(seq: number): TraceEvent {
  const party = { node: 'other', id: '', label: 'x' } as const;
  return { kind: 'note', seq, from: party, to: party, time: seq, cause: null, note: { code: 'N', text: '' } };
}

class FakeSocket implements FeedSocket {
  onmessage: ((message: { readonly data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly path: URLSearchParams;
  open = true;

  constructor(path: string) {
    this.path = new URL(path, 'http://lab').searchParams;
  }

  close(): void {
    this.open = false;
  }

  send(message: FeedMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  cut(): void {
    this.open = false;
    this.onclose?.();
  }
}

function setUp() {
  const sockets: FakeSocket[] = [];
  const timers: (() => void)[] = [];
  const seen: number[] = [];
  const calls: string[] = [];
  const handler: FeedHandler = {
    connected: (up) => calls.push(up ? 'up' : 'down'),
    reset: () => {
      seen.length = 0;
      calls.push('reset');
    },
    events: (events) => seen.push(...events.map((entry) => entry.seq)),
    state: () => {},
    simTaken: () => calls.push('taken'),
    leaseLost: () => calls.push('lease-lost'),
  };
  const client = new FeedClient({
    open: (path) => {
      const socket = new FakeSocket(path);
      sockets.push(socket);
      return socket;
    },
    after: (_delay, fire) => {
      timers.push(fire);
      return () => {};
    },
    handler,
  });
  client.start();
  const socket = () => {
    const last = sockets.at(-1);
    if (last === undefined) throw new Error('no socket was opened');
    return last;
  };
  return { client, socket, sockets, timers, seen, calls };
}

describe('FeedClient', () => {
  it('asks for what comes after the last event it has, in the same epoch, after a break', () => {
    const { socket, timers, seen } = setUp();
    socket().send({ type: 'hello', epoch: 'e1', from: 1, state });
    socket().send({ type: 'events', events: [event(1), event(2)] });
    socket().cut();
    timers[0]?.();
    expect(socket().path.get('after')).toBe('2');
    expect(socket().path.get('epoch')).toBe('e1');
    socket().send({ type: 'hello', epoch: 'e1', from: 3, state });
    socket().send({ type: 'events', events: [event(3)] });
    expect(seen).toEqual([1, 2, 3]);
  });

  it('starts anew when the gateway began a new history', () => {
    const { socket, timers, seen, calls } = setUp();
    socket().send({ type: 'hello', epoch: 'e1', from: 1, state });
    socket().send({ type: 'events', events: [event(1), event(2)] });
    socket().cut();
    timers[0]?.();
    socket().send({ type: 'hello', epoch: 'e2', from: 1, state });
    socket().send({ type: 'events', events: [event(1)] });
    expect(seen).toEqual([1]);
    expect(calls.filter((call) => call === 'reset')).toHaveLength(2);
  });

  it('carries the lease of its tab, and connects anew when the tab gets another', () => {
    const { client, socket, sockets } = setUp();
    client.setLease({ lease: 'l1', imsi: '001010000000001' });
    expect(socket().path.get('lease')).toBe('l1');
    expect(sockets[0]?.open).toBe(false);
    client.setLease({ lease: 'l1', imsi: '001010000000001' });
    expect(sockets).toHaveLength(2);
  });

  it('tells of a SIM that went to another tab and of a lost lease', () => {
    const { socket, calls } = setUp();
    socket().send({ type: 'sim-taken' });
    socket().send({ type: 'lease-lost' });
    expect(calls).toEqual(['taken', 'lease-lost']);
  });

  it('shows every event once and in order, however often and wherever the connection is cut', () => {
    const cuts = fc.array(fc.record({ sent: fc.nat({ max: 5 }), again: fc.nat({ max: 3 }) }), { maxLength: 100 });
    fc.assert(
      fc.property(cuts, (steps) => {
        const { socket, timers, seen } = setUp();
        let next = 1;
        for (const { sent, again } of steps) {
          // The gateway goes on after the number that it is asked for; a careless one would also repeat some.
          const after = Number(socket().path.get('after'));
          socket().send({ type: 'hello', epoch: 'e', from: after + 1, state });
          const from = Math.max(1, after + 1 - again);
          next = Math.max(next, after + 1 + sent);
          socket().send({ type: 'events', events: Array.from({ length: next - from }, (_, at) => event(from + at)) });
          socket().cut();
          timers.at(-1)?.();
        }
        expect(seen).toEqual(Array.from({ length: next - 1 }, (_, at) => at + 1));
      }),
    );
  });
});
