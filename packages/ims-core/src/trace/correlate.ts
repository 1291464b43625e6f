import type { TraceEvent, TraceParty } from './event.ts';

/** What a group of events is about. */
export type GroupKind = 'registration' | 'subscription' | 'call' | 'request' | 'network';

export type GroupOutcome = 'running' | 'ok' | 'failed';

/** Events that belong together because one led to the other: a registration, a subscription to it, a call, one other request, the network's own housekeeping. */
export interface LadderGroup {
  readonly id: string;
  readonly kind: GroupKind;
  /** `Registration of Alice`, `P-CSCF watches the registration of Alice`, `Call Alice to Bob`, `MESSAGE Alice to Bob`, `Between the boxes`. */
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
  /** Names of the UEs that were met, by id. */
  readonly #names = new Map<string, string>();
  #network: LadderGroup | undefined;
  #letters = 0;

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
    for (const party of [event.from, event.to]) {
      if (party.node !== 'ue') continue;
      group.ues.add(party.id);
      this.#names.set(party.id, party.label);
    }
    follow(group, event);
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
    const kind = kindOf(method, event);
    const ue = this.#ueBehind(event);
    const who = ue?.label ?? shortIdentity(event.sip.fromUri);
    const whom = shortIdentity(event.sip.toUri);
    const title =
      kind === 'registration'
        ? `${removesContact(event) ? 'De-registration' : 'Registration'} of ${who}`
        : kind === 'subscription'
          ? watchTitle(event, who)
          : `${kind === 'call' ? 'Call' : method} ${who} to ${whom}`;
    const group = this.#create(`${callId}#${event.seq}`, kind, title, letterOf(this.#letters++));
    this.#byCallId.set(callId, group);
    if (ue !== undefined) group.ues.add(ue.id);
    return group;
  }

  /** What the HSS begins: it names the user by the private identity, which begins with the UE's id. */
  #openPush(event: TraceEvent & { kind: 'diameter' }, title: string): LadderGroup {
    const id = event.diameter.userName.split('@')[0] ?? '';
    const who = this.#names.get(id) ?? shortIdentity(event.diameter.publicIdentity);
    const group = this.#create(`push#${event.seq}`, 'registration', `${title} ${who}`, letterOf(this.#letters++));
    if (this.#names.has(id)) group.ues.add(id);
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

/** Diameter requests that the HSS sends of its own accord. @see TS 29.228 §6.1.3, §6.2 */
const pushTitles: Readonly<Record<string, string>> = {
  RTR: 'The HSS ends the registration of',
  PPR: 'The HSS sends a new profile of',
};

function kindOf(method: string, event: TraceEvent & { kind: 'sip' }): GroupKind {
  switch (method) {
    case 'REGISTER':
      return 'registration';
    case 'INVITE':
      return 'call';
    case 'SUBSCRIBE':
    case 'NOTIFY':
      return isRegEvent(event) ? 'subscription' : 'request';
    default:
      return 'request';
  }
}

/** @see RFC 3680 §4.1 */
function isRegEvent(event: TraceEvent & { kind: 'sip' }): boolean {
  return /^(?:event|o)\s*:\s*reg\s*(?:;|$)/im.test(event.sip.raw);
}

function watchTitle(event: TraceEvent & { kind: 'sip' }, who: string): string {
  return event.from.node === 'ue'
    ? `${who} watches the own registration`
    : `${event.from.label} watches the registration of ${who}`;
}

function letterOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`;
}

/** `sip:+15550001002@...` as `+15550001002`, `sip:bob@...` as `bob`. */
export function shortIdentity(uri: string): string {
  const match = /^(?:sips?:|tel:)([^@;>?]+)/i.exec(uri);
  return match?.[1] ?? uri;
}

/** What an event tells of how its group stands. */
function follow(group: LadderGroup, event: TraceEvent): void {
  if (group.kind === 'network') return;
  if (event.kind === 'diameter' && group.events[0]?.kind === 'diameter') followPush(group, event);
  if (event.kind !== 'sip') return;
  const { status, method } = event.sip;
  const cseqMethod = event.sip.cseq.split(' ')[1] ?? method;
  if (group.kind === 'call') {
    followCall(group, event, status, cseqMethod);
    return;
  }
  if (group.kind === 'subscription') {
    followSubscription(group, event, status, cseqMethod);
    return;
  }
  // Over when the one who began it, a UE or a box that acts for one, has its final response.
  const beginner = group.events[0]?.from;
  if (status < 200 || event.to.node !== beginner?.node || event.to.id !== beginner.id) return;
  if (status < 300) {
    group.outcome = 'ok';
    group.outcomeText =
      group.kind === 'registration' ? (deregisters(group) ? 'de-registered' : 'registered') : 'delivered';
    group.endedAt = event.time;
  } else if (!(group.kind === 'registration' && (status === 401 || status === 423))) {
    group.outcome = 'failed';
    group.outcomeText = `${status} ${event.sip.reason}${refusedBy(group, status)}`;
    group.endedAt = event.time;
  }
}

/** A subscription is over with the NOTIFY that says so. @see RFC 6665 §4.1.3 */
function followSubscription(
  group: LadderGroup,
  event: TraceEvent & { kind: 'sip' },
  status: number,
  cseqMethod: string,
): void {
  const beginner = group.events[0]?.from;
  if (cseqMethod === 'NOTIFY' && status === 0 && /^subscription-state\s*:\s*terminated/im.test(event.sip.raw)) {
    const reason = /^subscription-state\s*:[^\r\n]*;\s*reason=([\w-]+)/im.exec(event.sip.raw)?.[1];
    group.outcome = 'ok';
    group.outcomeText = reason === undefined ? 'ended' : `ended: ${reason}`;
    group.endedAt = event.time;
  } else if (
    cseqMethod === 'SUBSCRIBE' &&
    status >= 200 &&
    group.endedAt === 0 &&
    event.to.node === beginner?.node &&
    event.to.id === beginner.id
  ) {
    group.outcome = status < 300 ? 'ok' : 'failed';
    group.outcomeText = status < 300 ? 'watching' : `${status} ${event.sip.reason}${refusedBy(group, status)}`;
    if (status >= 300) group.endedAt = event.time;
  }
}

/** What the HSS began is over with the answer that it gets. */
function followPush(group: LadderGroup, { diameter, time }: TraceEvent & { kind: 'diameter' }): void {
  if (diameter.request || !/^(?:RTA|PPA)$/.test(diameter.command)) return;
  const { resultCode } = diameter;
  group.outcome = resultCode >= 2000 && resultCode < 3000 ? 'ok' : 'failed';
  group.outcomeText = group.outcome === 'ok' ? 'done' : `refused: ${resultCode} ${diameter.resultName}`.trim();
  group.endedAt = time;
}

function followCall(group: LadderGroup, event: TraceEvent & { kind: 'sip' }, status: number, cseqMethod: string): void {
  const first = group.events[0];
  const caller = first?.from;
  if (cseqMethod === 'BYE' && status === 0 && group.endedAt === 0) {
    group.outcome = 'ok';
    group.endedAt = event.time;
    group.outcomeText = `ended by ${event.from.label}`;
    return;
  }
  if (cseqMethod === 'INVITE' && status === 0 && event.to.node === 'ue')
    group.title = `Call ${caller?.label ?? ''} to ${event.to.label}`;
  if (cseqMethod !== 'INVITE' || status === 0 || event.to.node !== 'ue' || event.to.id !== caller?.id) return;
  if (status === 180 || status === 183) {
    if (group.ringingAt === 0) group.ringingAt = event.time;
    group.outcomeText = 'ringing';
  } else if (status >= 200 && status < 300) {
    if (group.answeredAt === 0) group.answeredAt = event.time;
    group.outcomeText = 'talking';
  } else if (status >= 300 && group.answeredAt === 0) {
    group.endedAt = event.time;
    group.outcome = status === 487 ? 'ok' : 'failed';
    group.outcomeText =
      status === 487
        ? `cancelled by ${caller?.label ?? 'the caller'}`
        : `${status} ${event.sip.reason}${refusedBy(group, status)}`;
  }
}

function deregisters(group: LadderGroup): boolean {
  const register = group.events.find((event) => event.kind === 'sip' && event.sip.status === 0);
  return register?.kind === 'sip' && removesContact(register);
}

/** A REGISTER that takes its contact away: `Expires: 0` or `;expires=0` (RFC 3261 §10.2.2). */
function removesContact(event: TraceEvent & { kind: 'sip' }): boolean {
  return /^(?:expires\s*:\s*0\s*$|(?:contact|m)\s*:.*;\s*expires=0\b)/im.test(event.sip.raw);
}

/** ` from I-CSCF`: the box where the refusal first appeared. */
function refusedBy(group: LadderGroup, status: number): string {
  const first = group.events.find((event) => event.kind === 'sip' && event.sip.status === status);
  return first === undefined ? '' : ` from ${first.from.label}`;
}
