import { createHash } from 'node:crypto';
import type { Clock } from '@imslab/ims-core/ports/clock';
import type { TraceSink } from '@imslab/ims-core/ports/trace-sink';
import type { MessageLayout } from '@imslab/ims-core/protocols/diameter/structural-check';
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
    const showSecrets = this.#showSecrets;
    return this.#sink.record({
      kind: 'diameter',
      from,
      to,
      time: this.#clock.now(),
      cause,
      messageKey: `diameter ${createHash('sha1').update(octets).digest('hex')}`,
      // Made when the sink takes it: the second report of a message is dropped by its key, its tree never built.
      get diameter() {
        return traceDiameter(layout, octets.length, { showSecrets });
      },
    });
  }

  /** Records a fact that is no message: what was refused and why. */
  note(from: TraceParty, to: TraceParty, code: string, text: string, cause: number | null): number {
    return this.#sink.record({ kind: 'note', from, to, time: this.#clock.now(), cause, note: { code, text } });
  }
}
