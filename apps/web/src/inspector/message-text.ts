import { headerRule } from '@imslab/ims-core/protocols/sip/header-registry';
import { parseMessage } from '@imslab/ims-core/protocols/sip/parse';

/** A header line of a message: where its name and its value stand in the text as it was sent. */
export interface HeaderLine {
  readonly name: string;
  /** Unfolded. */
  readonly value: string;
  /** The line as sent from the colon on, folds and its line end included. */
  readonly rest: string;
}

/** A SIP message's text in its parts: `start` + every name and rest + `body` is the text again. */
export interface MessageText {
  readonly start: string;
  readonly headers: readonly HeaderLine[];
  /** With the empty line before it. */
  readonly body: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Takes the text of a message apart by the parser's offsets; undefined when it is none, such as garbage that was refused. */
export function messageText(raw: string): MessageText | undefined {
  const octets = encoder.encode(raw);
  const parsed = parseMessage(octets);
  if (!parsed.ok) return undefined;
  const fields = parsed.value.headers.filter((field) => field.offset >= 0);
  const text = (from: number, to?: number) => decoder.decode(octets.subarray(from, to));
  const first = fields[0]?.offset ?? octets.length;
  const headers = fields.map((field, index) => {
    const next = fields[index + 1]?.offset ?? lineEnd(octets, field.end);
    const line = text(field.offset, next);
    return { name: field.name, value: field.value, rest: line.slice(field.name.length) };
  });
  const last = fields.at(-1);
  return { start: text(0, first), headers, body: text(last === undefined ? first : lineEnd(octets, last.end)) };
}

/** First octet after the line that ends at or after `at`. */
function lineEnd(octets: Uint8Array, at: number): number {
  const feed = octets.indexOf(0x0a, at);
  return feed < 0 ? octets.length : feed + 1;
}

/** What a header is for, in one line with its clause; empty when this lab does not know it. */
export function headerExplanation(name: string): string {
  const rule = headerRule(name);
  return rule === undefined ? '' : `${rule.text} ${rule.reference}`;
}
