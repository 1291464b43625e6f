import type { LabState } from '@imslab/ims-core/api/lab-api';
import type { LadderGroup } from '@imslab/ims-core/trace/correlate';
import type { LadderColumn } from '@imslab/ims-core/trace/ladder';

function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}

/** What each UE of a running call is doing, by IMSI: `ringing`, `talking`. */
export function callWords(groups: readonly LadderGroup[]): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const group of groups) {
    if (group.kind !== 'call' || group.outcome !== 'running' || group.outcomeText === '') continue;
    for (const ue of group.ues) words.set(ue, group.outcomeText);
  }
  return words;
}

/**
 * One line of what the box of a column is doing now.
 * @param lab null while the gateway is not reached
 * @param calls what the UEs of running calls are doing
 */
export function liveWords(column: LadderColumn, lab: LabState | null, calls: ReadonlyMap<string, string>): string {
  if (lab === null) return 'not reached';
  switch (column.node) {
    case 'ue': {
      const user = lab.registered.find((registered) => `ue:${registered.imsi}` === column.key);
      if (user === undefined) return 'not registered';
      return (lab.calls > 0 ? calls.get(user.imsi) : undefined) ?? 'registered';
    }
    case 'pcscf':
      return lab.calls > 0 ? count(lab.calls, 'call') : count(lab.registeredUsers, 'phone');
    case 'icscf':
      return lab.diameterPeers > 0 ? 'ready' : 'no HSS';
    case 'scscf': {
      const box = lab.scscfs.find(({ key }) => key === column.key);
      return box?.running === true ? count(box.users, 'user') : 'down';
    }
    case 'as':
      return 'services';
    case 'hss':
      return lab.diameterPeers > 0 ? `${count(lab.diameterPeers, 'peer')} open` : 'no peer';
    case 'relay':
      return lab.relay === 'down' ? 'down' : lab.mediaTransports > 0 ? count(lab.mediaTransports, 'media leg') : 'idle';
    default:
      return '';
  }
}

/** What a live line says about its box, for its colour; the words say it too. */
export function liveTone(words: string): 'good' | 'bad' | 'plain' {
  if (['registered', 'ringing', 'talking'].includes(words)) return 'good';
  return ['down', 'no HSS', 'no peer', 'not reached'].includes(words) ? 'bad' : 'plain';
}
