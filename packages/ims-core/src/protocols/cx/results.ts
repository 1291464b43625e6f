import type { CxResult } from '../../ports/cx-client.ts';

const base = (code: number): CxResult => ({ vendor: 0, code });
const experimental = (code: number): CxResult => ({ vendor: 10415, code });

/** Results that HSS and S-CSCF give over Cx. @see RFC 6733 §7.1, TS 29.229 §6.2 */
export const CxResults = {
  SUCCESS: base(2001),
  LIMITED_SUCCESS: base(2002),
  AUTHORIZATION_REJECTED: base(5003),
  MISSING_AVP: base(5005),
  AVP_OCCURS_TOO_MANY_TIMES: base(5009),
  UNABLE_TO_COMPLY: base(5012),
  FIRST_REGISTRATION: experimental(2001),
  SUBSEQUENT_REGISTRATION: experimental(2002),
  UNREGISTERED_SERVICE: experimental(2003),
  SUCCESS_SERVER_NAME_NOT_STORED: experimental(2004),
  ERROR_USER_UNKNOWN: experimental(5001),
  ERROR_IDENTITIES_DONT_MATCH: experimental(5002),
  ERROR_IDENTITY_NOT_REGISTERED: experimental(5003),
  ERROR_ROAMING_NOT_ALLOWED: experimental(5004),
  ERROR_IDENTITY_ALREADY_REGISTERED: experimental(5005),
  ERROR_AUTH_SCHEME_NOT_SUPPORTED: experimental(5006),
  ERROR_IN_ASSIGNMENT_TYPE: experimental(5007),
  ERROR_TOO_MUCH_DATA: experimental(5008),
  ERROR_NOT_SUPPORTED_USER_DATA: experimental(5009),
} as const satisfies Readonly<Record<string, CxResult>>;
