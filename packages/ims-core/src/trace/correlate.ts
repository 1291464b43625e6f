import type { TraceEvent, TraceParty } from './event.ts';
import { followOutcome } from './group-outcome.ts';
import { groupKind, groupTitle, KnownNames, pushTitles, type SubscriberName } from './group-title.ts';

/** What a group of events is about. */
export type GroupKind = 'registration' | 'subscription' | 'call' | 'request' | 'network';

export type GroupOutcome = 'running' | 'ok' | 'failed';

/** Events that belong together because one led to the other: a registration, a subscription to it, a call, one other request, the network's own housekeeping. */
export interface LadderGroup {
  readonly id: string;
  readonly kind: GroupKind;
  /** `Registration of Alice`, `P-CSCF watches the registration of Alice`, `Call Alice to Bob`, `Message from Alice to Bob`, `Between the boxes`. */
  title: string;
  /** A, B, C ... so that a dialog is told apart without colour. */
  readonly letter: string;
  readonly events: TraceEvent[];
  outcome: GroupOutcome;
  /** In words: `registered`, `watching`, `ringing`, `talking`, `ended by Bob`, `404 from I-CSCF`. */
  outcomeText: string;
  /** Ids of the UEs that take part. */
  readonly ues: Set<string>;
  /** Time of the 180 and of the 200 to the caller, milliseconds since 1970; 0 when they did not come. */
  ringingAt: number;
  answeredAt: number;
  endedAt: number;
}

/** A message with its cause links followed: to its group, its effects, and the messages of its transaction. */
export class Correlation {
  readonly groups: LadderGroup[] = [];
  readonly #groupOf = new Map<number, LadderGroup>();
  readonly #effects = new Map<number, number[]>();
  readonly #byCallId = new Map<string, LadderGroup>();
  readonly #names: KnownNames;
  #network: LadderGroup | undefined;
  #letters = 0;

  /** @param subscriberName how somebody is called who has not registered; by default as on the wire */
  constructor(subscriberName: SubscriberName = () => undefined) {
    this.#names = new KnownNames(subscriberName);
  }

  /** Adds the next event, in the order of numbers, and returns its group. */
  add(event: TraceEvent): LadderGroup {
    const group = this.#find(event);
    group.events.push(event);
    this.#groupOf.set(event.seq, group);
    if (event.cause !== null) {
      const effects = this.#effects.get(event.cause);
      if (effects === undefined) this.#effects.set(event.cause, [event.seq]);
      else effects.push(event.seq);
    }
    for (const party of [event.from, event.to]) if (party.node === 'ue') group.ues.add(party.id);
    this.#names.learn(event);
    followOutcome(group, event, this.#names);
    return group;
  }

  groupOf(seq: number): LadderGroup | undefined {
    return this.#groupOf.get(seq);
  }

  /** Numbers of the events that this one made. */
  effectsOf(seq: number): readonly number[] {
    return this.#effects.get(seq) ?? [];
  }

  #find(event: TraceEvent): LadderGroup {
    const callId = event.kind === 'sip' ? event.sip.callId : event.kind === 'media' ? event.media.callId : '';
    if (callId !== '') {
      const open = this.#byCallId.get(callId);
      if (open !== undefined && !startsAnew(open, event)) return open;
      if (event.kind === 'sip') return this.#open(callId, event);
    }
    const caused = event.cause === null ? undefined : this.#groupOf.get(event.cause);
    if (caused !== undefined) return caused;
    const pushed = event.kind === 'diameter' ? pushTitles[event.diameter.command] : undefined;
    if (pushed !== undefined && event.kind === 'diameter') return this.#openPush(event, pushed);
    this.#network ??= this.#create('network', 'network', 'Between the boxes', '');
    return this.#network;
  }

  #open(callId: string, event: TraceEvent & { kind: 'sip' }): LadderGroup {
    const method = event.sip.status === 0 ? event.sip.method : (event.sip.cseq.split(' ')[1] ?? '');
    const ue = this.#ueBehind(event);
    const title = groupTitle(method, event, ue?.label, this.#names);
    const group = this.#create(`${callId}#${event.seq}`, groupKind(method, event), title, letterOf(this.#letters++));
    this.#byCallId.set(callId, group);
    if (ue !== undefined) group.ues.add(ue.id);
    return group;
  }

  /** What the HSS begins: it names the user by the private identity, which begins with the UE's id. */
  #openPush(event: TraceEvent & { kind: 'diameter' }, title: string): LadderGroup {
    const id = event.diameter.userName.split('@')[0] ?? '';
    const known = this.#names.ofId(id);
    const who = known ?? this.#names.ofIdentity(event.diameter.publicIdentity);
    const group = this.#create(`push#${event.seq}`, 'registration', `${title} ${who}`, letterOf(this.#letters++));
    if (known !== undefined) group.ues.add(id);
    return group;
  }

  /** The UE for whom a box acts: that of the event which made it act. */
  #ueBehind(event: TraceEvent): TraceParty | undefined {
    if (event.from.node === 'ue') return event.from;
    if (event.cause === null) return undefined;
    const maker = this.#groupOf.get(event.cause)?.events.find(({ seq }) => seq === event.cause);
    return maker?.from.node === 'ue' ? maker.from : undefined;
  }

  #create(id: string, kind: GroupKind, title: string, letter: string): LadderGroup {
    const group: LadderGroup = {
      id,
      kind,
      title,
      letter,
      events: [],
      outcome: kind === 'network' ? 'ok' : 'running',
      outcomeText: '',
      ues: new Set(),
      ringingAt: 0,
      answeredAt: 0,
      endedAt: 0,
    };
    this.groups.push(group);
    return group;
  }
}

/** A REGISTER after a finished registration opens a new group, though its Call-ID stays (RFC 3261 §10.2). */
function startsAnew(open: LadderGroup, event: TraceEvent): boolean {
  if (event.kind !== 'sip' || open.kind !== 'registration') return false;
  return (
    event.sip.method === 'REGISTER' && event.sip.status === 0 && open.outcome !== 'running' && event.cause === null
  );
}

function letterOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`;
}
