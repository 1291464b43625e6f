import { connect } from 'node:net';
import type { Clock } from '@imslab/ims-core/ports/clock';
import type { CxClient, CxOutcome, CxResult } from '@imslab/ims-core/ports/cx-client';
import type { Random } from '@imslab/ims-core/ports/random';
import type { CauseHolder, TraceSink } from '@imslab/ims-core/ports/trace-sink';
import type { CxCommandPair } from '@imslab/ims-core/protocols/cx/command-pair';
import { lir } from '@imslab/ims-core/protocols/cx/lir';
import { mar } from '@imslab/ims-core/protocols/cx/mar';
import { ppr } from '@imslab/ims-core/protocols/cx/ppr';
import { rtr } from '@imslab/ims-core/protocols/cx/rtr';
import { sar } from '@imslab/ims-core/protocols/cx/sar';
import { uar } from '@imslab/ims-core/protocols/cx/uar';
import type { TraceParty } from '@imslab/ims-core/trace/event';
import { DiameterConnection } from './connection.ts';
import { requestCx } from './cx-request.ts';
import { RequestIdentifiers } from './identifiers.ts';
import type { Log } from './log.ts';
import { DiameterPeer } from './peer.ts';
import { initiatorMachine } from './peer-machine.ts';
import { servedApplication, servedCommand } from './served-command.ts';
import { DiameterTracer } from './tracer.ts';

export interface CxClientOptions {
  /** Address of the HSS. */
  readonly host: string;
  readonly port: number;
  /** Identity of this CSCF. */
  readonly originHost: string;
  readonly originRealm: string;
  /** Realm of the HSS. */
  readonly destinationRealm: string;
  readonly party: TraceParty;
  /** The other end on the ladder until CEA names it, and after when `partyOf` is absent. */
  readonly hssParty: TraceParty;
  /** The box of an Origin-Host on the ladder: the HSS, or an agent before it. */
  readonly partyOf?: (originHost: string) => TraceParty;
  readonly trace: TraceSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Shows XRES, CK and IK in the trace. */
  readonly showSecrets?: boolean;
}

/** A Cx client with its connection. */
export interface ConnectedCxClient extends CxClient {
  /** State of the peer: `Closed`, `Wait-Conn-Ack`, `Wait-I-CEA`, `Okay`, `Suspect`, `Reopen`, `Closing`, `Peer-Closing`, `Terminated`. */
  state(): string;
  /** Connects, and connects again whenever the connection is lost. */
  start(): void;
  /** Resolves true as soon as requests can be sent; false when that takes longer. */
  ready(timeoutMs: number): Promise<boolean>;
  /** Rejects what waits, says goodbye, and resolves when the connection is gone. */
  close(): Promise<void>;
}

/** A CSCF's end of Cx: one connection to the HSS. @see TS 29.229 5, RFC 6733 §5 */
export function createCxClient(options: CxClientOptions): ConnectedCxClient {
  const { originHost, originRealm, destinationRealm, clock, random, log } = options;
  const identifiers = new RequestIdentifiers(originHost, clock, random);
  const waitingForReady = new Set<() => void>();
  const node = { originHost, originRealm, originStateId: Math.floor(clock.now() / 1000) };
  /** What the HSS may ask; nothing before `serve`. */
  let served = servedApplication({ node, clock, log }, []);
  /** Origin-Host of the last answer: from then on the HSS is named. */
  let destinationHost: string | undefined;

  const peer = new DiameterPeer({
    machine: initiatorMachine,
    connect: (events) => new DiameterConnection(connect({ host: options.host, port: options.port }), events),
    node,
    identifiers,
    application: {
      get commandCodes() {
        return served.commandCodes;
      },
      serve: (request, arrival) => served.serve(request, arrival),
    },
    clock,
    random,
    tracer: new DiameterTracer(options.trace, clock, options.showSecrets ?? false),
    self: options.party,
    partyOf: (host) => (host === '' ? undefined : options.partyOf?.(host)) ?? options.hssParty,
    objection: () => undefined,
    onChange: () => {
      if (peer.state === 'Closed') destinationHost = undefined;
      if (peer.state === 'Okay') for (const tell of waitingForReady) tell();
    },
    log,
  });

  const answeredBy = (host: string) => {
    destinationHost = host;
  };

  function ask<Request, Answer extends { readonly result: CxResult }>(
    pair: CxCommandPair<Request, Answer>,
    request: Request,
    holder: CauseHolder,
  ): Promise<CxOutcome<Answer>> {
    const sessionId = identifiers.nextSessionId();
    const envelope = { sessionId, originHost, originRealm, destinationRealm, destinationHost };
    return requestCx(peer, pair, request, envelope, holder, answeredBy);
  }

  return {
    userAuthorization: (request, cause) => ask(uar, request, cause),
    locationInfo: (request, cause) => ask(lir, request, cause),
    multimediaAuth: (request, cause) => ask(mar, request, cause),
    serverAssignment: (request, cause) => ask(sar, request, cause),
    serve: (handlers) => {
      served = servedApplication({ node, clock, log }, [
        servedCommand(rtr, ({ request, cause }) => handlers.registrationTermination(request, cause)),
        servedCommand(ppr, ({ request, cause }) => handlers.pushProfile(request, cause)),
      ]);
    },
    state: () => peer.state,
    start: () => peer.start(),
    ready: (timeoutMs) =>
      new Promise((resolve) => {
        if (peer.state === 'Okay') return resolve(true);
        const finish = (isReady: boolean) => {
          timer.stop();
          waitingForReady.delete(tell);
          resolve(isReady);
        };
        const tell = () => finish(true);
        const timer = clock.after(timeoutMs, () => finish(false));
        waitingForReady.add(tell);
      }),
    close: () => peer.close(),
  };
}
