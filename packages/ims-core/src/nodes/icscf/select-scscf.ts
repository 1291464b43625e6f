import type { ServerCapabilities } from '../../ports/cx-client.ts';
import { sameUri } from '../../protocols/sip/uri.ts';
import type { ScscfEntry } from './config.ts';

/**
 * The S-CSCFs that fit what the HSS asks for, best first; empty when none fits.
 * @see TS 29.228 §6.7
 */
export function selectScscf(
  scscfs: readonly ScscfEntry[],
  wanted: ServerCapabilities | undefined,
  tried: readonly string[] = [],
): readonly string[] {
  const untried = (uri: string): boolean => !tried.some((other) => sameUri(uri, other));

  // Names from the HSS go before capabilities, in their order.
  if (wanted !== undefined && wanted.serverNames.length > 0) return wanted.serverNames.filter(untried);

  // A missing mandatory capability disqualifies; the most optional ones win. The sort is stable: the configuration's order decides a tie.
  const mandatory = wanted?.mandatory ?? [];
  const optional = wanted?.optional ?? [];
  const fit = (entry: ScscfEntry): number => optional.filter((one) => entry.capabilities.includes(one)).length;
  return scscfs
    .filter((entry) => mandatory.every((one) => entry.capabilities.includes(one)))
    .toSorted((a, b) => fit(b) - fit(a))
    .map((entry) => entry.uri)
    .filter(untried);
}
