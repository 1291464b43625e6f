import { describe, expect, it } from 'vitest';
import { reasonPhrase } from './status.ts';

describe('reasonPhrase', () => {
  it.each([
    [200, 'OK'],
    [439, 'First Hop Lacks Outbound Support'],
    [199, 'Early Dialog Terminated'],
    [299, 'OK'],
    [499, 'Bad Request'],
    [699, 'Busy Everywhere'],
    [799, 'Unknown'],
  ])('calls %i %s', (status, phrase) => {
    expect(reasonPhrase(status)).toBe(phrase);
  });
});
