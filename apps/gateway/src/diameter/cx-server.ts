import { createServer, type Socket } from 'node:net';
import type { Clock } from '@imslab/ims-core/ports/clock';
import type { CxHandlers } from '@imslab/ims-core/ports/cx-handlers';
import type { Random } from '@imslab/ims-core/ports/random';
import type { TraceSink } from '@imslab/ims-core/ports/trace-sink';
import type { TraceParty } from '@imslab/ims-core/trace/event';
import { DiameterConnection } from './connection.ts';
import { cxApplication } from './cx-application.ts';
import { RequestIdentifiers } from './identifiers.ts';
import { MAX_PEERS } from './limits.ts';
import type { Log } from './log.ts';
import { DiameterPeer } from './peer.ts';
import { responderMachine } from './peer-machine.ts';
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

export interface CxServer {
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
  const application = cxApplication({ node, handlers, clock, log });
  const identifiers = new RequestIdentifiers(originHost, clock, random);
  const tracer = new DiameterTracer(options.trace, clock, options.showSecrets ?? false);
  const peers = new Set<DiameterPeer>();
  const listeners = new Set<() => void>();
  const listener = createServer(accept);
  listener.on('error', (error) => {
    // An address that cannot be had is what `start` rejects with.
    if (listener.listening) log.error({ err: error }, 'the Diameter server failed');
  });

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
    const connected = [...peers].some((peer) => peer.originHost.toLowerCase() === host.toLowerCase());
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
