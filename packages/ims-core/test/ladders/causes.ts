import { expect } from 'vitest';
import type { TraceEvent } from '../../src/trace/event.ts';
import { eventLabel, eventName } from '../../src/trace/ladder.ts';

/** Notes that begin something: a timer fired or a connection broke. */
const BEGINNINGS = new Set([
  'FLOW_LOST',
  'REGISTRATION_EXPIRED',
  'AKA_CHALLENGE_EXPIRED',
  'SUBSCRIPTION_EXPIRED',
  'UNREGISTERED_USER_RELEASED',
]);

/** The SIP messages that each answer of the HSS can decide. @see TS 29.228 §6 */
const DECIDED: Readonly<Record<string, RegExp>> = {
  UAA: /^(?:REGISTER|403|480)$/,
  MAA: /^401$/,
  SAA: /^(?:200|403|480|INVITE)$/,
  LIA: /^(?:INVITE|SUBSCRIBE|404|480)$/,
};

/**
 * Checks the cause of each event: an earlier one that its maker knew of; only a UE's own doing and a timer have none. And each
 * answer of the HSS made the SIP message that its asker sent next.
 */
export function expectCauses(events: readonly TraceEvent[]): void {
  const bySeq = new Map(events.map((event) => [event.seq, event]));
  for (const event of events) {
    if (event.cause === null) {
      expect(beginsSomething(event), `${eventName(event)} has a cause`).toBe(true);
      continue;
    }
    const cause = bySeq.get(event.cause) ?? expect.fail(`the cause of ${eventName(event)} happened`);
    expect(cause.seq, `the cause of ${eventName(event)} came before it`).toBeLessThan(event.seq);
    expect(isKnownToMaker(cause, event), `the maker of ${eventName(event)} knew of ${eventName(cause)}`).toBe(true);
  }
  for (const answer of events)
    if (answer.kind === 'diameter' && !answer.diameter.request) expectDecision(answer, events);
}

function expectDecision(answer: TraceEvent & { readonly kind: 'diameter' }, events: readonly TraceEvent[]): void {
  const asked = events.find((event) => event.seq === answer.cause);
  expect(asked && eventLabel(asked), `what ${eventName(answer)} answers`).toBe(
    answer.diameter.command.replace(/A$/, 'R'),
  );
  // After an expiry there is nobody to tell.
  const began = events.find((event) => event.seq === asked?.cause);
  if (began?.kind === 'note' && BEGINNINGS.has(began.note.code)) return;
  // Where no connection is had, nothing is sent.
  if (events.some((event) => event.cause === answer.seq && isNote(event, 'SIP_NO_CONNECTION'))) return;
  const decided = sipEffects(answer, events);
  expect(decided.map(eventLabel), `what ${eventName(answer)} decided`).toEqual(
    expect.arrayContaining([expect.stringMatching(DECIDED[answer.diameter.command] ?? /^$/)]),
  );
  for (const message of decided)
    expect(message.from.node, `${eventName(message)} is of who asked`).toBe(answer.to.node);
}

function isNote(event: TraceEvent, code: string): boolean {
  return event.kind === 'note' && event.note.code === code;
}

/** SIP messages that an event made, also by way of a note. */
function sipEffects(cause: TraceEvent, events: readonly TraceEvent[]): readonly TraceEvent[] {
  return events
    .filter((event) => event.cause === cause.seq)
    .flatMap((event) => (event.kind === 'note' ? sipEffects(event, events) : event.kind === 'sip' ? [event] : []));
}

function beginsSomething(event: TraceEvent): boolean {
  return event.from.node === 'ue' || (event.kind === 'note' && BEGINNINGS.has(event.note.code));
}

/** Both ends of a message know of it, and both boxes of a note. The media relay does what the P-CSCF tells it. */
function isKnownToMaker(cause: TraceEvent, event: TraceEvent): boolean {
  const maker = event.kind === 'media' ? 'pcscf' : event.kind === 'note' ? event.to.node : event.from.node;
  return cause.from.node === maker || cause.to.node === maker;
}
