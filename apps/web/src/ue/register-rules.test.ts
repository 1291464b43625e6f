import { describe, expect, it } from 'vitest';
import { instanceIdOf, readRetryAfterS, refreshAfterS, retryAfterFailureS } from './register-rules.ts';

describe('registration rules', () => {
  it.each([
    ['a long expiry', 3600, 3000],
    ['the asked-for one', 600_000, 599_400],
    ['just over the limit', 1201, 601],
    ['the limit itself', 1200, 600],
    ['a short expiry', 60, 30],
  ])('registers again 600 s early, or at half time: %s', (_, expiresS, afterS) => {
    expect(refreshAfterS(expiresS)).toBe(afterS);
  });

  it.each([
    ['no answer', 0, 1, null, 2],
    ['no answer again', 0, 3, null, 8],
    ['many failures', 503, 20, null, 30],
    ['a Retry-After', 503, 1, 17, 17],
    ['HSS down', 480, 1, null, 2],
    ['a refused SIM', 403, 1, null, null],
    ['an unknown SIM', 404, 1, 5, null],
    ['a challenge that was not met', 401, 1, null, null],
  ])('decides after %s', (_, status, attempt, retryAfter, delay) => {
    expect(retryAfterFailureS(status, attempt, retryAfter)).toBe(delay);
  });

  it.each([
    ['seconds', '120', 120],
    ['seconds with a comment', '18 (in a meeting);duration=3600', 18],
    ['none', undefined, null],
    ['no number', 'soon', null],
  ])('reads Retry-After: %s', (_, value, seconds) => {
    expect(readRetryAfterS(value)).toBe(seconds);
  });

  it('gives each SIM one instance-id that is a UUID of version 8', () => {
    expect(instanceIdOf('001010000000001')).toBe('00101000-0000-8001-8000-000000000000');
    expect(instanceIdOf('001010000000002')).not.toBe(instanceIdOf('001010000000001'));
    expect(instanceIdOf('001010000000010')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
