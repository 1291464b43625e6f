/** What is wrong with a message, where, and by which clause. Parsers return it, they never throw. */
export interface SipParseError {
  /** Stable: `SIP_PARSE_START_LINE`, `SIP_PARSE_CONTENT_LENGTH`, ... listed in docs/errors.md. */
  readonly code: string;
  /** Octet in the message at which it shows. */
  readonly offset: number;
  /** Canonical header name, `Request-URI`, `start line` or `body`. */
  readonly header: string;
  /** For example `RFC 3261 §7.1`. */
  readonly reference: string;
  /** One sentence for people. */
  readonly text: string;
}

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: SipParseError };
