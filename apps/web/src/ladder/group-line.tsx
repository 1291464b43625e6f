import type { GroupOutcome, LadderGroup } from '@imslab/ims-core/trace/correlate';
import { ChevronDown, ChevronRight, Eye } from 'lucide-react';
import { memo, useEffect, useState } from 'react';
import { dialogHue } from './dialog-hue.ts';
import { groupSummary } from './rows.ts';
import { toggleGroup, toggleWatches } from './trace-store.ts';

/** How often the line of a running call counts on, milliseconds. */
const TICK_MS = 1_000;

interface Props {
  /** It grows in place: `events` and what follows tell when it did. */
  readonly group: LadderGroup;
  readonly events: number;
  readonly title: string;
  readonly outcome: GroupOutcome;
  readonly open: boolean;
  readonly watches: number;
  readonly watchesOpen: boolean;
  readonly top: number;
  /** Its own line and its rows, pixels: so far it stays under the heads. */
  readonly height: number;
}

/** The heading of what belongs together; it opens and closes it, and stays in view while its events pass. */
export const GroupLine = memo(function GroupLine(props: Props) {
  const { group, title, outcome, open, watches, watchesOpen, top, height } = props;
  useTick(group.kind === 'call' && outcome === 'running');
  const Chevron = open ? ChevronDown : ChevronRight;
  return (
    <div className="ladder-span" style={{ top, height }}>
      <div className="ladder-group" data-outcome={outcome} data-dialog={dialogHue(group.letter)}>
        <div className="ladder-group-line">
          <h3>
            <button type="button" className="ladder-toggle" aria-expanded={open} onClick={() => toggleGroup(group.id)}>
              <Chevron size={14} aria-hidden />
              {group.letter === '' ? null : <span className="ladder-letter">{group.letter}</span>}
              <span className="ladder-group-title">{title}</span>
              <span className="ladder-group-summary">{groupSummary(group, Date.now())}</span>
            </button>
          </h3>
          {watches === 0 ? null : (
            <button
              type="button"
              className="ladder-watches"
              aria-expanded={watchesOpen}
              title="Who watches this registration: SUBSCRIBE and NOTIFY of the event package reg (RFC 3680)"
              onClick={() => toggleWatches(group.id)}
            >
              <Eye size={14} aria-hidden />
              <span>
                {watches} <span className="ladder-watches-word">{watches === 1 ? 'watch' : 'watches'}</span>
                <span className="visually-hidden"> of this registration</span>
              </span>
            </button>
          )}
        </div>
      </div>
    </div>
  );
});

/** Draws the component again once a second while `running`. */
function useTick(running: boolean): void {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => tick((ticks) => ticks + 1), TICK_MS);
    return () => clearInterval(timer);
  }, [running]);
}
