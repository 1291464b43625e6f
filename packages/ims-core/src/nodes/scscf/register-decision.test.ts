import { describe, expect, it } from 'vitest';
import { challengeFits, credentialKinds, decide, decisionTable } from './register-decision.ts';

describe('the decision table of the S-CSCF on REGISTER', () => {
  it.each(credentialKinds.flatMap((brought) => challengeFits.map((fit) => [brought, fit] as const)))(
    'has one row for %s with challenge %s',
    (brought, fit) => {
      expect(decisionTable.filter((row) => row.credentials === brought && row.challenge === fit)).toHaveLength(1);
    },
  );

  it('compares a response only with the challenge that it answers, or with a nonce that may be used again', () => {
    const verifying = decisionTable.filter((row) => row.action === 'verify');
    expect(verifying).toEqual([decide('response', 'answered'), decide('response', 'reused')]);
  });

  it('accepts without a response only what the P-CSCF of the UE vouches for', () => {
    const accepting = decisionTable.filter((row) => row.action === 'accept');
    expect(new Set(accepting.map((row) => row.credentials))).toEqual(new Set(['auth-done']));
  });
});
