import type { SipParseError } from './errors.ts';

/** Status of a request with such an error, when it can be answered at all (RFC 3261 §21). */
export const parseErrorStatus = {
  SIP_PARSE_EMPTY: 400,
  SIP_PARSE_START_LINE: 400,
  SIP_PARSE_STATUS_CODE: 400,
  SIP_PARSE_VERSION: 505,
  SIP_PARSE_REQUEST_URI: 400,
  SIP_PARSE_REQUEST_URI_TOO_LONG: 414,
  SIP_PARSE_LINE_END: 400,
  SIP_PARSE_END_OF_HEADERS: 400,
  SIP_PARSE_HEADER_MISSING: 400,
  SIP_PARSE_HEADER_REPEATED: 400,
  SIP_PARSE_VIA: 400,
  SIP_PARSE_NAME_ADDR: 400,
  SIP_PARSE_URI: 400,
  SIP_PARSE_AUTH: 400,
  SIP_PARSE_CALL_ID: 400,
  SIP_PARSE_CSEQ: 400,
  SIP_PARSE_CSEQ_METHOD: 400,
  SIP_PARSE_MAX_FORWARDS: 400,
  SIP_PARSE_CONTENT_LENGTH: 400,
  SIP_PARSE_BODY_LENGTH: 400,
  SIP_PARSE_MESSAGE_TOO_LARGE: 513,
  SIP_PARSE_TOO_MANY_HEADERS: 513,
  SIP_PARSE_HEADER_TOO_LONG: 513,
  SIP_PARSE_TOO_MANY_VIAS: 513,
} as const;

export type SipParseCode = keyof typeof parseErrorStatus;

/** A parse error whose code is one of the table. */
export interface CodedParseError extends SipParseError {
  readonly code: SipParseCode;
}

export interface ParseFailure {
  readonly ok: false;
  readonly error: CodedParseError;
}

export function parseError(
  code: SipParseCode,
  offset: number,
  header: string,
  reference: string,
  text: string,
): CodedParseError {
  return { code, offset, header, reference, text };
}

export function parseFailure(
  code: SipParseCode,
  offset: number,
  header: string,
  reference: string,
  text: string,
): ParseFailure {
  return { ok: false, error: parseError(code, offset, header, reference, text) };
}
