import { createPcscf, type Pcscf } from '../../src/nodes/pcscf/pcscf.ts';
import type { SipHop } from '../../src/ports/sip-transport.ts';
import type { TraceEvent } from '../../src/trace/event.ts';
import { ladderText } from '../../src/trace/export/text.ts';
import { CoreLab, type CoreLabOptions, D, nameOf, tcpHop } from './core-lab.ts';
import { ScriptedUe } from './scripted-ue.ts';
import { TracingMediaRelay } from './tracing-media-relay.ts';

const WEB_SOCKET: SipHop = { transport: 'WS', host: '192.0.2.1', port: 8080 };

/** All boxes of the lab on a virtual clock and a network in memory, with phones that play scripts. */
export class ImsLab {
  readonly core: CoreLab;
  readonly pcscf: Pcscf;
  readonly media: TracingMediaRelay;
  /** Where phones open their WebSocket. */
  readonly webSocket = WEB_SOCKET;

  private constructor(core: CoreLab) {
    this.core = core;
    this.media = new TracingMediaRelay(core.trace, core.clock);
    this.pcscf = createPcscf({
      ...core.shared('pcscf', 1, [WEB_SOCKET]),
      config: {
        domain: D,
        host: `pcscf.${D}`,
        port: 5060,
        webSocketPort: WEB_SOCKET.port,
        trustedSources: [tcpHop('icscf').host, tcpHop('scscf').host, tcpHop('scscf2').host],
        session: { sessionExpiresS: 1800, minSeS: 90 },
      },
      media: this.media,
      nameOf,
    });
  }

  static async start(
    options: Pick<CoreLabOptions, 'secondScscf' | 'scscfs' | 'subscribers' | 'hss'> = {},
  ): Promise<ImsLab> {
    const lab = new ImsLab(await CoreLab.start({ ...options, playPcscf: false }));
    await lab.pcscf.start();
    return lab;
  }

  get events(): readonly TraceEvent[] {
    return this.core.trace.events;
  }

  /** A phone on this machine, as a browser's tab is. @param settles false: what it starts goes on only when the clock does */
  phone(name: string, { settles = true } = {}): ScriptedUe {
    return new ScriptedUe(name, {
      transport: () => this.core.network.node([], '127.0.0.1'),
      pcscf: WEB_SOCKET,
      settle: settles ? () => this.core.settle() : () => Promise.resolve(),
    });
  }

  /** The ladder for people, from the event with this number on. */
  ladder({ from = 1, firstUe }: { from?: number; firstUe?: ScriptedUe } = {}): string {
    const events = this.events.filter((event) => event.seq >= from);
    const id = firstUe?.impi.split('@')[0];
    return ladderText(events, { plain: true, ...(id !== undefined && { firstUe: id }) });
  }

  async close(): Promise<void> {
    await this.pcscf.close();
    await this.core.close();
  }
}
