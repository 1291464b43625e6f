import { describe, expect, it } from 'vitest';
import type { ServerCapabilities } from '../../ports/cx-client.ts';
import { selectScscf } from './select-scscf.ts';

const scscfs = [
  { uri: 'sip:plain.x:6060', capabilities: [] },
  { uri: 'sip:video.x:6060', capabilities: [1, 2] },
  { uri: 'sip:all.x:6060', capabilities: [1, 2, 3] },
];

function wanted(capabilities: Partial<ServerCapabilities>): ServerCapabilities {
  return { mandatory: [], optional: [], serverNames: [], ...capabilities };
}

describe('the choice of an S-CSCF', () => {
  it.each<[string, ServerCapabilities | undefined, string[], string[]]>([
    ['any in the configured order when nothing is asked for', undefined, [], ['plain', 'video', 'all']],
    ['those with all mandatory capabilities', wanted({ mandatory: [1, 2] }), [], ['video', 'all']],
    ['none when a mandatory one is missing everywhere', wanted({ mandatory: [9] }), [], []],
    ['the one with most optional capabilities first', wanted({ optional: [2, 3, 9] }), [], ['all', 'video', 'plain']],
    ['mandatory before optional', wanted({ mandatory: [1], optional: [3] }), [], ['all', 'video']],
    [
      'the names of the HSS whatever their capabilities',
      wanted({ mandatory: [9], serverNames: ['sip:named.x:6060'] }),
      [],
      ['named'],
    ],
    ['only those that were not tried', undefined, ['sip:PLAIN.x:6060', 'sip:all.x:6060'], ['video']],
    ['no name of the HSS twice', wanted({ serverNames: ['sip:one.x', 'sip:two.x'] }), ['sip:one.x'], ['two']],
  ])('is %s', (_name, capabilities, tried, names) => {
    const chosen = selectScscf(scscfs, capabilities, tried);
    expect(chosen.map((uri) => uri.replace(/^sip:(\w+)\..*$/, '$1'))).toEqual(names);
  });
});
