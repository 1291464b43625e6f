import type { TraceEvent, TraceEventInput } from '../trace/event.ts';

/**
 * Where the nodes write what they did. Writing never fails and never blocks the network.
 * `record` is called by the box that sends, and by the box that receives when the sender is not one of ours; the sink
 * recognises a message that both ends report (by `messageKey`) and keeps one event for it.
 */
export interface TraceSink {
  /** Stores the event, or finds the one already stored under the same `messageKey`. Returns its number, for use as a cause. */
  record(event: TraceEventInput): number;
  /** A stored event that is still in the history, by number. */
  get?(seq: number): TraceEvent | undefined;
}

/**
 * The event that the present work follows from. Whoever receives a message, an answer or a timer sets it; whoever sends,
 * records it as the cause of what is sent. One holder lives as long as one procedure.
 */
export interface CauseHolder {
  cause: number | null;
}
