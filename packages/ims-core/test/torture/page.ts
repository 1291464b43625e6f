import type { TortureCase, Verdict } from './case.ts';
import { ipv6Cases } from './ipv6.ts';

function verdictText(verdict: Verdict): string {
  return verdict.expect === 'reject' ? `reject ${verdict.status}` : verdict.expect;
}

/** docs/torture.md: each case with its verdict, and how many there are of each kind. */
export function torturePage(cases: readonly TortureCase[]): string {
  const count = (expect: Verdict['expect']) => cases.filter(({ verdict }) => verdict.expect === expect).length;
  const rows = cases.map((each) => {
    const rfc = ipv6Cases.some(({ name }) => name === each.name) ? '5118' : '4475';
    return `| ${each.name} | RFC ${rfc} ${each.clause} | ${each.oddity} | ${verdictText(each.verdict)} | ${each.afterwards ?? ''} |`;
  });
  return [
    '# Torture',
    '',
    `${cases.length} cases: ${count('accept')} accepted, ${count('reject')} rejected with a status, ${count('drop')} dropped (responses, and`,
    'requests that no answer could be made for), 0 known gaps. Each has a message of our own in',
    '[packages/ims-core/test/torture](../packages/ims-core/test/torture); a test compares. What a later step answers is held by the tests of that step.',
    '',
    '| case | where | what is odd | the parser | what a later step does |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
