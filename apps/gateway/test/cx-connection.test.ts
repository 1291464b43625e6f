import type { MultimediaAuthAnswer } from '@imslab/ims-core/ports/cx-client';
import { avp } from '@imslab/ims-core/protocols/diameter/avp';
import { commands } from '@imslab/ims-core/protocols/diameter/commands';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../packages/ims-core/test/kit/virtual-clock.ts';
import {
  CxLab,
  capabilities,
  hssHost,
  impi,
  impu,
  marRequest,
  type RawPeer,
  realm,
  scscfHost,
  serverName,
  until,
  vector,
} from './kit/cx-lab.ts';

const lab = new CxLab();
afterEach(() => lab.close());

async function pair(...args: Parameters<CxLab['server']>) {
  const server = await lab.server(...args);
  const client = lab.client(server.port);
  expect(await client.ready(5_000)).toBe(true);
  return { server, client };
}

describe('Cx between two of our peers', () => {
  it('carries UAR, MAR, SAR and LIR and their answers', async () => {
    const { client } = await pair();
    const cause = { cause: null };
    expect(
      await client.userAuthorization({ userName: impi, publicIdentity: impu, visitedNetworkIdentifier: realm }, cause),
    ).toEqual({
      ok: true,
      answer: {
        result: { vendor: 10415, code: 2001 },
        serverCapabilities: { mandatory: [1], optional: [2, 3], serverNames: [] },
      },
    });
    const maa = await client.multimediaAuth(marRequest, cause);
    expect(maa).toEqual({
      ok: true,
      answer: { result: { vendor: 0, code: 2001 }, userName: impi, publicIdentity: impu, authDataItems: [vector] },
    });
    expect(
      await client.serverAssignment(
        {
          userName: impi,
          publicIdentities: [impu],
          serverName,
          serverAssignmentType: 1,
          userDataAlreadyAvailable: false,
        },
        cause,
      ),
    ).toMatchObject({ ok: true, answer: { userData: expect.stringContaining('ü') } });
    expect(await client.locationInfo({ publicIdentity: impu }, cause)).toEqual({
      ok: true,
      answer: { result: { vendor: 0, code: 2001 }, serverName },
    });
  });

  it('draws each message once, with the event that made it', async () => {
    const fresh = new CxLab();
    try {
      const server = await fresh.server();
      const client = fresh.client(server.port);
      await client.ready(5_000);
      const cause = { cause: null };
      await client.multimediaAuth(marRequest, cause);
      await client.locationInfo({ publicIdentity: impu }, cause);
      await client.close();
      expect(fresh.trace.ladder()).toEqual([
        '1 CER S-CSCF to HSS',
        '2 CEA 2001 HSS to S-CSCF',
        '3 MAR S-CSCF to HSS',
        '4 MAA 2001 HSS to S-CSCF',
        '5 LIR S-CSCF to HSS',
        '6 LIA 2001 HSS to S-CSCF',
        '7 DPR S-CSCF to HSS',
        '8 DPA 2001 HSS to S-CSCF',
      ]);
      expect(fresh.trace.events.map((event) => event.cause)).toEqual([null, 1, null, 3, 4, 5, null, 7]);
      expect(cause.cause).toBe(6);
      expect(JSON.stringify(fresh.trace.events)).not.toContain('00ff0080');
    } finally {
      await fresh.close();
    }
  });

  it('names the HSS from the second request on', async () => {
    const asked: string[] = [];
    const { client } = await pair();
    for (const _round of [1, 2]) {
      await client.locationInfo({ publicIdentity: impu }, { cause: null });
      const last = lab.trace.events.findLast((event) => event.kind === 'diameter' && event.diameter.command === 'LIR');
      const avps = last?.kind === 'diameter' ? last.diameter.avps : [];
      asked.push(avps.find((each) => each.name === 'Destination-Host')?.value ?? 'nobody');
    }
    expect(asked).toEqual(['nobody', hssHost]);
  });

  it('keeps 500 requests apart that are answered in another order', async () => {
    const { client } = await pair({
      locationInfo: async ({ publicIdentity }) => {
        await new Promise((resolve) => setTimeout(resolve, Number(publicIdentity) % 7));
        return { result: { vendor: 0, code: 2001 }, serverName: publicIdentity };
      },
    });
    const numbers = Array.from({ length: 500 }, (_, index) => String(index));
    const outcomes = await Promise.all(
      numbers.map((number) => client.locationInfo({ publicIdentity: number }, { cause: null })),
    );
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.answer.serverName : outcome.failure))).toEqual(numbers);
  });

  it('answers a handler that fails, or that answers nonsense, with 5012', async () => {
    const nonsense: MultimediaAuthAnswer = {
      result: { vendor: 0, code: Number.NaN },
      authDataItems: [],
    };
    const { client } = await pair({
      locationInfo: () => Promise.reject(new Error('database is gone')),
      userAuthorization: () => {
        throw new Error('at once');
      },
      multimediaAuth: async () => nonsense,
    });
    const unableToComply = { ok: true, answer: { result: { vendor: 0, code: 5012 } } };
    const cause = { cause: null };
    expect(await client.locationInfo({ publicIdentity: impu }, cause)).toMatchObject(unableToComply);
    expect(await client.multimediaAuth(marRequest, cause)).toMatchObject(unableToComply);
    expect(
      await client.userAuthorization({ userName: 'u', publicIdentity: 'i', visitedNetworkIdentifier: 'v' }, cause),
    ).toMatchObject(unableToComply);
  });

  it('tells who is connected, and that they left', async () => {
    const { server, client } = await pair();
    let changes = 0;
    server.onChange(() => {
      changes += 1;
    });
    expect(server.peers()).toEqual([{ originHost: scscfHost, state: 'Okay' }]);
    await client.close();
    expect(client.state()).toBe('Terminated');
    await until(() => server.peers().length === 0);
    expect(changes).toBeGreaterThan(0);
  });

  it('connects again after the server was started anew', async () => {
    const { server, client } = await pair();
    const { port } = server;
    await server.close();
    await until(() => client.state() === 'Closed');
    expect(await client.locationInfo({ publicIdentity: impu }, { cause: null })).toMatchObject({
      ok: false,
      failure: 'peer-down',
    });
    await lab.server({}, port);
    expect(await client.ready(10_000)).toBe(true);
    expect(await client.locationInfo({ publicIdentity: impu }, { cause: null })).toMatchObject({ ok: true });
  });

  it('rejects what waits as soon as it is closed', async () => {
    const { client } = await pair({ locationInfo: () => new Promise(() => {}) });
    const waiting = Array.from({ length: 5 }, () => client.locationInfo({ publicIdentity: impu }, { cause: null }));
    const closing = client.close();
    for (const outcome of await Promise.all(waiting))
      expect(outcome).toMatchObject({ ok: false, failure: 'peer-down' });
    await closing;
  });

  it('refuses requests beyond the cap as overloaded', async () => {
    const { client } = await pair({ locationInfo: () => new Promise(() => {}) });
    const waiting = Array.from({ length: 1_024 }, () => client.locationInfo({ publicIdentity: impu }, { cause: null }));
    expect(await client.locationInfo({ publicIdentity: impu }, { cause: null })).toMatchObject({
      ok: false,
      failure: 'overloaded',
    });
    await client.close();
    await Promise.all(waiting);
  });

  it('is not ready when nobody listens', async () => {
    const server = await lab.server();
    const { port } = server;
    await server.close();
    const client = lab.client(port);
    expect(await client.ready(50)).toBe(false);
  });
});

/** A raw HSS: answers CER, and then as `onMessage` says. */
async function rawHss(onMessage: (peer: RawPeer) => Promise<void>) {
  const peers: RawPeer[] = [];
  const port = await lab.rawServer((peer) => {
    peers.push(peer);
    void peer
      .next()
      .then((request) => peer.answer(request, capabilities(hssHost, 2001)))
      .then(() => onMessage(peer));
  });
  return { port, peers };
}

function first(peers: readonly RawPeer[]): RawPeer {
  const [peer] = peers;
  if (peer === undefined) throw new Error('nobody is connected');
  return peer;
}

describe('time, on a clock that the test moves', () => {
  it('a request without an answer ends after 5 s, and a late answer harms nobody', async () => {
    const clock = new VirtualClock();
    const { port, peers } = await rawHss(async () => {});
    const client = lab.client(port, clock);
    await until(() => client.state() === 'Okay');
    let ended = false;
    const asked = client.locationInfo({ publicIdentity: impu }, { cause: null }).finally(() => {
      ended = true;
    });
    const request = await first(peers).next();
    await clock.advance(4_999);
    expect(ended).toBe(false);
    await clock.advance(1);
    expect(await asked).toMatchObject({ ok: false, failure: 'timeout' });
    peers[0]?.answer(request, [avp('Session-Id', 's'), avp('Result-Code', 2001)]);
    const again = client.locationInfo({ publicIdentity: impu }, { cause: null });
    const second = await first(peers).next();
    peers[0]?.answer(second, [
      avp('Session-Id', 's'),
      avp('Origin-Host', hssHost),
      avp('Origin-Realm', realm),
      avp('Result-Code', 2001),
    ]);
    expect(await again).toMatchObject({ ok: true });
  });

  it('a silent peer is asked after Tw, suspected after two, left after three, and proves itself with three DWAs', async () => {
    const clock = new VirtualClock();
    const connections: RawPeer[] = [];
    const { port, peers } = await rawHss(async (peer) => {
      connections.push(peer);
    });
    const client = lab.client(port, clock);
    await until(() => client.state() === 'Okay');
    await clock.advance(27_999);
    expect(peers[0]?.received).toEqual([]);
    await clock.advance(4_001);
    expect((await first(peers).next()).commandCode).toBe(commands.DWR.code);
    await clock.advance(32_000);
    expect(client.state()).toBe('Suspect');
    expect(await client.locationInfo({ publicIdentity: impu }, { cause: null })).toMatchObject({
      failure: 'peer-down',
    });
    // In small steps: sockets work in real time, and a clock that ran ahead would end the next try before it was made.
    while (connections.length < 2) {
      if (['Suspect', 'Closed'].includes(client.state())) await clock.advance(100);
      await new Promise(setImmediate);
    }
    const second = first(connections.slice(1));
    for (const round of [1, 2, 3]) {
      const request = await second.next();
      expect(request.commandCode).toBe(commands.DWR.code);
      expect([round, client.state()]).toEqual([round, 'Reopen']);
      second.answer(request, [avp('Result-Code', 2001), avp('Origin-Host', hssHost), avp('Origin-Realm', realm)]);
    }
    await until(() => client.state() === 'Okay');
  });

  it('tries again after 1, 2, 4 ... at most 30 s', async () => {
    const clock = new VirtualClock();
    let tries = 0;
    const port = await lab.rawServer((peer) => {
      tries += 1;
      peer.destroy();
    });
    const client = lab.client(port, clock);
    for (const [round, waitMs] of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000].entries()) {
      await until(() => tries === round + 1 && client.state() === 'Closed');
      await clock.advance(waitMs - 1);
      expect(tries).toBe(round + 1);
      await clock.advance(1);
    }
    await until(() => tries === 8);
  });
});
