import { connect, createServer, type Socket } from 'node:net';
import type { Clock } from '@imslab/ims-core/ports/clock';
import type { CxHandlers } from '@imslab/ims-core/ports/cx-handlers';
import type { Avp } from '@imslab/ims-core/protocols/diameter/avp';
import { ipAddress } from '@imslab/ims-core/protocols/diameter/avp-types';
import { baseRequestHeader, capabilitiesAvps } from '@imslab/ims-core/protocols/diameter/base-messages';
import { answerHeader, type DiameterHeader, type DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import type { TraceParty } from '@imslab/ims-core/trace/event';
import { RecordingTrace } from '../../../../packages/ims-core/test/kit/recording-trace.ts';
import { VirtualClock } from '../../../../packages/ims-core/test/kit/virtual-clock.ts';
import { decodeMessage, encodeMessage } from '../../src/diameter/codec.ts';
import { type ConnectedCxClient, createCxClient } from '../../src/diameter/cx-client.ts';
import { type CxServer, createCxServer } from '../../src/diameter/cx-server.ts';
import { DiameterFramer } from '../../src/diameter/framer.ts';
import { systemClock } from '../../src/system-clock.ts';
import { systemRandom } from '../../src/system-random.ts';

export const realm = 'ims.mnc001.mcc001.3gppnetwork.org';
export const hssHost = `hss.${realm}`;
export const scscfHost = `scscf.${realm}`;
export const impi = `001010000000001@${realm}`;
export const impu = `sip:+15550001001@${realm}`;
export const serverName = `sip:${scscfHost}:6060`;

/** RAND, AUTN, XRES, CK and IK with 00 in each. */
export const vector = {
  itemNumber: 1,
  authenticationScheme: 'Digest-AKAv1-MD5' as const,
  authenticate: Uint8Array.from({ length: 32 }, (_, index) => index),
  authorization: Uint8Array.of(0, 255, 0, 128, 0, 1, 2, 0),
  confidentialityKey: Uint8Array.from({ length: 16 }, (_, index) => index * 16),
  integrityKey: new Uint8Array(16),
};

/** An HSS that knows one user. */
export const oneUser: CxHandlers = {
  userAuthorization: async () => ({
    result: { vendor: 10415, code: 2001 },
    serverCapabilities: { mandatory: [1], optional: [2, 3], serverNames: [] },
  }),
  multimediaAuth: async ({ userName, publicIdentity }) => ({
    result: { vendor: 0, code: 2001 },
    userName,
    publicIdentity,
    authDataItems: [vector],
  }),
  serverAssignment: async ({ userName }) => ({
    result: { vendor: 0, code: 2001 },
    ...(userName === undefined ? {} : { userName }),
    userData: '<IMSSubscription><PrivateID>ü</PrivateID></IMSSubscription>',
  }),
  locationInfo: async () => ({ result: { vendor: 0, code: 2001 }, serverName }),
};

export const marRequest = {
  userName: impi,
  publicIdentity: impu,
  serverName,
  authenticationScheme: 'Digest-AKAv1-MD5',
  numberAuthItems: 1,
};

const silent = { info: () => {}, warn: () => {}, error: () => {} };

function partyOf(originHost: string): TraceParty {
  if (originHost === hssHost) return { node: 'hss', id: '', label: 'HSS' };
  if (originHost === scscfHost) return { node: 'scscf', id: '', label: 'S-CSCF' };
  return { node: 'other', id: originHost, label: originHost };
}

/** Peers on loopback, ours and raw ones, with one trace; `close` ends all of them. */
export class CxLab {
  readonly trace = new RecordingTrace();
  readonly #closers: (() => Promise<void>)[] = [];

  async server(handlers: Partial<CxHandlers> = {}, port = 0, clock: Clock = systemClock): Promise<CxServer> {
    const server = createCxServer({
      host: '127.0.0.1',
      port,
      originHost: hssHost,
      originRealm: realm,
      handlers: { ...oneUser, ...handlers },
      trace: this.trace,
      clock,
      random: systemRandom,
      partyOf,
      log: silent,
    });
    await server.start();
    this.#closers.push(() => closing(server.close(), clock));
    return server;
  }

  client(port: number, clock: Clock = systemClock, originHost = scscfHost): ConnectedCxClient {
    const client = createCxClient({
      host: '127.0.0.1',
      port,
      originHost,
      originRealm: realm,
      destinationRealm: realm,
      party: partyOf(originHost),
      hssParty: partyOf(hssHost),
      trace: this.trace,
      clock,
      random: systemRandom,
      log: silent,
    });
    this.#closers.push(() => closing(client.close(), clock));
    client.start();
    return client;
  }

  /** A peer made of octets that connects to the server. */
  async rawClient(port: number): Promise<RawPeer> {
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const peer = new RawPeer(socket);
    this.#closers.push(async () => peer.destroy());
    return peer;
  }

  /** A server made of octets; calls `accepted` for each connection. */
  async rawServer(accepted: (peer: RawPeer) => void): Promise<number> {
    const sockets = new Set<Socket>();
    const listener = createServer((socket) => {
      sockets.add(socket);
      accepted(new RawPeer(socket));
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    this.#closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    });
    const address = listener.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
  }
}

/** A raw peer need not answer DPR; on a virtual clock the wait for it has to be moved on. */
async function closing(gone: Promise<void>, clock: Clock): Promise<void> {
  if (clock instanceof VirtualClock) await clock.advance(1_000);
  await gone;
}

/** One end of a connection that can send anything. */
export class RawPeer {
  readonly received: DiameterMessage[] = [];
  readonly #socket: Socket;
  readonly #framer = new DiameterFramer();
  closed = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('data', (segment: Uint8Array) => {
      for (const frame of this.#framer.push(segment)) {
        const message = frame.kind === 'message' ? decodeMessage(frame.octets).message : undefined;
        if (message === undefined) throw new Error('our end sent what can not be read');
        this.received.push(message);
      }
    });
  }

  send(octets: Uint8Array): void {
    this.#socket.write(octets);
  }

  /** Sends CER and waits for CEA. */
  async introduce(originHost: string, avps = capabilities(originHost)): Promise<DiameterMessage> {
    this.send(cer(avps));
    return this.next();
  }

  answer(request: DiameterHeader, avps: readonly Avp[]): void {
    this.send(encodeMessage(answerHeader(request, false), avps));
  }

  /** The next message that was not taken yet. */
  async next(): Promise<DiameterMessage> {
    await until(() => this.received.length > 0);
    const message = this.received.shift();
    if (message === undefined) throw new Error('nothing was received');
    return message;
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

export function capabilities(originHost: string, resultCode?: number): readonly Avp[] {
  const node = { originHost, originRealm: realm, originStateId: 1 };
  return capabilitiesAvps(node, ipAddress('127.0.0.1'), resultCode);
}

export function cer(avps: readonly Avp[]): Uint8Array {
  return encodeMessage(baseRequestHeader('CER', { hopByHop: 1, endToEnd: 1 }), avps);
}

/** Waits for a condition; the test's own timeout ends a wait that is in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
