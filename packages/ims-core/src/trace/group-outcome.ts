import type { LadderGroup } from './correlate.ts';
import type { TraceEvent } from './event.ts';
import { type KnownNames, messageTitle, reachedCallTitle, removesContact } from './group-title.ts';

/** What an event tells of how its group stands. */
export function followOutcome(group: LadderGroup, event: TraceEvent, names: KnownNames): void {
  if (group.kind === 'network') return;
  if (event.kind === 'diameter' && group.events[0]?.kind === 'diameter') followPush(group, event);
  if (event.kind !== 'sip') return;
  const { status, method } = event.sip;
  const cseqMethod = event.sip.cseq.split(' ')[1] ?? method;
  if (group.kind === 'call') {
    followCall(group, event, status, cseqMethod, names);
    return;
  }
  if (group.kind === 'subscription') {
    followSubscription(group, event, status, cseqMethod);
    return;
  }
  if (method === 'MESSAGE' && status === 0 && event.to.node === 'ue') {
    group.title = messageTitle(group.events[0]?.from.label ?? '', event.to.label);
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

function followCall(
  group: LadderGroup,
  event: TraceEvent & { kind: 'sip' },
  status: number,
  cseqMethod: string,
  names: KnownNames,
): void {
  const first = group.events[0];
  const caller = first?.from;
  if (cseqMethod === 'BYE' && status === 0 && group.endedAt === 0) {
    group.outcome = 'ok';
    group.endedAt = event.time;
    group.outcomeText = `ended by ${event.from.label}`;
    return;
  }
  if (cseqMethod === 'INVITE' && status === 0 && event.to.node === 'ue')
    group.title = reachedCallTitle(caller?.label ?? '', event, names);
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

/** ` from I-CSCF`: the box where the refusal first appeared. */
function refusedBy(group: LadderGroup, status: number): string {
  const first = group.events.find((event) => event.kind === 'sip' && event.sip.status === status);
  return first === undefined ? '' : ` from ${first.from.label}`;
}
