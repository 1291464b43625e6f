import type { LabState } from '@imslab/ims-core/api/lab-api';
import type { LadderColumn } from '@imslab/ims-core/trace/ladder';
import { BookUser, Compass, Database, DoorOpen, Phone, Shuffle, Waypoints } from 'lucide-react';
import type { ComponentType } from 'react';

const icons: Readonly<Record<string, ComponentType<{ size?: number; 'aria-hidden'?: boolean }>>> = {
  ue: Phone,
  pcscf: DoorOpen,
  icscf: Compass,
  scscf: BookUser,
  hss: Database,
  relay: Shuffle,
};

/** The reference point between two neighbours of the 3GPP picture (TS 23.228 figure 4.0). */
function referencePoint(left: LadderColumn, right: LadderColumn | undefined): string {
  if (right === undefined) return '';
  if (left.node === 'ue' && right.node === 'pcscf') return 'Gm';
  if (left.node === 'pcscf' && right.node === 'icscf') return 'Mw';
  if (left.node === 'icscf' && right.node === 'scscf') return 'Mw';
  if (left.node === 'scscf' && right.node === 'hss') return 'Cx';
  return '';
}

function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`;
}

/** One line of what the box is doing now. */
export function liveWords(column: LadderColumn, lab: LabState | null): string {
  if (lab === null) return 'not connected';
  switch (column.node) {
    case 'ue':
      return lab.registered.some((user) => `ue:${user.imsi}` === column.key) ? 'registered' : 'not registered';
    case 'pcscf':
      return lab.calls > 0 ? count(lab.calls, 'call') : `${count(lab.registeredUsers, 'phone')}`;
    case 'icscf':
      return 'stateless';
    case 'scscf':
      return `${count(lab.registeredUsers, 'user')}`;
    case 'hss':
      return lab.diameterPeers > 0 ? `${count(lab.diameterPeers, 'peer')} open` : 'no peer';
    case 'relay':
      return lab.relay === 'down' ? 'down' : lab.mediaTransports > 0 ? count(lab.mediaTransports, 'media leg') : 'idle';
    default:
      return '';
  }
}

interface Props {
  readonly columns: readonly LadderColumn[];
  readonly lab: LabState | null;
  /** Column that was reached by the newest message: it blinks once. */
  readonly reached: string;
  readonly newest: number;
}

/** The network's boxes with their reference points: the map, and the head of the ladder at once. */
export function LadderHeads({ columns, lab, reached, newest }: Props) {
  return (
    <div className="ladder-heads" aria-hidden="true">
      <div className="ladder-gutter" />
      <div className="ladder-columns">
        {columns.map((column, index) => {
          const Icon = icons[column.node] ?? Waypoints;
          const point = referencePoint(column, columns[index + 1]);
          return (
            <div key={column.key} className="ladder-head" data-node={column.node}>
              <div
                key={reached === column.key ? newest : 0}
                className="ladder-box"
                data-reached={reached === column.key}
              >
                <span className="ladder-box-name">
                  <Icon size={14} aria-hidden /> {column.label}
                </span>
                <span className="ladder-box-state" data-up={liveWords(column, lab) === 'registered'}>
                  {liveWords(column, lab)}
                </span>
              </div>
              {point === '' ? null : (
                <span className="ladder-point" data-point={point}>
                  {point}
                </span>
              )}
            </div>
          );
        })}
      </div>
      <div className="ladder-delta" />
    </div>
  );
}
