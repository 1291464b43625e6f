import type { Clock } from '../../src/ports/clock.ts';
import type { MediaAnswer, MediaLegKey, MediaOffer, MediaResult, MediaUe } from '../../src/ports/media-relay.ts';
import type { CauseHolder, TraceSink } from '../../src/ports/trace-sink.ts';
import type { TraceParty } from '../../src/trace/event.ts';
import { FakeMediaRelay } from './fake-media-relay.ts';

const RELAY: TraceParty = { node: 'relay', id: '', label: 'Media relay' };

/** A relay without media that tells the trace what the real one would: each UE's DTLS and first packets follow from the answer. */
export class TracingMediaRelay extends FakeMediaRelay {
  readonly #trace: TraceSink;
  readonly #clock: Clock;
  readonly #ues = new Map<string, { readonly ue: MediaUe; connected: boolean }>();

  constructor(trace: TraceSink, clock: Clock) {
    super();
    this.#trace = trace;
    this.#clock = clock;
  }

  override offer(request: MediaOffer): Promise<MediaResult> {
    this.#ues.set(nameOf(request.key), { ue: request.ue, connected: false });
    return super.offer(request);
  }

  override async answer(request: MediaAnswer, { cause }: CauseHolder = { cause: null }): Promise<MediaResult> {
    const result = await super.answer(request);
    const leg = this.#ues.get(nameOf(request.key));
    if (result.ok && leg !== undefined && !leg.connected) {
      leg.connected = true;
      this.#record(leg.ue, 'up', 'DTLS connected', request.key, cause);
      this.#record(leg.ue, 'up', 'first RTP packet', request.key, cause);
      this.#record(leg.ue, 'down', 'first RTP packet', request.key, cause);
    }
    return result;
  }

  override async delete(key: MediaLegKey, { cause }: CauseHolder = { cause: null }): Promise<void> {
    await super.delete(key);
    const leg = this.#ues.get(nameOf(key));
    if (leg?.connected === true) this.#record(leg.ue, 'down', 'media closed', key, cause);
    this.#ues.delete(nameOf(key));
  }

  #record(ue: MediaUe, way: 'up' | 'down', what: string, { callId }: MediaLegKey, cause: number | null): void {
    const party: TraceParty = { node: 'ue', id: ue.id, label: ue.label };
    const [from, to] = way === 'up' ? [party, RELAY] : [RELAY, party];
    this.#trace.record({
      kind: 'media',
      from,
      to,
      time: this.#clock.now(),
      cause,
      media: { what, callId, detail: '' },
    });
  }
}

function nameOf({ callId, pass, id }: MediaLegKey): string {
  return `${callId} ${pass} ${id}`;
}
