import { describe, expect, it } from 'vitest';
import { callerHop, ProxyLab, proxyHops } from '../kit/proxy-lab.ts';
import { acceptedCases } from './accepted.ts';
import type { TortureCase } from './case.ts';
import { ipv6Cases } from './ipv6.ts';
import { laterStepCases } from './later-steps.ts';
import { refusedCases } from './refused.ts';

/** What RFC 3261 §16.3 makes of messages that are well formed. */
const REFUSED_BY_THE_PROXY: Readonly<Record<string, number>> = { unkscm: 416, novelsc: 416, bext01: 420, zeromf: 483 };

function expected({ name, verdict, bytes }: TortureCase): string {
  if (verdict.expect === 'reject') return `answered ${verdict.status}`;
  const status = REFUSED_BY_THE_PROXY[name];
  if (status !== undefined) return `answered ${status}`;
  const isResponse = new TextDecoder().decode(bytes.subarray(0, 8)) === 'SIP/2.0 ';
  return verdict.expect === 'drop' || isResponse ? 'silence' : 'handed to the node';
}

describe('a proxy that gets a torture case over UDP', () => {
  it.each([...acceptedCases, ...refusedCases, ...laterStepCases, ...ipv6Cases])(
    '$name: does what its row says',
    async (row) => {
      const lab = await ProxyLab.start({ handler: async (_lab, incoming) => incoming.respond(200) });
      const socket = lab.network.node([{ ...callerHop, host: '192.0.2.9' }]);
      await socket.start({ message: () => {} });
      const [udp] = proxyHops;
      if (udp === undefined) throw new Error('the proxy has no UDP');
      const flow = await socket.flowTo(udp);
      flow.send(row.bytes);
      await lab.clock.advance(10);
      const [handled] = lab.incoming;
      const answered = lab.network.packets
        .filter(({ from }) => from.host === udp.host)
        .map(({ text }) => /^SIP\/2\.0 ([2-6]\d\d) /.exec(text)?.[1])
        .filter((status) => status !== undefined);
      if (handled !== undefined) expect(expected(row)).toBe('handed to the node');
      else expect(answered.length === 0 ? 'silence' : `answered ${answered.at(-1)}`).toBe(expected(row));
    },
  );
});
