/** Reading and changing SIP text on its way between JsSIP and the WebSocket. Header lines are unfolded, as JsSIP and the lab write them. */

const HEAD_END = '\r\n\r\n';

/** One name-addr of a header: what stands in front of, inside and behind its angle brackets. */
export interface NameAddrText {
  readonly displayName: string;
  readonly uri: string;
  /** With the leading semicolon, or empty. */
  readonly params: string;
}

/** Start line of a message. */
export function startLine(text: string): string {
  const end = text.indexOf('\r\n');
  return end < 0 ? text : text.slice(0, end);
}

/** Values of the header lines with one of these names, in order. */
export function headerLines(text: string, ...names: readonly string[]): readonly string[] {
  return headLines(text)
    .slice(1)
    .filter((line) => isNamed(line, names))
    .map((line) => line.slice(line.indexOf(':') + 1).trim());
}

/** The message with each line of these headers changed; the name and the rest of the message stay as they are. */
export function mapHeaderLines(text: string, names: readonly string[], change: (value: string) => string): string {
  const lines = headLines(text).map((line, index) => {
    if (index === 0 || !isNamed(line, names)) return line;
    const colon = line.indexOf(':');
    return `${line.slice(0, colon)}: ${change(line.slice(colon + 1).trim())}`;
  });
  return lines.join('\r\n') + text.slice(headLength(text));
}

/** Values of a comma list; commas inside quotes and angle brackets do not part them. @see RFC 3261 §7.3.1 */
export function listValues(line: string): readonly string[] {
  const values: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  for (let index = 0; index < line.length; index += 1) {
    const char = line[index];
    if (quoted) {
      if (char === '\\') index += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '<') bracketed = true;
    else if (char === '>') bracketed = false;
    else if (char === ',' && !bracketed) {
      values.push(line.slice(start, index).trim());
      start = index + 1;
    }
  }
  values.push(line.slice(start).trim());
  return values.filter((value) => value !== '');
}

/** Parts of a name-addr or addr-spec. @see RFC 3261 §20.10 */
export function nameAddr(value: string): NameAddrText {
  const bracketed = /^\s*("(?:[^"\\]|\\.)*"|[^<"]*)\s*<([^>]*)>(.*)$/s.exec(value);
  if (bracketed) {
    const [, name = '', uri = '', params = ''] = bracketed;
    return { displayName: unquote(name.trim()), uri: uri.trim(), params: params.trim() };
  }
  const semicolon = value.indexOf(';');
  if (semicolon < 0) return { displayName: '', uri: value.trim(), params: '' };
  return { displayName: '', uri: value.slice(0, semicolon).trim(), params: value.slice(semicolon).trim() };
}

/** Value of a header parameter, unquoted; empty for a flag, undefined when it is not there. */
export function headerParam(params: string, name: string): string | undefined {
  for (const [, key = '', quoted, plain] of params.matchAll(
    /;\s*([^=;\s]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*)))?/g,
  )) {
    if (key.toLowerCase() === name.toLowerCase()) return (quoted ?? plain ?? '').trim();
  }
  return undefined;
}

function headLength(text: string): number {
  const end = text.indexOf(HEAD_END);
  return end < 0 ? text.length : end;
}

function headLines(text: string): readonly string[] {
  return text.slice(0, headLength(text)).split('\r\n');
}

function isNamed(line: string, names: readonly string[]): boolean {
  const name = line
    .slice(0, Math.max(0, line.indexOf(':')))
    .trim()
    .toLowerCase();
  return names.some((candidate) => candidate.toLowerCase() === name);
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
}
