import { createContext, type FocusEvent, type KeyboardEvent, type MouseEvent, useContext, useState } from 'react';

/** What the inspector's foot line says: a name, and what it is. */
export interface Explanation {
  readonly name: string;
  readonly text: string;
}

/** Shows an explanation at the inspector's foot; null takes it away. */
export const ExplainContext = createContext<(explanation: Explanation | null) => void>(() => {});

/** Name of the attribute that marks a row that can be explained, with its place among them. */
const ROW = 'data-row';

/**
 * A list of rows that explain themselves under the pointer and under the focus. Tab enters it once, the arrow keys go on.
 * `listProps` belong to the list, `rowProps` to each row.
 */
export function useExplainedRows() {
  const explain = useContext(ExplainContext);
  const [stop, setStop] = useState(0);

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const rows = [...event.currentTarget.querySelectorAll<HTMLElement>(`[${ROW}]`)];
    const at = rows.findIndex((row) => row === event.target);
    const next = { ArrowDown: rows[at + 1], ArrowUp: rows[at - 1], Home: rows[0], End: rows.at(-1) }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    next.focus();
  };

  const rowProps = (index: number, explanation: Explanation) => ({
    [ROW]: index,
    tabIndex: index === stop ? 0 : -1,
    onMouseEnter: (_: MouseEvent) => explain(explanation),
    onMouseLeave: (_: MouseEvent) => explain(null),
    onFocus: (event: FocusEvent) => {
      event.stopPropagation();
      setStop(index);
      explain(explanation);
    },
    onBlur: () => explain(null),
  });
  return { listProps: { onKeyDown }, rowProps };
}
