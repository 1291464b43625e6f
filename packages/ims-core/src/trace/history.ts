import type { MessageOnWire, Reporter, TraceSink } from '../ports/trace-sink.ts';
import { octetHash } from '../protocols/proxy/octet-hash.ts';
import { ChangeOctets } from './change-octets.ts';
import type { MessageChange, TraceEvent, TraceEventInput, TraceParty } from './event.ts';
import { messageEvent } from './message-event.ts';
import { MessageIndex, NOWHERE } from './message-index.ts';
import { OctetRing, offsetIn, SLAB_OCTETS } from './octet-ring.ts';

/** Events kept before the oldest is forgotten. */
export const DEFAULT_HISTORY_EVENTS = 20_000;
/** Octets that the messages and their changes may take, for each event of the history. */
const OCTETS_PER_EVENT = 1_600;

/** What an event is kept as: told as it is, or a message by its protocol or the transport of SIP. */
const FORMS = ['told', 'Diameter', 'Diameter with secrets', 'UDP', 'TCP', 'WS', 'WSS'] as const;
type Form = (typeof FORMS)[number];

const NO_CHANGES: readonly MessageChange[] = [];
const NOBODY: TraceParty = { node: 'other', id: '', label: '' };
const NOTHING: TraceEventInput = {
  kind: 'note',
  from: NOBODY,
  to: NOBODY,
  time: 0,
  cause: null,
  note: { code: '', text: '' },
};

/**
 * The lab's bounded memory of what happened: numbers events without gaps and tells listeners of each.
 * Numbers go on after a clear, so a number always means one event.
 *
 * A message is kept as its octets and a few numbers, in arrays that are made once: an event stands at its number modulo their length.
 * So a message costs no object that lives on, and its event is made when somebody reads it.
 */
export class TraceHistory implements TraceSink {
  readonly #places: number;
  readonly #ring: OctetRing;
  readonly #index: MessageIndex;
  readonly #changes = new ChangeOctets();
  readonly #listeners = new Set<(seq: number) => void>();
  #firstSeq = 1;
  #nextSeq = 1;

  /** Index in FORMS. */
  readonly #forms: Uint8Array;
  readonly #repeated: Uint8Array;
  readonly #times: Float64Array;
  /** 0: none. */
  readonly #causes: Float64Array;
  /** Position in the ring: the octets of the message, then those of its changes. */
  readonly #starts: Float64Array;
  readonly #messageOctets: Uint32Array;
  readonly #changeOctets: Uint32Array;
  readonly #from: TraceParty[];
  readonly #to: TraceParty[];
  /** The events that are no message. */
  readonly #told: TraceEventInput[];

  /** The oldest events are forgotten where there are more, or their messages have more octets. */
  constructor(limitEvents = DEFAULT_HISTORY_EVENTS, limitOctets = limitEvents * OCTETS_PER_EVENT) {
    this.#places = limitEvents;
    this.#ring = new OctetRing(limitOctets);
    this.#index = new MessageIndex(limitEvents);
    this.#forms = new Uint8Array(limitEvents);
    this.#repeated = new Uint8Array(limitEvents);
    this.#times = new Float64Array(limitEvents);
    this.#causes = new Float64Array(limitEvents);
    this.#starts = new Float64Array(limitEvents);
    this.#messageOctets = new Uint32Array(limitEvents);
    this.#changeOctets = new Uint32Array(limitEvents);
    this.#from = new Array<TraceParty>(limitEvents).fill(NOBODY);
    this.#to = new Array<TraceParty>(limitEvents).fill(NOBODY);
    this.#told = new Array<TraceEventInput>(limitEvents).fill(NOTHING);
  }

  message(message: MessageOnWire, by: Reporter, way: number): number {
    const hash = octetHash(message.octets, way);
    const joined = this.#index.join(hash, by);
    if (joined === NOWHERE) return this.#keep(message, hash, by);
    const newest = this.#nextSeq - 1;
    return newest - ((newest - joined) % this.#places);
  }

  record(event: TraceEventInput): number {
    const place = this.#place(this.#ring.end, 0);
    this.#forms[place] = FORMS.indexOf('told');
    this.#told[place] = event;
    return this.#added();
  }

  get(seq: number): TraceEvent | undefined {
    if (seq < this.#firstSeq || seq >= this.#nextSeq) return undefined;
    return { ...this.#read(seq % this.#places), seq };
  }

  /** Number of the oldest event that is still here; the next number to come when there is none. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** Events with a number above `seq`, oldest first, `most` of them. */
  after(seq: number, most = this.#places): readonly TraceEvent[] {
    const events: TraceEvent[] = [];
    const first = Math.max(Math.floor(seq) + 1, this.#firstSeq);
    const end = Math.min(first + most, this.#nextSeq);
    for (let each = first; each < end; each += 1) events.push({ ...this.#read(each % this.#places), seq: each });
    return events;
  }

  clear(): void {
    while (this.#firstSeq < this.#nextSeq) this.#forgetOldest();
    this.#ring.clear();
  }

  /** Calls `listener` with the number of each new event, in order. Returns how to stop. */
  subscribe(listener: (seq: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What does not fit a slab is left out: the changes first. No box sends or takes a message of that size. */
  #keep(message: MessageOnWire, hash: number, by: Reporter): number {
    const ring = this.#ring;
    const octets = message.octets.length > SLAB_OCTETS ? message.octets.subarray(0, SLAB_OCTETS) : message.octets;
    const given = message.kind === 'sip' ? message.changes : NO_CHANGES;
    const most = octets.length + this.#changes.most(given);
    const changes = most > SLAB_OCTETS ? NO_CHANGES : given;
    const length = changes === given ? most : octets.length;

    const start = ring.place(length);
    const place = this.#place(start, length);
    const slab = ring.slabAt(start);
    const offset = offsetIn(start);
    slab.set(octets, offset);
    const changesEnd = this.#changes.write(changes, slab, offset + octets.length);
    ring.take(start + changesEnd - offset);

    this.#repeated[place] = this.#index.add(place, hash, by) ? 1 : 0;
    this.#forms[place] = FORMS.indexOf(formOf(message));
    this.#times[place] = message.time;
    this.#causes[place] = message.cause ?? 0;
    this.#messageOctets[place] = octets.length;
    this.#changeOctets[place] = changesEnd - offset - octets.length;
    this.#from[place] = message.from;
    this.#to[place] = message.to;
    return this.#added();
  }

  /** The place of the next event. Whatever its octets overwrite is forgotten. */
  #place(start: number, octets: number): number {
    const overwritten = start + octets - this.#ring.capacity;
    while (this.#firstSeq < this.#nextSeq) {
      const full = this.#nextSeq - this.#firstSeq === this.#places;
      if (!full && this.#starts[this.#firstSeq % this.#places]! >= overwritten) break;
      this.#forgetOldest();
    }
    const place = this.#nextSeq % this.#places;
    this.#starts[place] = start;
    return place;
  }

  #added(): number {
    const seq = this.#nextSeq;
    this.#nextSeq += 1;
    for (const listener of this.#listeners) listener(seq);
    return seq;
  }

  #forgetOldest(): void {
    const place = this.#firstSeq % this.#places;
    if (this.#formAt(place) === 'told') {
      this.#told[place] = NOTHING;
    } else {
      this.#index.removeOldest(place);
      this.#from[place] = NOBODY;
      this.#to[place] = NOBODY;
    }
    this.#firstSeq += 1;
  }

  #formAt(place: number): Form {
    return FORMS[this.#forms[place]!]!;
  }

  #read(place: number): TraceEventInput {
    const form = this.#formAt(place);
    if (form === 'told') return this.#told[place]!;
    const start = this.#starts[place]!;
    const slab = this.#ring.slabAt(start);
    const octetsEnd = offsetIn(start) + this.#messageOctets[place]!;
    const common = {
      octets: slab.subarray(offsetIn(start), octetsEnd),
      from: this.#from[place]!,
      to: this.#to[place]!,
      time: this.#times[place]!,
      cause: this.#causes[place]! || null,
    };
    const retransmission = this.#repeated[place] === 1;
    if (form === 'Diameter' || form === 'Diameter with secrets') {
      const showSecrets = form === 'Diameter with secrets';
      return messageEvent({ kind: 'diameter', ...common, showSecrets }, retransmission);
    }
    const changes = this.#changes.read(slab.subarray(octetsEnd, octetsEnd + this.#changeOctets[place]!));
    return messageEvent({ kind: 'sip', ...common, transport: form, changes }, retransmission);
  }
}

function formOf(message: MessageOnWire): Form {
  if (message.kind === 'sip') return message.transport;
  return message.showSecrets ? 'Diameter with secrets' : 'Diameter';
}
