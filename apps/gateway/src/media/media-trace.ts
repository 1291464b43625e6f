import type { Clock } from '@imslab/ims-core/ports/clock';
import type { TraceSink } from '@imslab/ims-core/ports/trace-sink';
import type { TraceMedia, TraceParty } from '@imslab/ims-core/trace/event';
import type { types } from 'mediasoup';

/** Says what happened between one peer and the relay. */
export interface LegTrace {
  /** Something that the peer sent or began. */
  fromPeer(what: TraceMedia['what'], detail: string, tuple?: types.TransportTuple): void;
  /** Something that the relay sent or ended. */
  toPeer(what: TraceMedia['what'], detail: string, tuple?: types.TransportTuple): void;
}

export function createLegTrace(options: {
  readonly trace: TraceSink;
  readonly clock: Clock;
  readonly callId: string;
  /** Who is at the far end of these addresses. */
  readonly peer: (tuple: types.TransportTuple | undefined) => TraceParty;
  /** Number of the event that the leg's present state follows from. */
  readonly cause: () => number | null;
}): LegTrace {
  const { trace, clock, callId, peer, cause } = options;
  const peerPart = (tuple: types.TransportTuple | undefined): TraceParty => ({
    ...peer(tuple),
    ...(tuple?.remoteIp === undefined ? {} : { address: `${tuple.remoteIp}:${tuple.remotePort ?? 0}` }),
  });
  const relayPart = (tuple: types.TransportTuple | undefined): TraceParty => ({
    node: 'relay',
    id: '',
    label: 'Media relay',
    ...(tuple === undefined ? {} : { address: `${tuple.localAddress}:${tuple.localPort}` }),
  });
  const record = (from: TraceParty, to: TraceParty, what: string, detail: string) => {
    trace.record({ kind: 'media', from, to, time: clock.now(), cause: cause(), media: { what, callId, detail } });
  };
  return {
    fromPeer: (what, detail, tuple) => record(peerPart(tuple), relayPart(tuple), what, detail),
    toPeer: (what, detail, tuple) => record(relayPart(tuple), peerPart(tuple), what, detail),
  };
}
