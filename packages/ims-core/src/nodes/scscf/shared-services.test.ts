import { describe, expect, it } from 'vitest';
import type { InitialFilterCriterion, ServiceProfile } from '../../ports/service-profile.ts';
import { MAX_SHARED_CRITERIA } from './config.ts';
import { SharedServices } from './shared-services.ts';

function profile(priority: number): ServiceProfile {
  const criterion: InitialFilterCriterion = {
    priority,
    applicationServer: {
      serverName: 'sip:as.example',
      defaultHandling: 'SESSION_CONTINUED',
      includeRegisterRequest: false,
      includeRegisterResponse: false,
    },
  };
  return { publicIdentities: [], initialFilterCriteria: [criterion], sharedIfcSetIds: [] };
}

describe('services of many users', () => {
  it('are kept once where they are equal', () => {
    const shared = new SharedServices();
    const [one, other] = [shared.of(profile(1)), shared.of(profile(1))];
    expect(one).toEqual({ initialFilterCriteria: profile(1).initialFilterCriteria });
    expect(other.initialFilterCriteria).toBe(one.initialFilterCriteria);
    expect(shared.of(profile(2)).initialFilterCriteria).not.toBe(one.initialFilterCriteria);
  });

  it('stay right when more differ than are remembered', () => {
    const shared = new SharedServices();
    for (let priority = 0; priority <= MAX_SHARED_CRITERIA; priority += 1) {
      expect(shared.of(profile(priority)).initialFilterCriteria[0]?.priority).toBe(priority);
    }
    expect(shared.of(profile(0))).toEqual(shared.of(profile(0)));
  });
});
