import { describe, expect, it } from 'vitest';
import { announcedAlgorithm } from './announced-algorithm.ts';

describe('the AKA version that a phone announces', () => {
  it.each([
    ['the one for WebRTC without a wish', '', 'AKAv2-SHA-256'],
    ['the one of the wish', '?ue=alice&algorithm=AKAv1-MD5', 'AKAv1-MD5'],
    ['the one of a wish in other letters', '?algorithm=akav2-md5', 'AKAv2-MD5'],
    ['the one for WebRTC when the wish is none of AKA', '?algorithm=MD5', 'AKAv2-SHA-256'],
  ])('is %s', (_, search, algorithm) => {
    expect(announcedAlgorithm(search)).toBe(algorithm);
  });
});
