import type { CxPushAnswer, CxPushHandlers } from '@imslab/ims-core/ports/cx-push';
import { mar } from '@imslab/ims-core/protocols/cx/mar';
import { rtr } from '@imslab/ims-core/protocols/cx/rtr';
import { commands } from '@imslab/ims-core/protocols/diameter/commands';
import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../packages/ims-core/test/kit/virtual-clock.ts';
import { encodeMessage } from '../src/diameter/codec.ts';
import { REQUEST_TIMEOUT_MS } from '../src/diameter/limits.ts';
import {
  CxLab,
  hssHost,
  impi,
  impu,
  marRequest,
  type RawPeer,
  realm,
  scscfHost,
  serverName,
  until,
} from './kit/cx-lab.ts';

const OTHER_HOST = `scscf2.${realm}`;
const OTHER_NAME = `sip:${OTHER_HOST}:6061`;
const success: CxPushAnswer = { result: { vendor: 0, code: 2001 } };
const rtrRequest = { userName: impi, publicIdentities: [impu], reason: 2, reasonInfo: 'Wartung Süd' } as const;

const lab = new CxLab();
afterEach(() => lab.close());

/** An S-CSCF that keeps what it was asked. */
function recording(answer: CxPushAnswer = success) {
  const asked: unknown[] = [];
  const handlers: CxPushHandlers = {
    registrationTermination: async (request) => {
      asked.push(request);
      return answer;
    },
    pushProfile: async (request) => {
      asked.push(request);
      return answer;
    },
  };
  return { asked, handlers };
}

async function scscf(port: number, originHost = scscfHost) {
  const client = lab.client(port, undefined, originHost);
  expect(await client.ready(5_000)).toBe(true);
  const { asked, handlers } = recording();
  client.serve(handlers);
  return { client, asked };
}

const cause = () => ({ cause: null });

describe('what the HSS asks of an S-CSCF', () => {
  it('reaches it over the connection that it opened, and its answer comes back', async () => {
    const server = await lab.server();
    const { client, asked } = await scscf(server.port);
    await client.multimediaAuth(marRequest, cause());
    const pprRequest = {
      userName: impi,
      userData: '<IMSSubscription>ü</IMSSubscription>',
      chargingInformation: { primaryCcf: 'aaa://cdf.example.org:3868' },
    };
    const rtrAll = { userName: impi, publicIdentities: [], reason: 0 } as const;
    const ok = { ok: true, answer: success };
    expect(await server.registrationTermination(serverName, rtrRequest, cause())).toEqual(ok);
    expect(await server.registrationTermination(serverName, rtrAll, cause())).toEqual(ok);
    expect(await server.pushProfile(serverName, pprRequest, cause())).toEqual(ok);
    expect(asked).toEqual([rtrRequest, rtrAll, pprRequest]);
  });

  it('carries the result that the S-CSCF gives, in its vendor', async () => {
    const server = await lab.server();
    const { client } = await scscf(server.port);
    client.serve(recording({ result: { vendor: 10415, code: 5001 } }).handlers);
    await client.multimediaAuth(marRequest, cause());
    expect(await server.registrationTermination(serverName, rtrRequest, cause())).toEqual({
      ok: true,
      answer: { result: { vendor: 10415, code: 5001 } },
    });
  });

  it('is drawn with what led to it: the request is the cause of what the S-CSCF does, and that of the answer', async () => {
    const fresh = new CxLab();
    try {
      const server = await fresh.server();
      const client = fresh.client(server.port);
      await client.ready(5_000);
      const note = { kind: 'note', time: 0, note: { code: 'TEST', text: 'the UE is told' } } as const;
      const party = { node: 'scscf', id: '', label: 'S-CSCF' } as const;
      client.serve({
        ...recording().handlers,
        registrationTermination: async (_request, holder) => {
          holder.cause = fresh.trace.record({ ...note, from: party, to: party, cause: holder.cause });
          return success;
        },
      });
      await client.multimediaAuth(marRequest, cause());
      const holder = cause();
      await server.registrationTermination(serverName, rtrRequest, holder);
      const [, , , , request, told, answer] = fresh.trace.events;
      expect(fresh.trace.ladder().slice(4)).toEqual(['5 RTR HSS to S-CSCF', '7 RTA 2001 S-CSCF to HSS']);
      expect([told?.cause, answer?.cause, holder.cause]).toEqual([request?.seq, told?.seq, answer?.seq]);
    } finally {
      await fresh.close();
    }
  });

  it('is refused with 3001 until the S-CSCF serves it', async () => {
    const server = await lab.server();
    const client = lab.client(server.port);
    await client.ready(5_000);
    await client.multimediaAuth(marRequest, cause());
    expect(await server.registrationTermination(serverName, rtrRequest, cause())).toEqual({
      ok: true,
      answer: { result: { vendor: 0, code: 3001 } },
    });
  });

  it('is answered with 5012 when the S-CSCF fails, and the connection lives', async () => {
    const server = await lab.server();
    const { client } = await scscf(server.port);
    const failing = () => Promise.reject(new Error('out of order'));
    client.serve({ registrationTermination: failing, pushProfile: failing });
    await client.multimediaAuth(marRequest, cause());
    const unable = { ok: true, answer: { result: { vendor: 0, code: 5012 } } };
    expect(await server.registrationTermination(serverName, rtrRequest, cause())).toEqual(unable);
    expect(await server.pushProfile(serverName, { userName: impi }, cause())).toEqual(unable);
    expect(client.state()).toBe('Okay');
  });
});

describe('the S-CSCF of a Server-Name', () => {
  it('is found among several, by what each said of itself in MAR or SAR', async () => {
    const server = await lab.server();
    const first = await scscf(server.port);
    const second = await scscf(server.port, OTHER_HOST);
    // The names say nothing about the hosts.
    const [firstName, secondName] = ['sip:red.example:6060', 'sip:blue.example:6060'];
    await first.client.multimediaAuth({ ...marRequest, serverName: firstName }, cause());
    await second.client.serverAssignment(
      {
        userName: impi,
        publicIdentities: [impu],
        serverName: secondName,
        serverAssignmentType: 1,
        userDataAlreadyAvailable: false,
      },
      cause(),
    );
    await server.registrationTermination(secondName, rtrRequest, cause());
    expect([first.asked.length, second.asked.length]).toEqual([0, 1]);
    await server.registrationTermination('sip:RED.example:6060', rtrRequest, cause());
    expect([first.asked.length, second.asked.length]).toEqual([1, 1]);
  });

  it('is found by its host when nothing was heard of it since the start', async () => {
    const server = await lab.server();
    const first = await scscf(server.port);
    const second = await scscf(server.port, OTHER_HOST);
    expect(await server.registrationTermination(OTHER_NAME, rtrRequest, cause())).toMatchObject({ ok: true });
    expect([first.asked.length, second.asked.length]).toEqual([0, 1]);
  });

  it('moves nowhere by a request that the HSS refuses', async () => {
    const server = await lab.server({
      multimediaAuth: async () => ({ result: { vendor: 10415, code: 5001 }, authDataItems: [] }),
    });
    const first = await scscf(server.port);
    const second = await scscf(server.port, OTHER_HOST);
    await second.client.multimediaAuth(marRequest, cause());
    await server.registrationTermination(serverName, rtrRequest, cause());
    expect([first.asked.length, second.asked.length]).toEqual([1, 0]);
  });

  it.each(['sip:nobody.example:6060', 'no URI at all', ''])(
    'that nobody has (%j) is a peer that is down',
    async (name) => {
      const server = await lab.server();
      await scscf(server.port);
      expect(await server.registrationTermination(name, rtrRequest, cause())).toMatchObject({
        ok: false,
        failure: 'peer-down',
      });
    },
  );

  it('is down while it is away, and is reached again when it is back', async () => {
    const server = await lab.server();
    const { client } = await scscf(server.port);
    await client.multimediaAuth(marRequest, cause());
    await client.close();
    await until(() => server.peers().length === 0);
    expect(await server.registrationTermination(serverName, rtrRequest, cause())).toMatchObject({
      ok: false,
      failure: 'peer-down',
    });
    const back = await scscf(server.port);
    expect(await server.registrationTermination(serverName, rtrRequest, cause())).toMatchObject({ ok: true });
    expect(back.asked).toHaveLength(1);
  });

  it('that goes while it is asked is down at once', async () => {
    const server = await lab.server();
    const { client } = await scscf(server.port);
    client.serve({
      ...recording().handlers,
      registrationTermination: () => {
        void client.close();
        return new Promise(() => {});
      },
    });
    expect(await server.registrationTermination(serverName, rtrRequest, cause())).toMatchObject({
      ok: false,
      failure: 'peer-down',
    });
  });

  it('that does not answer is a timeout', async () => {
    const clock = new VirtualClock();
    const server = await lab.server({}, 0, clock);
    const peer = await lab.rawClient(server.port);
    await peer.introduce(scscfHost);
    const asked = server.registrationTermination(serverName, rtrRequest, cause());
    await peer.next();
    await clock.advance(REQUEST_TIMEOUT_MS);
    expect(await asked).toMatchObject({ ok: false, failure: 'timeout' });
  });

  it('behind a relay is asked through the relay, by its own name', async () => {
    const server = await lab.server();
    const relay = await lab.rawClient(server.port);
    await relay.introduce('relay.example');
    await sendMar(relay, 'red.example');
    const asked = server.registrationTermination('sip:red.example', rtrRequest, cause());
    const request = await relay.next();
    expect(request).toMatchObject({ commandCode: commands.RTR.code, request: true, proxiable: true });
    expect(rtr.decodeRequest(request.avps)).toMatchObject({
      ok: true,
      value: {
        envelope: {
          originHost: hssHost,
          originRealm: realm,
          destinationHost: 'red.example',
          destinationRealm: 'far.example',
        },
        request: rtrRequest,
      },
    });
    const envelope = { sessionId: 's;1;1', originHost: 'red.example', originRealm: 'far.example' };
    relay.answer(request, rtr.encodeAnswer(success, envelope));
    expect(await asked).toEqual({ ok: true, answer: success });
  });
});

/** A relay passes on a MAR of an S-CSCF in another realm. */
async function sendMar(relay: RawPeer, originHost: string): Promise<void> {
  const flags = { request: true, proxiable: true, error: false, retransmitted: false };
  const header = { ...flags, commandCode: commands.MAR.code, applicationId: commands.MAR.applicationId };
  const envelope = { sessionId: 'r;1;1', originHost, originRealm: 'far.example', destinationRealm: realm };
  const avps = mar.encodeRequest({ ...marRequest, serverName: `sip:${originHost}` }, envelope);
  relay.send(encodeMessage({ ...header, hopByHop: 9, endToEnd: 9 }, avps));
  expect(await relay.next()).toMatchObject({ commandCode: commands.MAR.code, request: false });
}
