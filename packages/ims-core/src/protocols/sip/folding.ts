import { SPACE, skipSpace, TAB } from './token.ts';

/** Without spaces and tabs at both ends, in time that grows with the text alone. */
function trimmed(line: string): string {
  const start = skipSpace(line, 0);
  let end = line.length;
  while (end > start && (line.charCodeAt(end - 1) === SPACE || line.charCodeAt(end - 1) === TAB)) end -= 1;
  return line.slice(start, end);
}

/** The value on one line: each line end and the white space around it is one space. @see RFC 3261 §7.3.1 */
export function unfolded(value: string): string {
  return value
    .split(/[\r\n]+/)
    .map(trimmed)
    .join(' ');
}
