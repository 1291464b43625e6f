import { beforeEach, describe, expect, it } from 'vitest';
import { ladderRows, newSince } from './rows.ts';
import { alice, diameterEvent, hss, icscf, pcscf, sipEvent } from './trace-events.fixture.ts';
import { addEvents, allShown, hover, resetTrace, select, setFollow, toggleGroup, trace } from './trace-store.ts';

const register = sipEvent({ seq: 1, method: 'REGISTER', callId: 'a', from: alice, to: pcscf });
const uar = diameterEvent({ seq: 2, command: 'UAR', from: icscf, to: hss, cause: 1 });
const uaa = diameterEvent({ seq: 3, command: 'UAA', resultCode: 2001, from: hss, to: icscf, cause: 2 });

beforeEach(() => {
  trace.setState(allShown);
  resetTrace();
});

function waiting(): number {
  const state = trace.getState();
  return newSince(ladderRows(state), state.pausedAt);
}

describe('the trace store', () => {
  it('adds events, their parties and their groups', () => {
    addEvents([register, uar]);
    const state = trace.getState();
    expect(state.newest).toBe(2);
    expect([...state.parties.keys()]).toEqual(['ue:001010000000001', 'pcscf', 'icscf', 'hss']);
    expect(state.correlation.groups.map((group) => group.title)).toEqual(['Registration of Alice']);
  });

  it('tells its watchers of each batch by a new revision, and of an empty one not at all', () => {
    addEvents([register]);
    const { revision, parties } = trace.getState();
    addEvents([]);
    expect(trace.getState().revision).toBe(revision);
    addEvents([sipEvent({ seq: 2, method: 'REGISTER', status: 200, callId: 'a', from: pcscf, to: alice })]);
    expect(trace.getState().revision).toBe(revision + 1);
    expect(trace.getState().parties).toBe(parties);
  });

  it('forgets the history at a reset, keeps the filters and follows again', () => {
    trace.setState({ ue: alice.id });
    addEvents([register]);
    select(1);
    resetTrace();
    const state = trace.getState();
    expect(state.events.size).toBe(0);
    expect(state.correlation.groups).toEqual([]);
    expect(state).toMatchObject({ selected: null, newest: 0, follow: true, pausedAt: null, ue: alice.id });
  });

  it('counts what comes while it is paused, and nothing after it goes on', () => {
    addEvents([register]);
    setFollow(false);
    expect(waiting()).toBe(0);
    addEvents([uar]);
    addEvents([uaa]);
    expect(waiting()).toBe(2);
    setFollow(true);
    expect(waiting()).toBe(0);
  });

  it('pauses when an event is opened, and does not count anew when another one is', () => {
    addEvents([register]);
    select(1);
    expect(trace.getState().follow).toBe(false);
    addEvents([uar, uaa]);
    select(2);
    expect(waiting()).toBe(2);
  });

  it('lights an event with its cause and its effects', () => {
    addEvents([register, uar, uaa]);
    hover(2);
    expect([...trace.getState().lit]).toEqual([
      [2, 'self'],
      [1, 'cause'],
      [3, 'effect'],
    ]);
  });

  it('lights an effect that comes while its cause is lit', () => {
    addEvents([register, uar]);
    hover(2);
    addEvents([uaa]);
    expect(trace.getState().lit.get(3)).toBe('effect');
  });

  it('puts the light back on the opened event when the pointer leaves, and off when it is closed', () => {
    addEvents([register, uar, uaa]);
    select(1);
    hover(3);
    hover(null);
    expect(trace.getState().lit.get(1)).toBe('self');
    select(null);
    expect(trace.getState().lit.size).toBe(0);
  });

  it('closes and opens a group', () => {
    toggleGroup('g');
    expect([...trace.getState().closedGroups]).toEqual(['g']);
    toggleGroup('g');
    expect(trace.getState().closedGroups.size).toBe(0);
  });

  it('opens what an event is folded away in when it is chosen', () => {
    const watch = sipEvent({ seq: 4, method: 'SUBSCRIBE', event: 'reg', callId: 'w', from: alice, to: pcscf });
    addEvents([register, uar, uaa, watch]);
    const [registration] = trace.getState().correlation.groups;
    toggleGroup(registration?.id ?? '');
    select(1);
    expect(trace.getState().closedGroups.size).toBe(0);
    expect(trace.getState().openWatches.size).toBe(0);
    select(4);
    select(4);
    expect([...trace.getState().openWatches]).toEqual([registration?.id]);
  });
});
