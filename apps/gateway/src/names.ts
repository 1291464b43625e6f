import type { SipResolver, SipTarget } from '@imslab/ims-core/ports/sip-resolver';
import type { SipHop } from '@imslab/ims-core/ports/sip-transport';

/** Where a name of the lab leads; both UDP and TCP listen there. */
export interface NameEntry {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

const IP_ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[?[0-9a-f:]*:[0-9a-f:.]*\]?)$/i;

/**
 * The lab's DNS: its own names from the configuration, and addresses as they are.
 * A name without a transport parameter means TCP, as the lab's only NAPTR record would say (RFC 3263 §4.1): a box that is down refuses
 * the connection at once, where UDP would be silent for 32 s. An address without one means UDP.
 */
export function createNameTable(entries: readonly NameEntry[]): SipResolver {
  const table = new Map(entries.map((entry) => [entry.name.toLowerCase(), entry]));
  return {
    resolve(target: SipTarget): readonly SipHop[] {
      const host = target.host.toLowerCase();
      if (IP_ADDRESS.test(host)) {
        const bare = host.replace(/^\[|\]$/g, '');
        return [{ transport: target.transport ?? 'UDP', host: bare, port: target.port ?? 5060 }];
      }
      const entry = table.get(host);
      if (entry === undefined) return [];
      return [{ transport: target.transport ?? 'TCP', host: entry.host, port: target.port ?? entry.port }];
    },
  };
}
