import type { Clock } from '@imslab/ims-core/ports/clock';
import type { MediaLegKey, MediaOffer, MediaRelay, MediaResult } from '@imslab/ims-core/ports/media-relay';
import type { CauseHolder, TraceSink } from '@imslab/ims-core/ports/trace-sink';
import type { SdpDescription } from '@imslab/ims-core/protocols/sdp/description';
import { parseSdp } from '@imslab/ims-core/protocols/sdp/parse';
import { relayedCodecs } from '@imslab/ims-core/protocols/sdp/relayed-codecs';
import type { TraceParty } from '@imslab/ims-core/trace/event';
import type { types } from 'mediasoup';
import { AccessLeg } from './access-leg.ts';
import { createCorePorts } from './core-ports.ts';
import { type MediaCall, MediaPass } from './media-pass.ts';
import { MediaRefusal } from './media-refusal.ts';
import { createLegTrace, type LegTrace } from './media-trace.ts';
import { PlainLeg } from './plain-leg.ts';
import { routerCodecs } from './rtp-parameters.ts';
import { createSerialQueue } from './serial-queue.ts';
import { createWorkerPool, type MediaLog } from './worker-pool.ts';

export interface MediasoupRelayConfig {
  /** UDP and TCP port of the first worker, the next ones follow; 0 lets each take a free one. */
  readonly webrtcPort: number;
  /** Where browsers reach the relay. */
  readonly listenAddresses: readonly string[];
  /** Where peers in the core reach it; stands in the core's SDPs. */
  readonly coreAddress: string;
  /** Ports of core media lines, inclusive. */
  readonly corePortMin: number;
  readonly corePortMax: number;
  /** Worker processes, at least 1. */
  readonly workers: number;
}

export interface MediasoupRelay extends MediaRelay {
  /** @throws {MediaStartError} */
  start(): Promise<void>;
  /** Ends all calls and the workers. */
  close(): Promise<void>;
  /** False while no worker is up: calls are refused with MEDIA_RELAY_DOWN. */
  running(): boolean;
  /** Calls `listener` after each change of what `totals` says. Returns what ends it. */
  onChange(listener: () => void): () => void;
}

/** The IMS access gateway on mediasoup. @see TS 23.334 §5, TS 23.228 Annex U */
export function createMediasoupRelay(options: {
  readonly config: MediasoupRelayConfig;
  readonly trace: TraceSink;
  readonly clock: Clock;
  readonly log: MediaLog;
  /** Who sends and receives plain RTP at this address. */
  readonly partyOf: (address: string, port: number) => TraceParty;
}): MediasoupRelay {
  const { config, trace, clock, log, partyOf } = options;
  const { coreAddress } = config;
  const passes = new Map<string, PassRecord>();
  const workerOfRouter = new WeakMap<types.Router, types.Worker>();
  const corePorts = createCorePorts<MediaPass>(config.corePortMin, config.corePortMax);
  const inOrder = createSerialQueue();
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const pool = createWorkerPool({ config, clock, log, onGone: dropPassesOf, onChange: changed });
  let sessionIds = Math.floor(clock.now()) * 1000;

  /** The other pass of a core SDP, when that SDP is one of this relay's own. */
  function passBehind(description: SdpDescription): MediaPass | undefined {
    const media = description.media.find((line) => !line.rejected && line.kind === 'audio');
    return media?.address === coreAddress || media?.address === '0.0.0.0' ? corePorts.owner(media.port) : undefined;
  }

  async function openCall(offer: SdpDescription): Promise<MediaCall> {
    const codecs = offer.media
      .flatMap(relayedCodecs)
      .filter((codec, index, all) => all.findIndex((other) => other.payloadType === codec.payloadType) === index);
    if (codecs.length === 0)
      throw new MediaRefusal('MEDIA_NO_COMMON_CODEC', 'the offer has no codec that the relay has');
    const worker = pool.least();
    if (!worker) throw new MediaRefusal('MEDIA_RELAY_DOWN', 'the media worker is not running');
    const router = await worker.worker.createRouter({ mediaCodecs: routerCodecs(codecs) });
    workerOfRouter.set(router, worker.worker);
    return { router, server: worker.server, codecs, passes: new Set() };
  }

  async function openPass(request: MediaOffer, call: MediaCall, offeredFirst: boolean): Promise<PassRecord> {
    const cause: CauseHolder = { cause: null };
    const { callId } = request.key;
    const ueParty: TraceParty = { node: 'ue', ...request.ue };
    const legTrace = createLegTrace({ trace, clock, callId, peer: () => ueParty, cause: () => cause.cause });
    const plainTrace = createLegTrace({
      trace,
      clock,
      callId,
      peer: (tuple) => partyOf(tuple?.remoteIp ?? '', tuple?.remotePort ?? 0),
      cause: () => cause.cause,
    });
    const leg = await AccessLeg.open(call.router, call.server, legTrace);
    sessionIds += 1;
    const pass = new MediaPass({
      key: request.key,
      ue: request.ue,
      call,
      leg,
      offeredFirst,
      corePorts,
      coreAddress,
      newPlainLeg: () => new PlainLeg(call.router, coreAddress, plainTrace),
      sessionId: String(sessionIds),
    });
    call.passes.add(pass);
    return { pass, cause, legTrace };
  }

  /** A first offer: nothing of a pass stays when it is refused. */
  async function firstOffer(request: MediaOffer, offer: SdpDescription, cause: CauseHolder): Promise<string> {
    const fromBrowser = request.from === 'webrtc';
    const other = fromBrowser ? undefined : passBehind(offer);
    const call = other?.call ?? (await openCall(offer));
    let record: PassRecord | undefined;
    try {
      record = await openPass(request, call, fromBrowser);
      record.cause.cause = cause.cause;
      const { pass } = record;
      const sdp = fromBrowser ? pass.offerToCore(offer) : pass.offerToBrowser(offer, other !== undefined);
      passes.set(nameOf(request.key), record);
      changed();
      return sdp;
    } catch (error) {
      if (record) await record.pass.close();
      else if (call.passes.size === 0) call.router.close();
      throw error;
    }
  }

  function dropPassesOf(worker: types.Worker): void {
    for (const [name, { pass }] of passes) {
      if (workerOfRouter.get(pass.call.router) !== worker) continue;
      void pass.close();
      passes.delete(name);
    }
  }

  /** Runs a verb after those of the same call before it, and turns what goes wrong into its result. */
  function verb(
    key: MediaLegKey,
    sdp: string,
    work: (description: SdpDescription) => Promise<string>,
  ): Promise<MediaResult> {
    return inOrder(key.callId, async () => {
      try {
        const parsed = parseSdp(sdp);
        if (!parsed.ok) {
          const { text, code, offset, reference } = parsed.error;
          throw new MediaRefusal('MEDIA_SDP_MALFORMED', `${text} (${code} at ${offset}, ${reference})`);
        }
        return { ok: true, sdp: await work(parsed.value) };
      } catch (error) {
        if (error instanceof MediaRefusal) return error.result();
        // The worker refused or went away in the middle.
        log.warn({ callId: key.callId, err: error }, 'the media worker could not do its part');
        return pool.least()
          ? { ok: false, code: 'MEDIA_NO_RESOURCES', text: `the media worker refused: ${String(error)}` }
          : { ok: false, code: 'MEDIA_RELAY_DOWN', text: 'the media worker is not running' };
      }
    });
  }

  return {
    offer(request, cause) {
      return verb(request.key, request.sdp, async (offer) => {
        const record = passes.get(nameOf(request.key));
        if (!record) return firstOffer(request, offer, cause);
        record.cause.cause = cause.cause;
        if (request.from === 'webrtc') return record.pass.offerToCore(offer);
        return record.pass.offerToBrowser(offer, passBehind(offer) !== undefined);
      });
    },

    answer(request, cause) {
      return verb(request.key, request.sdp, async (answer) => {
        const record = passes.get(nameOf(request.key));
        if (!record) throw new MediaRefusal('MEDIA_UNKNOWN_SESSION', 'the relay has no such session');
        record.cause.cause = cause.cause;
        if (request.from === 'webrtc') return record.pass.answerToCore(answer);
        return record.pass.answerToBrowser(answer, passBehind(answer));
      });
    },

    query(key) {
      return inOrder(key.callId, async () => {
        const pass = passes.get(nameOf(key))?.pass;
        if (!pass) return undefined;
        const { transport } = pass.leg;
        return {
          key,
          ue: pass.ue,
          iceState: transport.iceState,
          dtlsState: transport.dtlsState,
          codec: pass.leg.streams.codec(),
          ...(await pass.leg.streams.counts()),
        };
      });
    },

    delete(key, cause) {
      return inOrder(key.callId, async () => {
        const record = passes.get(nameOf(key));
        if (!record) return;
        const { pass, legTrace } = record;
        record.cause.cause = cause.cause;
        const counts = await pass.leg.streams.counts();
        const tuple = pass.leg.transport.iceSelectedTuple;
        passes.delete(nameOf(key));
        await pass.close();
        legTrace.toPeer(
          'media closed',
          `received ${counts.packetsReceived} packets (${counts.octetsReceived} octets), sent ${counts.packetsSent} (${counts.octetsSent} octets)`,
          tuple,
        );
        changed();
      });
    },

    totals: () => ({ sessions: passes.size, ...pool.objects }),

    start: () => pool.start(),

    async close() {
      await Promise.all([...passes.values()].map(({ pass }) => pass.close()));
      passes.clear();
      await pool.close();
    },

    running: () => pool.least() !== undefined,

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

interface PassRecord {
  readonly pass: MediaPass;
  /** What the leg's events follow from: the latest verb's cause. */
  readonly cause: CauseHolder;
  readonly legTrace: LegTrace;
}

function nameOf({ callId, pass, id }: MediaLegKey): string {
  return JSON.stringify([callId, pass, id]);
}
