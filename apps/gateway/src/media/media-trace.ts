import type { Clock } from '@imslab/ims-core/ports/clock';
import type { MediaUe } from '@imslab/ims-core/ports/media-relay';
import type { TraceSink } from '@imslab/ims-core/ports/trace-sink';
import type { TraceMedia, TraceParty } from '@imslab/ims-core/trace/event';
import type { types } from 'mediasoup';

/** Says what happened between one UE and the relay. */
export interface LegTrace {
  /** Something that the UE sent or began. */
  fromUe(what: TraceMedia['what'], detail: string, tuple?: types.TransportTuple): void;
  /** Something that the relay sent or ended. */
  toUe(what: TraceMedia['what'], detail: string, tuple?: types.TransportTuple): void;
}

export function createLegTrace(options: {
  readonly trace: TraceSink;
  readonly clock: Clock;
  readonly callId: string;
  readonly ue: MediaUe;
  /** Number of the event that the leg's present state follows from. */
  readonly cause: () => number | null;
}): LegTrace {
  const { trace, clock, callId, ue, cause } = options;
  const uePart = (tuple: types.TransportTuple | undefined): TraceParty => ({
    node: 'ue',
    id: ue.id,
    label: ue.label,
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
    fromUe: (what, detail, tuple) => record(uePart(tuple), relayPart(tuple), what, detail),
    toUe: (what, detail, tuple) => record(relayPart(tuple), uePart(tuple), what, detail),
  };
}
