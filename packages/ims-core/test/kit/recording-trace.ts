import type { MessageOnWire, Reporter, TraceSink } from '../../src/ports/trace-sink.ts';
import type { TraceEvent, TraceEventInput } from '../../src/trace/event.ts';
import { TraceHistory } from '../../src/trace/history.ts';

/** The lab's history, with all of its events as one list. */
export class RecordingTrace implements TraceSink {
  readonly #events: TraceEvent[] = [];
  #history = new TraceHistory();

  get events(): readonly TraceEvent[] {
    const { length } = this.#events;
    if (this.#history.firstSeq > length + 1) throw new Error('events fell out of the history before they were read');
    this.#events.push(...this.#history.after(length));
    return this.#events;
  }

  message(message: MessageOnWire, by: Reporter, way: number): number {
    return this.#history.message(message, by, way);
  }

  record(event: TraceEventInput): number {
    return this.#history.record(event);
  }

  get(seq: number): TraceEvent | undefined {
    return this.events[seq - 1];
  }

  /** Everything before is gone; numbers begin again. */
  forget(): void {
    this.#events.length = 0;
    this.#history = new TraceHistory();
  }

  /** What happened as the page names it: `3 UAR I-CSCF to HSS`, `10 401 P-CSCF to Alice`. Notes are left out. */
  ladder(): string[] {
    return this.events.flatMap((event) => {
      const what = wireWord(event);
      return what === undefined ? [] : [`${event.seq} ${what} ${event.from.label} to ${event.to.label}`];
    });
  }

  /** Codes of the notes, in order. */
  notes(): string[] {
    return this.events.flatMap((event) => (event.kind === 'note' ? [event.note.code] : []));
  }
}

function wireWord(event: TraceEvent): string | undefined {
  switch (event.kind) {
    case 'sip':
      return event.sip.status === 0 ? event.sip.method : String(event.sip.status);
    case 'diameter':
      return event.diameter.request ? event.diameter.command : `${event.diameter.command} ${event.diameter.resultCode}`;
    case 'media':
      return event.media.what;
    case 'note':
      return undefined;
  }
}
