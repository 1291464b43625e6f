import type { CallView } from '../../api/lab-api.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { MediaRelay, MediaUe } from '../../ports/media-relay.ts';
import type { Random } from '../../ports/random.ts';
import type { SipResolver } from '../../ports/sip-resolver.ts';
import type { SipFlow, SipHop, SipTransport, SipTransportName } from '../../ports/sip-transport.ts';
import type { TraceSink } from '../../ports/trace-sink.ts';
import { createSipStack } from '../../protocols/proxy/create-sip-stack.ts';
import type { TransactionTimers } from '../../protocols/transaction/timers.ts';
import type { TraceParty } from '../../trace/event.ts';
import type { PcscfConfig } from './config.ts';
import { note, PCSCF_PARTY, type PcscfContext } from './context.ts';
import { dialogIdOf, Sessions } from './dialogs.ts';
import { dispatch } from './dispatch.ts';
import { flowLost } from './flow-lost.ts';
import { Challenges } from './integrity.ts';
import { isOwnUri } from './own-uris.ts';
import { Parties } from './parties.ts';
import { createRegEventWatches, stopWatching } from './reg-event.ts';
import { type Binding, Registrations } from './registrations.ts';
import { releaseBinding, releaseSession } from './release.ts';
import { RequestLimit } from './request-limit.ts';

export interface PcscfDeps {
  readonly config: PcscfConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: SipTransport;
  readonly resolver: SipResolver;
  readonly trace: TraceSink;
  readonly media: MediaRelay;
  /** IMSI and name of a UE from its IMPI or an IMPU; undefined for one that the lab does not know. */
  readonly nameOf: (identity: string) => MediaUe | undefined;
  /** Who is at the other end of a flow or hop that is no registered UE's. */
  readonly partyOf: (peer: SipFlow | SipHop) => TraceParty;
  readonly log: Log;
  readonly timers?: TransactionTimers;
}

/** A UE that is registered through this P-CSCF. */
export interface PcscfRegistration {
  readonly ue: MediaUe;
  readonly impi: string;
  /** Default public user identity first. */
  readonly impus: readonly string[];
  readonly contact: string;
  readonly transport: SipTransportName;
  /** True while the UE is awaited back after its connection was lost. */
  readonly flowLost: boolean;
  readonly expiresInS: number;
}

export interface Pcscf {
  /** Opens the sockets; rejects with a SipTransportError. */
  start(): Promise<void>;
  /** Stops all timers and closes the transport. Calls are not released: what runs on is their UEs' matter. */
  close(): Promise<void>;
  registrations(): readonly PcscfRegistration[];
  /** One entry a Call-ID. */
  calls(): readonly CallView[];
  /** Ends a call from the network's side. False when there is none with this Call-ID. */
  release(callId: string): Promise<boolean>;
  /** Calls `changed` when registrations or calls did. Returns how to stop listening. */
  onChange(changed: () => void): () => void;
}

/** P-CSCF with IMS-ALG: the way into the network for browsers (eP-CSCF) and SIP phones. @see TS 24.229 5.2, TS 23.228 Annex U */
export function createPcscf(deps: PcscfDeps): Pcscf {
  const { config, clock, random, transport, resolver, trace, media } = deps;
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const registrations = new Registrations(clock, random, {
    flowLost: (binding) => flowLost(ctx, binding),
    expired: (binding) => {
      note(ctx, 'REGISTRATION_EXPIRED', binding.ue, `${binding.impi} did not register again`, null);
    },
    forgotten: (binding) => void releaseLeftOvers(ctx, binding),
    changed,
  });
  const parties = new Parties(
    registrations,
    deps.nameOf,
    deps.partyOf,
    (request) => ctx.sessions.find(dialogIdOf(request, 'peer'))?.session.binding,
  );
  const limit = new RequestLimit(clock);
  const stack = createSipStack({
    node: PCSCF_PARTY,
    transport,
    resolver,
    clock,
    random,
    trace,
    handler: (incoming) => dispatch(ctx, limit, incoming),
    isOwn: (uri) => isOwnUri(uri, config),
    partyOf: (peer, message) => parties.of(peer, message),
    proxyExtensions: ['sec-agree'],
    ...(deps.timers && { timers: deps.timers }),
  });
  const ctx: PcscfContext = {
    config,
    clock,
    random,
    stack,
    trace,
    media,
    registrations,
    challenges: new Challenges(clock),
    sessions: new Sessions(config, changed),
    watches: createRegEventWatches(clock, () => ctx),
    graceTimers: new Map(),
    ueOf: (identity) => deps.nameOf(identity) ?? { id: identity, label: identity },
    log: deps.log,
  };

  return {
    start: () => stack.start(),
    close: async () => {
      for (const timer of ctx.graceTimers.values()) timer.stop();
      ctx.graceTimers.clear();
      registrations.close();
      ctx.watches.close();
      ctx.sessions.close();
      ctx.challenges.close();
      await stack.close();
    },
    registrations: () =>
      registrations.all().map((binding) => ({
        ue: binding.ue,
        impi: binding.impi,
        impus: binding.impus.map((impu) => impu.uriText),
        contact: binding.contact.uriText,
        transport: binding.flow.transport,
        flowLost: binding.flow.closed,
        expiresInS: Math.max(0, Math.round((binding.expiresAt - clock.now()) / 1000)),
      })),
    calls: () => ctx.sessions.views(),
    release: async (callId) => {
      // The caller's pass is enough: its BYE reaches the callee's pass through the core.
      const passes = ctx.sessions.ofCall(callId);
      const session = passes.find(({ pass }) => pass === 'originating') ?? passes[0];
      if (session === undefined) return false;
      await releaseSession(ctx, session, { cause: 503, text: 'Released by the operator' }, { cause: null });
      return true;
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Calls of a contact that has not been registered for a while: the S-CSCF did not end them. */
async function releaseLeftOvers(ctx: PcscfContext, binding: Binding): Promise<void> {
  stopWatching(ctx, binding.impi);
  await releaseBinding(ctx, binding, { cause: 503, text: 'The UE is not registered any more' }, { cause: null });
}
