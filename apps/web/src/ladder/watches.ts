import type { LadderGroup } from '@imslab/ims-core/trace/correlate';

/**
 * The subscriptions that go with each registration: those that began while it was their UE's latest. They belong to every
 * registration and say little, so the ladder folds them; one that failed stands for itself.
 */
export function watchesOf(groups: readonly LadderGroup[]): ReadonlyMap<LadderGroup, readonly LadderGroup[]> {
  const latest = new Map<string, LadderGroup>();
  const watches = new Map<LadderGroup, LadderGroup[]>();
  for (const group of groups) {
    if (group.kind === 'registration' && group.events[0]?.from.node === 'ue') {
      for (const ue of group.ues) latest.set(ue, group);
    }
    if (group.kind !== 'subscription' || group.outcome === 'failed') continue;
    const [ue = ''] = group.ues;
    const registration = latest.get(ue);
    if (registration === undefined) continue;
    const others = watches.get(registration);
    if (others === undefined) watches.set(registration, [group]);
    else others.push(group);
  }
  return watches;
}
