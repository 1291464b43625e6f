import { describe, expect, it } from 'vitest';
import { request } from '../sip/build.ts';
import { eventOf } from './event-header.ts';
import { parseSubscriptionState, serializeSubscriptionState } from './subscription-state.ts';

describe('Subscription-State', () => {
  it.each([
    ['active;expires=600', { state: 'active', expiresS: 600 }],
    ['pending', { state: 'pending' }],
    ['terminated;reason=probation;retry-after=30', { state: 'terminated', reason: 'probation', retryAfterS: 30 }],
  ] as const)('%s is read and written', (text, state) => {
    expect(parseSubscriptionState(text)).toEqual(state);
    expect(serializeSubscriptionState(state)).toBe(text);
  });

  it.each([
    [' Terminated ; Reason = NoResource ', { state: 'terminated', reason: 'noresource' }],
    ['waiting;expires=5', { state: 'active', expiresS: 5 }],
    ['active;expires=soon', { state: 'active' }],
    ['active;expires', { state: 'active' }],
  ])('%j is understood', (text, state) => {
    expect(parseSubscriptionState(text)).toEqual(state);
  });

  it.each(['', ' ; expires=1', 'active;expires="1'])('%j cannot be read', (text) => {
    expect(parseSubscriptionState(text)).toBeUndefined();
  });
});

describe('Event', () => {
  it.each([
    ['reg', { name: 'reg', id: '' }],
    [' REG ; id=7', { name: 'reg', id: '7' }],
    ['presence.winfo;x', { name: 'presence.winfo', id: '' }],
  ])('%j names the package', (value, event) => {
    expect(eventOf(request('SUBSCRIBE', 'sip:a@b', [['Event', value]]))).toEqual(event);
    expect(eventOf(request('SUBSCRIBE', 'sip:a@b', [['o', value]]))).toEqual(event);
  });

  it('that is missing names none', () => {
    expect(eventOf(request('NOTIFY', 'sip:a@b', []))).toEqual({ name: '', id: '' });
  });
});
