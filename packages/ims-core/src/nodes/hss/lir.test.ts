import { describe, expect, it } from 'vitest';
import { answerLine, CRITERION, hssIn, IMPU, type StateName } from '../../../test/kit/hss-lab.ts';
import type { InitialFilterCriterion } from '../../ports/service-profile.ts';
import { LAB_DOMAIN } from './seeded-subscribers.ts';

describe('Location-Info-Request', () => {
  const whenUnregistered = { ...CRITERION, profilePart: 'UNREGISTERED' } as const;
  const whenRegistered = { ...CRITERION, profilePart: 'REGISTERED' } as const;

  it.each<[StateName, string, readonly InitialFilterCriterion[], object, string]>([
    ['REGISTERED', 'nothing else', [], {}, '2001 ours'],
    ['REGISTERED, auth-pending', 'nothing else', [], {}, '2001 ours'],
    ['UNREGISTERED', 'nothing else', [], {}, '2001 ours'],
    ['NOT_REGISTERED', 'nothing else', [], {}, '10415/5003'],
    ['NOT_REGISTERED, name held', 'nothing else', [], {}, '10415/5003'],
    ['auth-pending', 'nothing else', [], {}, '10415/5003'],
    ['NOT_REGISTERED', 'Originating-Request', [], { originatingRequest: true }, '10415/2003 capabilities'],
    ['NOT_REGISTERED, name held', 'Originating-Request', [], { originatingRequest: true }, '2001 ours'],
    ['REGISTERED', 'Originating-Request', [], { originatingRequest: true }, '2001 ours'],
    ['NOT_REGISTERED', 'services', [CRITERION], {}, '10415/2003 capabilities'],
    ['auth-pending', 'services', [CRITERION], {}, '2001 ours'],
    ['NOT_REGISTERED', 'services for unregistered users', [whenUnregistered], {}, '10415/2003 capabilities'],
    ['NOT_REGISTERED', 'services for registered users', [whenRegistered], {}, '10415/5003'],
    ['NOT_REGISTERED', 'services for both', [whenRegistered, whenUnregistered], {}, '10415/2003 capabilities'],
    ['NOT_REGISTERED', 'type 0', [], { userAuthorizationType: 0 }, '10415/5003'],
    ['REGISTERED', 'type 2', [], { userAuthorizationType: 2 }, '2001 capabilities'],
    ['NOT_REGISTERED', 'type 2', [], { userAuthorizationType: 2 }, '2001 capabilities'],
    ['UNREGISTERED', 'type 2', [], { userAuthorizationType: 2 }, '2001 capabilities'],
  ])('in state %s with %s is answered', async (state, _what, criteria, change, expected) => {
    const { hss } = await hssIn(state, {}, criteria);
    expect(answerLine(await hss.locationInfo({ publicIdentity: IMPU, ...change }))).toBe(expected);
  });

  it.each([
    ['tel:+1-555-000-1001', '10415/5003'],
    [`sip:alice@${LAB_DOMAIN}`, '10415/5003'],
    [`sip:Alice@${LAB_DOMAIN}`, '10415/5001'],
    ['sip:nobody@example.org', '10415/5001'],
    ['not a URI', '10415/5001'],
  ])('of %s is answered %s', async (publicIdentity, expected) => {
    const { hss } = await hssIn('NOT_REGISTERED');
    expect(answerLine(await hss.locationInfo({ publicIdentity }))).toBe(expected);
  });
});
