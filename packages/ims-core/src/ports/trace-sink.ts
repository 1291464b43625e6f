import type { TraceEvent, TraceEventInput } from '../trace/event.ts';

/**
 * Where the nodes write what they did. Writing never fails and never blocks the network.
 * A message is reported by the box that sends it and by the box that receives it, each under the same key: the first report is
 * recorded, the second one joins it and costs no event.
 */
export interface TraceSink {
  /** The number of the event that the message's other end recorded under this key; told once. Undefined: nobody did, so record it. */
  joined(messageKey: string): number | undefined;
  /** Stores an event. Returns its number, for use as a cause. `messageKey`: under what the message's other end may join it. */
  record(event: TraceEventInput, messageKey?: string): number;
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
