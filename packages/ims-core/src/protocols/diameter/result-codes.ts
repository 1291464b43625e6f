import { VENDOR_3GPP } from './avp-rule.ts';

/** One result. Base numbers (vendor 0) and 3GPP numbers (vendor 10415) overlap: the key is always both. */
export interface ResultRule {
  readonly vendor: number;
  readonly code: number;
  readonly name: string;
  /** One line for a person who meets it for the first time. */
  readonly text: string;
  readonly reference: string;
}

/** Result-Codes of the base protocol that the lab itself sends. @see RFC 6733 §7.1 */
export const ResultCode = {
  SUCCESS: 2001,
  COMMAND_UNSUPPORTED: 3001,
  UNABLE_TO_DELIVER: 3002,
  REALM_NOT_SERVED: 3003,
  TOO_BUSY: 3004,
  APPLICATION_UNSUPPORTED: 3007,
  INVALID_HDR_BITS: 3008,
  INVALID_AVP_BITS: 3009,
  AVP_UNSUPPORTED: 5001,
  INVALID_AVP_VALUE: 5004,
  MISSING_AVP: 5005,
  AVP_OCCURS_TOO_MANY_TIMES: 5009,
  NO_COMMON_APPLICATION: 5010,
  UNABLE_TO_COMPLY: 5012,
  INVALID_BIT_IN_HEADER: 5013,
  INVALID_AVP_LENGTH: 5014,
  NO_COMMON_SECURITY: 5017,
} as const;
export type ResultCode = (typeof ResultCode)[keyof typeof ResultCode];

function base(code: number, name: string, text: string): ResultRule {
  const family = Math.floor(code / 1000);
  return { vendor: 0, code, name: `DIAMETER_${name}`, text, reference: `RFC 6733 §7.1.${family}` };
}

function cx(code: number, name: string, text: string, section: string): ResultRule {
  return { vendor: VENDOR_3GPP, code, name: `DIAMETER_${name}`, text, reference: `TS 29.229 ${section}` };
}

export const resultRules: readonly ResultRule[] = [
  base(1001, 'MULTI_ROUND_AUTH', 'A further round is needed.'),
  base(2001, 'SUCCESS', 'Done.'),
  base(2002, 'LIMITED_SUCCESS', 'Done in part; more is needed before service is given.'),
  base(3001, 'COMMAND_UNSUPPORTED', 'The peer does not know this command.'),
  base(3002, 'UNABLE_TO_DELIVER', 'Nobody is there who could take the request.'),
  base(3003, 'REALM_NOT_SERVED', 'The peer does not serve the Destination-Realm.'),
  base(3004, 'TOO_BUSY', 'The peer has too much to do now.'),
  base(3005, 'LOOP_DETECTED', 'The request came by here before.'),
  base(3006, 'REDIRECT_INDICATION', 'Ask the Redirect-Host instead.'),
  base(3007, 'APPLICATION_UNSUPPORTED', 'The peer does not speak this application.'),
  base(3008, 'INVALID_HDR_BITS', 'The flags of the header do not fit one another.'),
  base(3009, 'INVALID_AVP_BITS', 'The flags of an AVP are not allowed.'),
  base(3010, 'UNKNOWN_PEER', 'The peer does not want a connection from this node.'),
  base(4001, 'AUTHENTICATION_REJECTED', 'The user could not be authenticated.'),
  base(4002, 'OUT_OF_SPACE', 'The peer could not store it.'),
  base(4003, 'ELECTION_LOST', 'Both sides connected at once; this connection goes.'),
  base(5001, 'AVP_UNSUPPORTED', 'An AVP with the M bit is not known.'),
  base(5002, 'UNKNOWN_SESSION_ID', 'No such session.'),
  base(5003, 'AUTHORIZATION_REJECTED', 'The user may not do this.'),
  base(5004, 'INVALID_AVP_VALUE', 'An AVP holds a value that is not allowed.'),
  base(5005, 'MISSING_AVP', 'An AVP that must be there is not.'),
  base(5006, 'RESOURCES_EXCEEDED', 'The user has used up what is allowed.'),
  base(5007, 'CONTRADICTING_AVPS', 'Two AVPs contradict each other.'),
  base(5008, 'AVP_NOT_ALLOWED', 'An AVP is not allowed here.'),
  base(5009, 'AVP_OCCURS_TOO_MANY_TIMES', 'An AVP stands there more often than allowed.'),
  base(5010, 'NO_COMMON_APPLICATION', 'The peers have no application in common.'),
  base(5011, 'UNSUPPORTED_VERSION', 'The version of the header is not 1.'),
  base(5012, 'UNABLE_TO_COMPLY', 'It did not work, for a reason that has no number of its own.'),
  base(5013, 'INVALID_BIT_IN_HEADER', 'A reserved bit of the header is set.'),
  base(5014, 'INVALID_AVP_LENGTH', 'The length of an AVP is impossible.'),
  base(5015, 'INVALID_MESSAGE_LENGTH', 'The length of the message is impossible.'),
  base(5017, 'NO_COMMON_SECURITY', 'The peers have no security mechanism in common.'),
  cx(2001, 'FIRST_REGISTRATION', 'The user has no S-CSCF yet: choose one.', '6.2.1.1'),
  cx(2002, 'SUBSEQUENT_REGISTRATION', 'The user has an S-CSCF: use it.', '6.2.1.2'),
  cx(2003, 'UNREGISTERED_SERVICE', 'Not registered, but has services for that case: choose an S-CSCF.', '6.2.1.3'),
  cx(2004, 'SUCCESS_SERVER_NAME_NOT_STORED', 'De-registered; the S-CSCF is not remembered.', '6.2.1.4'),
  cx(5001, 'ERROR_USER_UNKNOWN', 'No such user.', '6.2.2.1'),
  cx(5002, 'ERROR_IDENTITIES_DONT_MATCH', 'The public identity does not belong to the private one.', '6.2.2.2'),
  cx(5003, 'ERROR_IDENTITY_NOT_REGISTERED', 'The identity is not registered.', '6.2.2.3'),
  cx(5004, 'ERROR_ROAMING_NOT_ALLOWED', 'The user may not register from that network.', '6.2.2.4'),
  cx(5005, 'ERROR_IDENTITY_ALREADY_REGISTERED', 'Another S-CSCF serves the identity.', '6.2.2.5'),
  cx(5006, 'ERROR_AUTH_SCHEME_NOT_SUPPORTED', 'The HSS can not authenticate the user this way.', '6.2.2.6'),
  cx(5007, 'ERROR_IN_ASSIGNMENT_TYPE', 'The Server-Assignment-Type does not fit the state of the user.', '6.2.2.7'),
  cx(5008, 'ERROR_TOO_MUCH_DATA', 'The profile is larger than the S-CSCF can hold.', '6.2.2.8'),
  cx(5009, 'ERROR_NOT_SUPPORTED_USER_DATA', 'The S-CSCF does not understand the profile.', '6.2.2.9'),
  cx(5011, 'ERROR_FEATURE_UNSUPPORTED', 'A feature that the request needs is not supported.', '6.2.2.10'),
  cx(5012, 'ERROR_SERVING_NODE_FEATURE_UNSUPPORTED', 'The serving node does not support a needed feature.', '6.2.2.11'),
];

const rulesByKey: ReadonlyMap<string, ResultRule> = new Map(
  resultRules.map((rule) => [`${rule.vendor}:${rule.code}`, rule]),
);

/** The row of a result, by vendor (0 for Result-Code) and number. */
export function resultRule(vendor: number, code: number): ResultRule | undefined {
  return rulesByKey.get(`${vendor}:${code}`);
}

/** True for protocol errors (3xxx of the base), the only answers that carry the E bit. @see RFC 6733 §7.1.3 */
export function isProtocolError(code: number): boolean {
  return code >= 3000 && code < 4000;
}
