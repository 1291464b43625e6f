import type { Clock } from '@imslab/ims-core/ports/clock';
import type { DiameterOnWire, Reporter, TraceSink } from '@imslab/ims-core/ports/trace-sink';
import type { TraceParty } from '@imslab/ims-core/trace/event';

/** Which connection a message takes need not be told: its identifiers and Origin-Host are in its octets. */
const ANY_WAY = 0;

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

  /** Records a message by its octets, as far as its other end has not. Returns its number. */
  message(by: Reporter, from: TraceParty, to: TraceParty, octets: Uint8Array, cause: number | null): number {
    const time = this.#clock.now();
    const message: DiameterOnWire = {
      kind: 'diameter',
      octets,
      from,
      to,
      time,
      cause,
      showSecrets: this.#showSecrets,
    };
    return this.#sink.message(message, by, ANY_WAY);
  }

  /** Records a fact that is no message: what was refused and why. */
  note(from: TraceParty, to: TraceParty, code: string, text: string, cause: number | null): number {
    return this.#sink.record({ kind: 'note', from, to, time: this.#clock.now(), cause, note: { code, text } });
  }
}
