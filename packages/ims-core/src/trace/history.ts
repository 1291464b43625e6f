import type { TraceSink } from '../ports/trace-sink.ts';
import type { TraceEvent, TraceEventInput } from './event.ts';

/** Events kept before the oldest is forgotten. */
export const DEFAULT_HISTORY_EVENTS = 20_000;
/** Message keys remembered, to join the sender's and the receiver's report of one message. */
const MAX_MESSAGE_KEYS = 4_096;

/**
 * The lab's bounded memory of what happened: numbers events without gaps and tells listeners of each.
 * Numbers go on after a clear, so a number always means one event.
 */
export class TraceHistory implements TraceSink {
  #events: TraceEvent[] = [];
  #nextSeq = 1;
  readonly #seqByKey = new Map<string, number>();
  readonly #listeners = new Set<(event: TraceEvent) => void>();
  readonly #limit: number;

  constructor(limitEvents: number = DEFAULT_HISTORY_EVENTS) {
    this.#limit = limitEvents;
  }

  joined(messageKey: string): number | undefined {
    const known = this.#seqByKey.get(messageKey);
    // The other end's report may come once; a later equal message is a new event.
    if (known !== undefined) this.#seqByKey.delete(messageKey);
    return known;
  }

  record(input: TraceEventInput, messageKey?: string): number {
    const event: TraceEvent = { ...input, seq: this.#nextSeq++ };
    this.#events.push(event);
    // Cut in blocks, so that a full history costs no copy an event.
    if (this.#events.length > this.#limit + this.#limit / 4) this.#events = this.#events.slice(-this.#limit);
    if (messageKey !== undefined) this.#remember(messageKey, event.seq);
    for (const listener of this.#listeners) listener(event);
    return event.seq;
  }

  get(seq: number): TraceEvent | undefined {
    const first = this.#events[0]?.seq ?? this.#nextSeq;
    return this.#events[seq - first];
  }

  /** Number of the oldest event that is still here; the next number to come when there is none. */
  get firstSeq(): number {
    return this.#events[0]?.seq ?? this.#nextSeq;
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** Events with a number above `seq`, oldest first. */
  after(seq: number): readonly TraceEvent[] {
    const first = this.firstSeq;
    return this.#events.slice(Math.max(0, seq + 1 - first));
  }

  clear(): void {
    this.#events = [];
    this.#seqByKey.clear();
  }

  /** Calls `listener` for each new event, in order. Returns how to stop. */
  subscribe(listener: (event: TraceEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #remember(key: string, seq: number): void {
    this.#seqByKey.set(key, seq);
    if (this.#seqByKey.size <= MAX_MESSAGE_KEYS) return;
    const oldest = this.#seqByKey.keys().next();
    if (!oldest.done) this.#seqByKey.delete(oldest.value);
  }
}
