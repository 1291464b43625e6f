/** A changed copy of a message, with the list of what was changed and why. */
import type { MessageChange } from '../../trace/event.ts';
import { octetsOf } from './build.ts';
import { splitCommaList } from './comma-list.ts';
import { headerField, singleLine } from './header-field.ts';
import { canonicalName, headerKey, headerRule } from './header-registry.ts';
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
  return headerRule(field.key)?.list === true
    ? splitCommaList(field.value).filter((value) => value !== '')
    : [field.value];
}

/** Collects changes to one message; the message itself is never touched. Each call names its reason, with the clause. */
export class MessageEdit<M extends SipMessage> {
  readonly #original: M;
  readonly #changes: MessageChange[] = [];
  #uri: string;
  #headers: HeaderField[];
  #body: Uint8Array;

  constructor(message: M) {
    this.#original = message;
    this.#uri = message.kind === 'request' ? message.uri : '';
    this.#headers = [...message.headers];
    this.#body = message.body;
  }

  /** The message with all changes so far. */
  get current(): M {
    if (this.#changes.length === 0) {
      return this.#original;
    }
    const original: SipMessage = this.#original;
    const headers = [...this.#headers];
    const body = this.#body;
    const copy: SipMessage =
      original.kind === 'request'
        ? { kind: 'request', method: original.method, uri: this.#uri, headers, body }
        : { kind: 'response', status: original.status, reason: original.reason, headers, body };
    return copy as M;
  }

  /** Replaces the Request-URI; a response has none and stays. */
  requestUri(uri: string, why: string): this {
    const after = singleLine(uri);
    if (this.#original.kind === 'request' && after !== this.#uri) {
      this.#changes.push({ op: 'replace', name: 'Request-URI', before: this.#uri, after, why });
      this.#uri = after;
    }
    return this;
  }

  /** Puts a new line on top of that header's lines; where there are none, on top of all (Via) or after the Vias. */
  prepend(name: string, value: string, why: string): this {
    const key = headerKey(name);
    const first = this.#headers.findIndex((field) => field.key === key);
    const afterVias = key === 'via' ? 0 : this.#headers.findLastIndex((field) => field.key === 'via') + 1;
    return this.#insert(first < 0 ? afterVias : first, name, value, why);
  }

  /** Puts a new line after that header's last one, or at the end. */
  append(name: string, value: string, why: string): this {
    const key = headerKey(name);
    const last = this.#headers.findLastIndex((field) => field.key === key);
    return this.#insert(last < 0 ? this.#headers.length : last + 1, name, value, why);
  }

  /** Leaves exactly one line with this value, at the place of the first. */
  set(name: string, value: string, why: string): this {
    const key = headerKey(name);
    const lines = this.#headers.filter((field) => field.key === key);
    const [first] = lines;
    if (first === undefined) {
      return this.append(name, value, why);
    }
    const replacement = headerField(first.name, value);
    if (lines.length === 1 && first.value === replacement.value) {
      return this;
    }
    this.#headers = this.#headers.flatMap((field) =>
      field === first ? [replacement] : field.key === key ? [] : [field],
    );
    const before = lines.map((field) => field.value).join(', ');
    this.#changes.push({ op: 'replace', name: canonicalName(key), before, after: replacement.value, why });
    return this;
  }

  /** Removes the first value: a comma list loses just that one. */
  removeFirst(name: string, why: string): this {
    return this.#firstValue(name, undefined, why);
  }

  /** Replaces the first value, the rest of its comma list stays; where there is none, it is added. */
  replaceFirst(name: string, value: string, why: string): this {
    const key = headerKey(name);
    return this.#headers.some((field) => field.key === key)
      ? this.#firstValue(name, singleLine(value), why)
      : this.append(name, value, why);
  }

  /** Removes all lines of a header. */
  remove(name: string, why: string): this {
    const key = headerKey(name);
    for (const field of this.#headers) {
      if (field.key === key) {
        this.#changes.push({ op: 'remove', name: canonicalName(name), before: field.value, why });
      }
    }
    this.#headers = this.#headers.filter((field) => field.key !== key);
    return this;
  }

  /** Removes one option tag from all lines of a list header; a line that had nothing else goes too. */
  removeOption(name: string, token: string, why: string): this {
    const key = headerKey(name);
    const unwanted = token.toLowerCase();
    let before: string | undefined;
    this.#headers = this.#headers.flatMap((field) => {
      const values = field.key === key ? valuesOf(field) : [];
      const rest = values.filter((value) => value.toLowerCase() !== unwanted);
      if (rest.length === values.length) {
        return [field];
      }
      before ??= values.find((value) => value.toLowerCase() === unwanted);
      return rest.length === 0 ? [] : [headerField(field.name, rest.join(', '))];
    });
    if (before !== undefined) {
      this.#changes.push({ op: 'remove', name: canonicalName(name), before, why });
    }
    return this;
  }

  /** Replaces the body; its Content-Type too, which goes when it is undefined. Content-Length follows. */
  body(bytes: Uint8Array | string, contentType: string | undefined, why: string): this {
    const after = octetsOf(bytes);
    this.#changes.push({
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

  #insert(at: number, name: string, value: string, why: string): this {
    const field = headerField(name, value);
    this.#headers.splice(at, 0, field);
    this.#changes.push({ op: 'add', name: canonicalName(name), after: field.value, why });
    return this;
  }

  #firstValue(name: string, after: string | undefined, why: string): this {
    const key = headerKey(name);
    const at = this.#headers.findIndex((field) => field.key === key);
    const field = this.#headers[at];
    if (field === undefined) {
      return this;
    }
    const [before = '', ...rest] = valuesOf(field);
    if (before === after) {
      return this;
    }
    const values = after === undefined ? rest : [after, ...rest];
    const replacement = values.length === 0 ? [] : [headerField(field.name, values.join(', '))];
    this.#headers.splice(at, 1, ...replacement);
    const shown = canonicalName(name);
    this.#changes.push(
      after === undefined
        ? { op: 'remove', name: shown, before, why }
        : { op: 'replace', name: shown, before, after, why },
    );
    return this;
  }
}
