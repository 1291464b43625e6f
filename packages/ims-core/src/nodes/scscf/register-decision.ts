/**
 * What a REGISTER brings:
 * `none` no credentials or an empty nonce; `response` a digest; `empty response` the UE could not verify the network (wrong MAC);
 * `auts` the card asks for resynchronisation; `auth-done` the P-CSCF vouches for the de-registration of a UE that it lost;
 * `auth-done elsewhere` the same word from anybody else.
 * @see TS 33.203 §6.1, TS 24.229 5.4.1.2
 */
export type Credentials = 'none' | 'response' | 'empty response' | 'auts' | 'auth-done' | 'auth-done elsewhere';

/**
 * How it fits to the challenge that is under way:
 * `none` there is none; `answered` same nonce, Call-ID, public identity and algorithm; `mismatched` same nonce, but one of the others differs;
 * `reused` the nonce with which a phone registered by its password, and a higher count than before; `spent` the same nonce, but the count is not higher;
 * `unknown` another nonce.
 */
export type ChallengeFit = 'none' | 'answered' | 'mismatched' | 'reused' | 'spent' | 'unknown';

export type RegisterAction =
  | 'challenge' // MAR, 401
  | 'challenge stale' // the same with stale=true: the nonce is not (or no longer) one of ours; with a password only when the digest is right
  | 'verify' // compare the response with the challenge, or with the nonce that is used again; right: accept, wrong: fail
  | 'resynchronise' // MAR with RAND and AUTS, 401
  | 'fail' // SAR AUTHENTICATION_FAILURE, 403
  | 'accept' // SAR, 200
  | 'refuse'; // 403, the HSS is not asked

/** In the order in which the table lists them. */
export const credentialKinds: readonly Credentials[] = [
  'none',
  'response',
  'empty response',
  'auts',
  'auth-done',
  'auth-done elsewhere',
];
export const challengeFits: readonly ChallengeFit[] = ['none', 'answered', 'mismatched', 'reused', 'spent', 'unknown'];

export interface DecisionRow {
  readonly credentials: Credentials;
  readonly challenge: ChallengeFit;
  readonly action: RegisterAction;
  readonly clause: string;
}

/**
 * Every pair of credentials and challenge, and what the S-CSCF does.
 *
 * Deviation: TS 24.229 5.4.1.2.2 takes a REGISTER that came over the IPsec security association (`integrity-protected="yes"`) without a challenge, and
 * refuses there an unknown contact (403) or user (500). Without security associations every REGISTER is challenged, and may bring a new contact.
 * @see TS 33.203 §6.1, TS 24.229 5.4.1.2
 */
export const decisionTable: readonly DecisionRow[] = [
  { credentials: 'none', challenge: 'none', action: 'challenge', clause: 'TS 24.229 5.4.1.2.1' },
  { credentials: 'none', challenge: 'answered', action: 'challenge', clause: 'TS 24.229 5.4.1.2.1' },
  { credentials: 'none', challenge: 'mismatched', action: 'challenge', clause: 'TS 24.229 5.4.1.2.1' },
  { credentials: 'none', challenge: 'reused', action: 'challenge', clause: 'TS 24.229 5.4.1.2.1' },
  { credentials: 'none', challenge: 'spent', action: 'challenge', clause: 'TS 24.229 5.4.1.2.1' },
  { credentials: 'none', challenge: 'unknown', action: 'challenge', clause: 'TS 24.229 5.4.1.2.1' },
  { credentials: 'response', challenge: 'none', action: 'challenge stale', clause: 'RFC 7616 §3.3' },
  { credentials: 'response', challenge: 'answered', action: 'verify', clause: 'TS 24.229 5.4.1.2.2' },
  { credentials: 'response', challenge: 'mismatched', action: 'fail', clause: 'TS 24.229 5.4.1.2.3' },
  { credentials: 'response', challenge: 'reused', action: 'verify', clause: 'TS 33.203 N.2.1' },
  { credentials: 'response', challenge: 'spent', action: 'challenge stale', clause: 'RFC 7616 §3.4' },
  { credentials: 'response', challenge: 'unknown', action: 'challenge stale', clause: 'RFC 7616 §3.3' },
  { credentials: 'empty response', challenge: 'none', action: 'challenge', clause: 'TS 24.229 5.4.1.2.1' },
  { credentials: 'empty response', challenge: 'answered', action: 'fail', clause: 'TS 33.203 §6.1.2.2' },
  { credentials: 'empty response', challenge: 'mismatched', action: 'fail', clause: 'TS 24.229 5.4.1.2.3' },
  { credentials: 'empty response', challenge: 'reused', action: 'challenge', clause: 'TS 24.229 5.4.1.2.1' },
  { credentials: 'empty response', challenge: 'spent', action: 'challenge', clause: 'TS 24.229 5.4.1.2.1' },
  { credentials: 'empty response', challenge: 'unknown', action: 'challenge', clause: 'TS 24.229 5.4.1.2.1' },
  { credentials: 'auts', challenge: 'none', action: 'challenge stale', clause: 'RFC 7616 §3.3' },
  { credentials: 'auts', challenge: 'answered', action: 'resynchronise', clause: 'TS 33.203 §6.1.3' },
  { credentials: 'auts', challenge: 'mismatched', action: 'fail', clause: 'TS 24.229 5.4.1.2.3' },
  { credentials: 'auts', challenge: 'reused', action: 'challenge stale', clause: 'RFC 7616 §3.3' },
  { credentials: 'auts', challenge: 'spent', action: 'challenge stale', clause: 'RFC 7616 §3.3' },
  { credentials: 'auts', challenge: 'unknown', action: 'challenge stale', clause: 'RFC 7616 §3.3' },
  { credentials: 'auth-done', challenge: 'none', action: 'accept', clause: 'TS 33.203 P.3' },
  { credentials: 'auth-done', challenge: 'answered', action: 'accept', clause: 'TS 33.203 P.3' },
  { credentials: 'auth-done', challenge: 'mismatched', action: 'accept', clause: 'TS 33.203 P.3' },
  { credentials: 'auth-done', challenge: 'reused', action: 'accept', clause: 'TS 33.203 P.3' },
  { credentials: 'auth-done', challenge: 'spent', action: 'accept', clause: 'TS 33.203 P.3' },
  { credentials: 'auth-done', challenge: 'unknown', action: 'accept', clause: 'TS 33.203 P.3' },
  { credentials: 'auth-done elsewhere', challenge: 'none', action: 'refuse', clause: 'TS 33.203 P.3' },
  { credentials: 'auth-done elsewhere', challenge: 'answered', action: 'refuse', clause: 'TS 33.203 P.3' },
  { credentials: 'auth-done elsewhere', challenge: 'mismatched', action: 'refuse', clause: 'TS 33.203 P.3' },
  { credentials: 'auth-done elsewhere', challenge: 'reused', action: 'refuse', clause: 'TS 33.203 P.3' },
  { credentials: 'auth-done elsewhere', challenge: 'spent', action: 'refuse', clause: 'TS 33.203 P.3' },
  { credentials: 'auth-done elsewhere', challenge: 'unknown', action: 'refuse', clause: 'TS 33.203 P.3' },
];

/** The row of the table for one REGISTER. */
export function decide(credentials: Credentials, challenge: ChallengeFit): DecisionRow {
  const row = decisionTable.find((each) => each.credentials === credentials && each.challenge === challenge);
  if (row === undefined) throw new Error(`no decision for ${credentials} with challenge ${challenge}`);
  return row;
}
