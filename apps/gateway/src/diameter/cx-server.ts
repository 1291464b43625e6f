import { createServer, type Socket } from 'node:net';
import type { Clock } from '@imslab/ims-core/ports/clock';
import type { CxOutcome, CxResult } from '@imslab/ims-core/ports/cx-client';
import type { CxHandlers } from '@imslab/ims-core/ports/cx-handlers';
import type { CxPush } from '@imslab/ims-core/ports/cx-push';
import type { Random } from '@imslab/ims-core/ports/random';
import type { CauseHolder, TraceSink } from '@imslab/ims-core/ports/trace-sink';
import type { CxCommandPair } from '@imslab/ims-core/protocols/cx/command-pair';
import { lir } from '@imslab/ims-core/protocols/cx/lir';
import { mar } from '@imslab/ims-core/protocols/cx/mar';
import { ppr } from '@imslab/ims-core/protocols/cx/ppr';
import { rtr } from '@imslab/ims-core/protocols/cx/rtr';
import { sar } from '@imslab/ims-core/protocols/cx/sar';
import { uar } from '@imslab/ims-core/protocols/cx/uar';
import { ResultCode } from '@imslab/ims-core/protocols/diameter/result-codes';
import { parseUri } from '@imslab/ims-core/protocols/sip/uri';
import type { TraceParty } from '@imslab/ims-core/trace/event';
import { DiameterConnection } from './connection.ts';
import { requestCx } from './cx-request.ts';
import { RequestIdentifiers } from './identifiers.ts';
import { MAX_PEERS } from './limits.ts';
import type { Log } from './log.ts';
import { DiameterPeer } from './peer.ts';
import { responderMachine } from './peer-machine.ts';
import { type ServedRequest, sameIdentity, servedApplication, servedCommand } from './served-command.ts';
import { type ServingNode, ServingNodes } from './serving-nodes.ts';
import { DiameterTracer } from './tracer.ts';

export interface CxServerOptions {
  readonly host: string;
  /** 0 lets the system choose one. */
  readonly port: number;
  readonly originHost: string;
  readonly originRealm: string;
  readonly handlers: CxHandlers;
  readonly trace: TraceSink;
  readonly clock: Clock;
  readonly random: Random;
  /** The box of an Origin-Host on the ladder; asked for the server's own too, and with an empty one before CER. */
  readonly partyOf: (originHost: string) => TraceParty;
  readonly log: Log;
  /** Shows XRES, CK and IK in the trace. */
  readonly showSecrets?: boolean;
}

/** The server, and the way from the HSS to the S-CSCFs that are its peers. */
export interface CxServer extends CxPush {
  /** Listens. Rejects when the port is taken. */
  start(): Promise<void>;
  /** The port it listens on; 0 before it does. */
  readonly port: number;
  peers(): readonly { readonly originHost: string; readonly state: string }[];
  /** Calls `changed` whenever a peer comes, goes or changes its state. */
  onChange(changed: () => void): void;
  /** Says goodbye to every peer and stops listening. */
  close(): Promise<void>;
}

/** The HSS's end of Cx: a Diameter server on TCP. @see TS 29.229 5, RFC 6733 §5 */
export function createCxServer(options: CxServerOptions): CxServer {
  const { originHost, originRealm, handlers, clock, random, partyOf, log } = options;
  const node = { originHost, originRealm, originStateId: Math.floor(clock.now() / 1000) };
  const servingNodes = new ServingNodes();
  const identifiers = new RequestIdentifiers(originHost, clock, random);
  const tracer = new DiameterTracer(options.trace, clock, options.showSecrets ?? false);
  const peers = new Set<DiameterPeer>();
  const listeners = new Set<() => void>();
  const listener = createServer(accept);
  listener.on('error', (error) => {
    // An address that cannot be had is what `start` rejects with.
    if (listener.listening) log.error({ err: error }, 'the Diameter server failed');
  });

  /** After a success only, so that a request that was refused moves nobody's S-CSCF elsewhere. */
  function learn(
    { request, envelope, peerHost }: ServedRequest<{ readonly serverName: string }>,
    { result }: { readonly result: CxResult },
  ): void {
    if (result.vendor !== 0 || result.code !== ResultCode.SUCCESS) return;
    servingNodes.learn(request.serverName, envelope.originHost, envelope.originRealm, peerHost);
  }

  const application = servedApplication({ node, clock, log }, [
    servedCommand(uar, ({ request }) => handlers.userAuthorization(request)),
    servedCommand(lir, ({ request }) => handlers.locationInfo(request)),
    servedCommand(mar, ({ request }) => handlers.multimediaAuth(request), learn),
    servedCommand(sar, ({ request }) => handlers.serverAssignment(request), learn),
  ]);

  /** Asks the S-CSCF of this name, through the peer from which its own requests came. */
  function push<Request, Answer extends { readonly result: CxResult }>(
    pair: CxCommandPair<Request, Answer>,
    serverName: string,
    request: Request,
    cause: CauseHolder,
  ): Promise<CxOutcome<Answer>> {
    const target = servingNodes.find(serverName) ?? nodeNamedLike(serverName, originRealm);
    const peer = [...peers].find(
      ({ originHost: host, state }) => state === 'Okay' && sameIdentity(host, target.peerHost),
    );
    if (peer === undefined) {
      return Promise.resolve({ ok: false, failure: 'peer-down', text: `${target.peerHost} is not connected` });
    }
    const envelope = {
      sessionId: identifiers.nextSessionId(),
      originHost,
      originRealm,
      destinationHost: target.originHost,
      destinationRealm: target.originRealm,
    };
    return requestCx(peer, pair, request, envelope, cause);
  }

  function changed(): void {
    for (const notify of listeners) notify();
  }

  function accept(socket: Socket): void {
    if (peers.size >= MAX_PEERS) {
      log.warn({ peers: peers.size }, 'too many Diameter peers');
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    const peer: DiameterPeer = new DiameterPeer({
      machine: responderMachine,
      connect: (events) => new DiameterConnection(socket, events),
      node,
      identifiers,
      application,
      clock,
      random,
      tracer,
      self: partyOf(originHost),
      partyOf,
      objection: (host) => objection(host),
      onChange: () => {
        if (peer.state === 'Terminated') peers.delete(peer);
        changed();
      },
      log,
    });
    peers.add(peer);
    peer.start();
  }

  /** A peer that is connected already keeps its first connection. @see RFC 6733 §5.6 (R-Reject) */
  function objection(host: string): string | undefined {
    const connected = [...peers].some((peer) => sameIdentity(peer.originHost, host));
    return connected ? 'a peer of this Origin-Host is connected already' : undefined;
  }

  return {
    start: () =>
      new Promise((resolve, reject) => {
        listener.once('error', reject);
        listener.listen(options.port, options.host, () => {
          listener.off('error', reject);
          resolve();
        });
      }),
    get port() {
      const address = listener.address();
      return address === null || typeof address === 'string' ? 0 : address.port;
    },
    registrationTermination: (serverName, request, cause) => push(rtr, serverName, request, cause),
    pushProfile: (serverName, request, cause) => push(ppr, serverName, request, cause),
    peers: () => [...peers].map((peer) => ({ originHost: peer.originHost, state: peer.state })),
    onChange: (notify) => {
      listeners.add(notify);
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      await Promise.all([...peers].map((peer) => peer.close()));
      await closed;
    },
  };
}

/** An S-CSCF that was not heard since the start is looked for under the host of its Server-Name, as operators name their nodes. */
function nodeNamedLike(serverName: string, originRealm: string): ServingNode {
  const parsed = parseUri(serverName);
  const host = parsed.ok && parsed.value.kind === 'sip' ? parsed.value.host : serverName;
  return { originHost: host, originRealm, peerHost: host };
}
