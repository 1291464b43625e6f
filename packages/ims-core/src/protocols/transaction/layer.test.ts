import { describe, expect, it } from 'vitest';
import { callerRequest } from '../../../test/kit/proxy-lab.ts';
import { VirtualClock } from '../../../test/kit/virtual-clock.ts';
import { response } from '../sip/build.ts';
import { unchanged } from '../sip/edit.ts';
import { TransactionLayer } from './layer.ts';
import { serverKey } from './match.ts';
import { coreTimers } from './timers.ts';

interface Lifetime {
  readonly name: string;
  readonly method: 'INVITE' | 'OPTIONS';
  readonly reliable: boolean;
  /** Final status that the transaction sends or gets. */
  readonly status: number;
  readonly acknowledged?: boolean;
  /** How long it stays after the final response (or the ACK), in milliseconds. */
  readonly staysMs: number;
}

const clients: readonly Lifetime[] = [
  { name: 'timer D', method: 'INVITE', reliable: false, status: 486, staysMs: 32_500 },
  { name: 'timer D', method: 'INVITE', reliable: true, status: 486, staysMs: 0 },
  { name: 'timer M', method: 'INVITE', reliable: false, status: 200, staysMs: 32_000 },
  { name: 'timer M', method: 'INVITE', reliable: true, status: 200, staysMs: 32_000 },
  { name: 'timer K', method: 'OPTIONS', reliable: false, status: 200, staysMs: 5_000 },
  { name: 'timer K', method: 'OPTIONS', reliable: true, status: 200, staysMs: 0 },
];

const servers: readonly Lifetime[] = [
  { name: 'timer H', method: 'INVITE', reliable: false, status: 486, staysMs: 32_000 },
  { name: 'timer H', method: 'INVITE', reliable: true, status: 486, staysMs: 32_000 },
  { name: 'timer I', method: 'INVITE', reliable: false, status: 486, acknowledged: true, staysMs: 5_000 },
  { name: 'timer I', method: 'INVITE', reliable: true, status: 486, acknowledged: true, staysMs: 0 },
  { name: 'timer L', method: 'INVITE', reliable: false, status: 200, staysMs: 32_000 },
  { name: 'timer L', method: 'INVITE', reliable: true, status: 200, staysMs: 32_000 },
  { name: 'timer J', method: 'OPTIONS', reliable: false, status: 200, staysMs: 32_000 },
  { name: 'timer J', method: 'OPTIONS', reliable: true, status: 200, staysMs: 0 },
];

async function expectLifetime(clock: VirtualClock, layer: TransactionLayer, staysMs: number, count: () => number) {
  if (staysMs > 0) {
    await clock.advance(staysMs - 1);
    expect(count()).toBe(1);
    await clock.advance(1);
  } else {
    await clock.advance(0);
  }
  expect(count()).toBe(0);
  layer.close();
  expect(clock.pending).toBe(0);
}

describe('how long a transaction stays (RFC 3261 table 4, RFC 6026 §7)', () => {
  it.each(clients)('client, $method $status, reliable $reliable: $name, $staysMs ms', async (row) => {
    const clock = new VirtualClock();
    const layer = new TransactionLayer(clock, coreTimers);
    const request = callerRequest({ method: row.method });
    const seen: number[] = [];
    const client = layer.client({
      request: unchanged(request),
      branch: 'z9hG4bKcall1',
      cause: null,
      reliable: row.reliable,
      user: { transmit: () => true, response: ({ status }) => seen.push(status), failed: () => {} },
    });
    client.start();
    const final = response(request, row.status, { toTag: 'b' });
    expect(layer.clientOf(final)).toBe(client);
    client.receive(final, 1);
    expect(seen).toEqual([row.status]);
    await expectLifetime(clock, layer, row.staysMs, () => layer.clientCount);
  });

  it.each(servers)(
    'server, $method $status, reliable $reliable, ACK $acknowledged: $name, $staysMs ms',
    async (row) => {
      const clock = new VirtualClock();
      const layer = new TransactionLayer(clock, coreTimers);
      const request = callerRequest({ method: row.method });
      const user = { transmit: () => true, ack: () => {}, failed: () => {} };
      const server = layer.serve(serverKey(request), row.method, row.reliable, user);
      server.respond(unchanged(response(request, row.status, { toTag: 'b' })), null);
      if (row.acknowledged) {
        const ack = callerRequest({ method: 'ACK', toTag: 'b' });
        expect(layer.server(serverKey(ack))).toBe(server);
        server.ack(ack, 2);
      }
      await expectLifetime(clock, layer, row.staysMs, () => layer.serverCount);
    },
  );

  it('stays in Proceeding when a response can not be sent (RFC 6026 §8.4)', () => {
    const layer = new TransactionLayer(new VirtualClock(), coreTimers);
    const failures: string[] = [];
    const invite = callerRequest();
    const server = layer.serve(serverKey(invite), 'INVITE', true, {
      transmit: () => false,
      ack: () => {},
      failed: (kind) => failures.push(kind),
    });
    server.respond(unchanged(response(invite, 180)), null);
    expect(server.state).toBe('Proceeding');
    expect(failures).toEqual(['transport']);
  });

  it('stops all timers when the node closes', () => {
    const clock = new VirtualClock();
    const layer = new TransactionLayer(clock, coreTimers);
    layer
      .client({
        request: unchanged(callerRequest()),
        branch: 'z9hG4bKcall1',
        cause: null,
        reliable: false,
        user: { transmit: () => true, response: () => {}, failed: () => {} },
      })
      .start();
    expect(clock.pending).toBe(2);
    layer.close();
    expect(clock.pending).toBe(0);
    expect(layer.clientCount).toBe(0);
  });
});
