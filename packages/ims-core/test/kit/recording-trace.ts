import type { TraceSink } from '../../src/ports/trace-sink.ts';
import type { TraceEvent, TraceEventInput } from '../../src/trace/event.ts';

/** A trace sink that keeps everything and joins both ends' reports of one message, as the lab's sink does. */
export class RecordingTrace implements TraceSink {
  readonly events: TraceEvent[] = [];
  readonly #byKey = new Map<string, number>();

  joined(messageKey: string): number | undefined {
    return this.#byKey.get(messageKey);
  }

  record(input: TraceEventInput, messageKey?: string): number {
    const seq = this.events.length + 1;
    this.events.push({ ...input, seq });
    if (messageKey !== undefined) this.#byKey.set(messageKey, seq);
    return seq;
  }

  get(seq: number): TraceEvent | undefined {
    return this.events[seq - 1];
  }

  /** Everything before is gone; numbers begin again. */
  forget(): void {
    this.events.length = 0;
    this.#byKey.clear();
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
