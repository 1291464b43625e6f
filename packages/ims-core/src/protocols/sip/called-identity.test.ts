import { describe, expect, it } from 'vitest';
import { calledIdentity, isLocalNumber } from './called-identity.ts';

describe('the identity that a Request-URI calls', () => {
  it.each([
    ['sip:bob@X:5060;transport=tcp', 'sip:bob@x'],
    ['tel:+1-555-0002', 'tel:+15550002'],
    ['sip:+1-555-0002@x;user=phone', 'tel:+15550002'],
    ['sip:+15550002;npdi@x;user=phone', 'tel:+15550002'],
    ['sip:+15550002@x', 'sip:+15550002@x'],
    ['sip:0002@x;user=phone', 'sip:0002@x'],
    ['tel:0002;phone-context=x', undefined],
    ['urn:service:sos', undefined],
    ['nonsense', undefined],
  ])('%s is %s', (uri, identity) => {
    expect(calledIdentity(uri)).toBe(identity);
  });
});

describe('a number that needs its own network', () => {
  it.each([
    ['tel:0002;phone-context=x', true],
    ['tel:+15550002', false],
    ['sip:0002@x;user=phone', true],
    ['sip:+15550002@x;user=phone', false],
    ['sip:0002@x', false],
    ['nonsense', false],
  ])('%s: %s', (uri, local) => {
    expect(isLocalNumber(uri)).toBe(local);
  });
});
