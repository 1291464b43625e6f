import { memo } from 'react';
import { durationText, type LadderRow } from './rows.ts';

interface Props {
  readonly row: LadderRow & { readonly kind: 'gap' | 'note' };
  readonly top: number;
}

/** A silence, or a fact that is no message. */
export const BetweenLine = memo(
  function BetweenLine({ row, top }: Props) {
    return (
      <div className="ladder-between" style={{ top }} data-kind={row.kind}>
        {row.kind === 'gap' ? (
          <span>{durationText(row.ms)}</span>
        ) : (
          <span title={row.code}>
            <b>{row.box}</b> {row.text}
          </span>
        )}
      </div>
    );
  },
  (before, now) => before.row.key === now.row.key && before.top === now.top,
);
