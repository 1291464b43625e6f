import { describe, it } from 'vitest';
import { challengeFits, credentialKinds, decide, type RegisterAction } from '../src/nodes/scscf/register-decision.ts';
import { expectPage } from './kit/docs-page.ts';

const SOURCE = 'packages/ims-core/src/nodes/scscf/register-decision.ts';

const credentialWords = {
  none: 'no credentials, or an empty nonce',
  response: 'a digest',
  'empty response': 'an empty digest: the card found the MAC of the network wrong',
  auts: 'AUTS: the card found the challenge out of sequence',
  'auth-done': 'the P-CSCF of the UE vouches for its de-registration',
  'auth-done elsewhere': 'the same word from anybody else, or for a registration',
} as const;

const fitWords = {
  none: 'no challenge is under way',
  answered: 'its nonce is that of the challenge under way; Call-ID, public identity and algorithm too',
  mismatched: 'its nonce is that of the challenge under way, but one of the others differs',
  reused: 'its nonce is the one with which a phone registered by its password, and its count is higher than before',
  spent: 'the same nonce, but the count is not higher',
  unknown: 'another nonce',
} as const;

const actionWords: Readonly<Record<RegisterAction, string>> = {
  challenge: 'MAR, then 401',
  'challenge stale': 'MAR, then 401 with `stale=true`; for a phone with a password only when its digest is right',
  verify: 'compares the digest. Right: SAR, then 200. Wrong: SAR AUTHENTICATION_FAILURE, then 403',
  resynchronise: 'MAR with RAND and AUTS, then 401; the third time in a row as `fail`',
  fail: 'SAR AUTHENTICATION_FAILURE, then 403; a registration that exists stays',
  accept: 'SAR, then 200',
  refuse: '403; the HSS is not asked',
};

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line), ''];
}

function page(): string {
  return [
    '# What the S-CSCF does with a REGISTER',
    '',
    `Written from the table in [${SOURCE}](../${SOURCE}); a test compares. Each row is tried by`,
    '`register.test.ts`, `sip-digest.test.ts` and `deregister.test.ts` beside it, and by `packages/ims-core/test/registration-rules.test.ts`.',
    '',
    ...table(
      ['credentials', ...challengeFits.map((fit) => `challenge: ${fit}`)],
      credentialKinds.map((kind) => [
        kind,
        ...challengeFits.map((fit) => {
          const { action, clause } = decide(kind, fit);
          return `**${action}** (${clause})`;
        }),
      ]),
    ),
    '## What the REGISTER brings',
    '',
    ...table(['credentials', 'meaning'], Object.entries(credentialWords)),
    '## How it fits to the challenge',
    '',
    ...table(['challenge', 'meaning'], Object.entries(fitWords)),
    '## What is done',
    '',
    ...table(['action', 'meaning'], Object.entries(actionWords)),
    'A challenge that is not answered within reg-await-auth (4 min) is forgotten: SAR AUTHENTICATION_TIMEOUT.',
    '',
  ].join('\n');
}

describe('docs/registration-decision.md', () => {
  it('shows the decision table as it is (npm run docs writes it)', () => {
    expectPage('../registration-decision.md', page());
  });
});
