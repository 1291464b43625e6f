/** A changed copy of a message, with the list of what was changed and why. */
import type { MessageChange } from '../../trace/event.ts';
import { octetsOf } from './build.ts';
import { commaListValues } from './comma-list.ts';
import { headerField, singleLine } from './header-field.ts';
import { canonicalName, headerKey, isCommaList } from './header-registry.ts';
import type { HeaderField, SipMessage } from './message.ts';

export interface Edited<M extends SipMessage> {
  readonly message: M;
  readonly changes: readonly MessageChange[];
}

/** A message that goes on as it came. */
export function unchanged<M extends SipMessage>(message: M): Edited<M> {
  return { message, changes: [] };
}

const bodyDecoder = new TextDecoder();

/** Values of one line: split when the header is a comma list. */
function valuesOf(field: HeaderField): readonly string[] {
  return isCommaList(field.key) ? commaListValues(field.value) : [field.value];
}

/** Collects changes to one message; the message itself is never touched. Each call names its reason, with the clause. */
export class MessageEdit<M extends SipMessage> {
  readonly #original: M;
  readonly #changes: MessageChange[] = [];
  #uri: string;
  #headers: readonly HeaderField[];
  /** The same fields while no message that was given away has them; undefined when they have to be copied before a change. */
  #own: HeaderField[] | undefined = undefined;
  #body: Uint8Array;
  /** The message with the changes so far, once it was asked for. */
  #current: M | undefined;

  constructor(message: M) {
    this.#original = message;
    this.#uri = message.kind === 'request' ? message.uri : '';
    this.#headers = message.headers;
    this.#body = message.body;
    this.#current = message;
  }

  /** The message with all changes so far. */
  get current(): M {
    if (this.#current === undefined) {
      const original: SipMessage = this.#original;
      const headers = this.#headers;
      const body = this.#body;
      const copy: SipMessage =
        original.kind === 'request'
          ? { kind: 'request', method: original.method, uri: this.#uri, headers, body }
          : { kind: 'response', status: original.status, reason: original.reason, headers, body };
      this.#current = copy as M;
      this.#own = undefined;
    }
    return this.#current;
  }

  /** Replaces the Request-URI; a response has none and stays. */
  requestUri(uri: string, why: string): this {
    const after = singleLine(uri);
    if (this.#original.kind === 'request' && after !== this.#uri) {
      this.#record({ op: 'replace', name: 'Request-URI', before: this.#uri, after, why });
      this.#uri = after;
    }
    return this;
  }

  /** Puts a new line on top of that header's lines; where there are none, on top of all (Via) or after the Vias. */
  prepend(name: string, value: string, why: string): this {
    const key = headerKey(name);
    const first = this.#firstOf(key);
    const afterVias = key === 'via' ? 0 : this.#lastOf('via') + 1;
    return this.#insert(first < 0 ? afterVias : first, headerField(name, value, key), why);
  }

  /** Puts a new line after that header's last one, or at the end. */
  append(name: string, value: string, why: string): this {
    const key = headerKey(name);
    const last = this.#lastOf(key);
    return this.#insert(last < 0 ? this.#headers.length : last + 1, headerField(name, value, key), why);
  }

  /** Leaves exactly one line with this value, at the place of the first. */
  set(name: string, value: string, why: string): this {
    const key = headerKey(name);
    const at = this.#firstOf(key);
    const first = this.#headers[at];
    if (first === undefined) {
      return this.append(name, value, why);
    }
    const isOnly = this.#lastOf(key) === at;
    const replacement = headerField(first.name, value, key);
    if (isOnly && first.value === replacement.value) {
      return this;
    }
    let before = first.value;
    this.#fields()[at] = replacement;
    if (!isOnly) {
      const others = this.#headers.filter((field) => field.key === key && field !== replacement);
      before = [before, ...others.map((field) => field.value)].join(', ');
      this.#keep((field) => field.key !== key || field === replacement);
    }
    return this.#record({ op: 'replace', name: canonicalName(key), before, after: replacement.value, why });
  }

  /** Removes the first value: a comma list loses just that one. */
  removeFirst(name: string, why: string): this {
    return this.#firstValue(name, undefined, why);
  }

  /** Replaces the first value, the rest of its comma list stays; where there is none, it is added. */
  replaceFirst(name: string, value: string, why: string): this {
    return this.#firstOf(headerKey(name)) < 0
      ? this.append(name, value, why)
      : this.#firstValue(name, singleLine(value), why);
  }

  /** Removes all lines of a header. */
  remove(name: string, why: string): this {
    const key = headerKey(name);
    if (this.#firstOf(key) < 0) {
      return this;
    }
    for (const field of this.#headers) {
      if (field.key === key) {
        this.#record({ op: 'remove', name: canonicalName(name), before: field.value, why });
      }
    }
    return this.#keep((field) => field.key !== key);
  }

  /** Removes one option tag from all lines of a list header; a line that had nothing else goes too. */
  removeOption(name: string, token: string, why: string): this {
    const key = headerKey(name);
    const unwanted = token.toLowerCase();
    let before: string | undefined;
    for (let at = this.#lastOf(key); at >= 0; at -= 1) {
      const field = this.#headers[at];
      const values = field?.key === key ? valuesOf(field) : [];
      const rest = values.filter((value) => value.toLowerCase() !== unwanted);
      if (field === undefined || rest.length === values.length) {
        continue;
      }
      before = values.find((value) => value.toLowerCase() === unwanted);
      this.#replaceLine(at, rest);
    }
    return before === undefined ? this : this.#record({ op: 'remove', name: canonicalName(name), before, why });
  }

  /** Replaces the body; its Content-Type too, which goes when it is undefined. Content-Length follows. */
  body(bytes: Uint8Array | string, contentType: string | undefined, why: string): this {
    const after = octetsOf(bytes);
    this.#record({
      op: 'replace',
      name: 'body',
      before: bodyDecoder.decode(this.#body),
      after: bodyDecoder.decode(after),
      why,
    });
    this.#body = after;
    if (contentType === undefined) {
      this.remove('Content-Type', why);
    } else {
      this.set('Content-Type', contentType, why);
    }
    return this.set('Content-Length', String(after.length), why);
  }

  done(): Edited<M> {
    return { message: this.current, changes: [...this.#changes] };
  }

  #firstOf(key: string): number {
    const headers = this.#headers;
    for (let at = 0; at < headers.length; at += 1) {
      if (headers[at]!.key === key) {
        return at;
      }
    }
    return -1;
  }

  #lastOf(key: string): number {
    const headers = this.#headers;
    let at = headers.length - 1;
    while (at >= 0 && headers[at]!.key !== key) {
      at -= 1;
    }
    return at;
  }

  /** The fields, to be changed. */
  #fields(): HeaderField[] {
    if (this.#own === undefined) {
      this.#own = [...this.#headers];
      this.#headers = this.#own;
    }
    return this.#own;
  }

  #keep(isKept: (field: HeaderField) => boolean): this {
    this.#own = this.#headers.filter(isKept);
    this.#headers = this.#own;
    return this;
  }

  #record(change: MessageChange): this {
    this.#changes.push(change);
    this.#current = undefined;
    return this;
  }

  #insert(at: number, field: HeaderField, why: string): this {
    this.#fields().splice(at, 0, field);
    return this.#record({ op: 'add', name: canonicalName(field.name), after: field.value, why });
  }

  /** Gives the line at this place other values; without any it goes. */
  #replaceLine(at: number, values: readonly string[]): void {
    const fields = this.#fields();
    const { name, key } = fields[at]!;
    if (values.length === 0) {
      fields.splice(at, 1);
    } else {
      fields[at] = headerField(name, values.join(', '), key);
    }
  }

  #firstValue(name: string, after: string | undefined, why: string): this {
    const at = this.#firstOf(headerKey(name));
    const field = this.#headers[at];
    if (field === undefined) {
      return this;
    }
    const values = valuesOf(field);
    const before = values[0] ?? '';
    if (before === after) {
      return this;
    }
    const rest = values.slice(1);
    this.#replaceLine(at, after === undefined ? rest : [after, ...rest]);
    const shown = canonicalName(name);
    return this.#record(
      after === undefined
        ? { op: 'remove', name: shown, before, why }
        : { op: 'replace', name: shown, before, after, why },
    );
  }
}
