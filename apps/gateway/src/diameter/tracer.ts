import type { Clock } from '@imslab/ims-core/ports/clock';
import type { TraceSink } from '@imslab/ims-core/ports/trace-sink';
import type { MessageLayout } from '@imslab/ims-core/protocols/diameter/structural-check';
import { fnv1a } from '@imslab/ims-core/protocols/proxy/fnv1a';
import { traceDiameter } from '@imslab/ims-core/trace/diameter-event';
import type { TraceParty } from '@imslab/ims-core/trace/event';

/** Writes Diameter messages and faults to the trace. */
export class DiameterTracer {
  readonly #sink: TraceSink;
  readonly #clock: Clock;
  readonly #showSecrets: boolean;

  constructor(sink: TraceSink, clock: Clock, showSecrets: boolean) {
    this.#sink = sink;
    this.#clock = clock;
    this.#showSecrets = showSecrets;
  }

  /** Records a message; the key is made of its octets, so that both ends give the same. Returns its number. */
  message(from: TraceParty, to: TraceParty, octets: Uint8Array, layout: MessageLayout, cause: number | null): number {
    const key = `diameter ${layout.header.endToEnd} ${fnv1a(octets)}`;
    const joined = this.#sink.joined(key);
    if (joined !== undefined) return joined;
    const diameter = traceDiameter(layout, octets.length, { showSecrets: this.#showSecrets });
    return this.#sink.record({ kind: 'diameter', from, to, time: this.#clock.now(), cause, diameter }, key);
  }

  /** Records a fact that is no message: what was refused and why. */
  note(from: TraceParty, to: TraceParty, code: string, text: string, cause: number | null): number {
    return this.#sink.record({ kind: 'note', from, to, time: this.#clock.now(), cause, note: { code, text } });
  }
}
