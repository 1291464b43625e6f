import type { LabState } from '@imslab/ims-core/api/lab-api';
import type { LadderColumn } from '@imslab/ims-core/trace/ladder';
import { Blocks, BookUser, Compass, Database, DoorOpen, Phone, Shuffle, Waypoints } from 'lucide-react';
import { type ComponentType, memo } from 'react';
import { liveTone, liveWords } from './live-words.ts';

const icons: Readonly<Record<string, ComponentType<{ size?: number; 'aria-hidden'?: boolean }>>> = {
  ue: Phone,
  pcscf: DoorOpen,
  icscf: Compass,
  scscf: BookUser,
  as: Blocks,
  hss: Database,
  relay: Shuffle,
};

/** The reference point between two neighbours of the 3GPP picture (TS 23.228 figure 4.0). */
function referencePoint(left: LadderColumn, right: LadderColumn | undefined): string {
  if (right === undefined) return '';
  if (left.node === 'ue' && right.node === 'pcscf') return 'Gm';
  if (left.node === 'pcscf' && right.node === 'icscf') return 'Mw';
  if (left.node === 'icscf' && right.node === 'scscf') return 'Mw';
  if (left.node === 'scscf' && right.node === 'as') return 'ISC';
  if (left.node === 'scscf' && right.node === 'hss') return 'Cx';
  return '';
}

interface Props {
  readonly columns: readonly LadderColumn[];
  /** Null while the gateway is not reached. */
  readonly lab: LabState | null;
  /** What the UEs of running calls are doing, by IMSI. */
  readonly calls: ReadonlyMap<string, string>;
  /** Column that was reached by the newest message: it blinks once. */
  readonly reached: string;
  readonly newest: number;
}

/** The network's boxes with their reference points: the map, and the head of the ladder at once. */
export const LadderHeads = memo(function LadderHeads({ columns, lab, calls, reached, newest }: Props) {
  return (
    <div className="ladder-heads">
      <div className="ladder-gutter" />
      <ul className="ladder-columns" aria-label="Boxes of the network">
        {columns.map((column, index) => {
          const Icon = icons[column.node] ?? Waypoints;
          const point = referencePoint(column, columns[index + 1]);
          const words = liveWords(column, lab, calls);
          return (
            <li key={column.key} className="ladder-head" data-node={column.node}>
              <div
                key={reached === column.key ? newest : 0}
                className="ladder-box"
                data-reached={reached === column.key}
              >
                <span className="ladder-box-name">
                  <Icon size={14} aria-hidden /> {column.node === 'relay' ? 'Relay' : column.label}
                </span>
                <span className="ladder-box-state" data-tone={liveTone(words)}>
                  {words}
                </span>
              </div>
              {point === '' ? null : (
                <span className="ladder-point" data-point={point} aria-hidden="true">
                  <span className="ladder-point-name">{point}</span>
                </span>
              )}
            </li>
          );
        })}
        {/* The P-CSCF controls the media relay (TS 23.334). */}
        <Wire columns={columns} from="pcscf" to="relay" name="Iq" side="below" />
        {columns.some(({ node }) => node === 'as') ? (
          <Wire columns={columns} from="scscf" to="hss" name="Cx" side="above" />
        ) : null}
      </ul>
      <div className="ladder-delta" />
    </div>
  );
});

interface WireProps {
  readonly columns: readonly LadderColumn[];
  readonly from: LadderColumn['node'];
  readonly to: LadderColumn['node'];
  readonly name: string;
  readonly side: 'above' | 'below';
}

/** A reference point between boxes that are no neighbours: a wire that passes those between them. */
function Wire({ columns, from, to, name, side }: WireProps) {
  const center = (node: LadderColumn['node']) =>
    ((columns.findLastIndex((column) => column.node === node) + 0.5) / columns.length) * 100;
  return (
    <li
      className="ladder-wire"
      data-side={side}
      aria-hidden="true"
      style={{ left: `${center(from)}%`, width: `${center(to) - center(from)}%` }}
    >
      <span className="ladder-wire-name">{name}</span>
    </li>
  );
}
