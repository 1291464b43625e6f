import type { types } from 'mediasoup';
import { LegStreams } from './leg-streams.ts';
import type { LegTrace } from './media-trace.ts';

/** Both ends of a media line over plain RTP; RTCP goes over the ports above. @see RFC 3550 §11 */
export interface PlainLine {
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

interface OpenLine {
  readonly line: PlainLine;
  readonly transport: types.PlainTransport;
}

/** The core side of one pass towards a peer that is not of this relay: ordinary RTP, each media line on its own ports. */
export class PlainLeg {
  readonly streams: LegStreams;
  readonly #router: types.Router;
  readonly #address: string;
  readonly #trace: LegTrace;
  readonly #lines: (OpenLine | undefined)[] = [];

  /** @param address on which it listens */
  constructor(router: types.Router, address: string, trace: LegTrace) {
    this.#router = router;
    this.#address = address;
    this.#trace = trace;
    this.streams = new LegStreams(
      { of: (index) => this.#lines[index]?.transport, tuple: (index) => this.#lines[index]?.transport.tuple },
      trace,
    );
  }

  /** Opens what is new, and moves a line whose peer is elsewhere now; undefined where a line is not used. */
  async connect(lines: readonly (PlainLine | undefined)[]): Promise<void> {
    for (const [index, line] of lines.entries()) {
      const open = this.#lines[index];
      if (line && open && isSame(open.line, line)) continue;
      open?.transport.close();
      this.#lines[index] = line && { line, transport: await this.#open(line) };
    }
  }

  /** Ends it and says what went over it. */
  async close(): Promise<void> {
    const { packetsReceived, octetsReceived, packetsSent, octetsSent } = await this.streams.counts();
    const tuple = this.#lines.find((open) => open)?.transport.tuple;
    for (const open of this.#lines) open?.transport.close();
    this.#trace.toPeer(
      'media closed',
      `received ${packetsReceived} packets (${octetsReceived} octets), sent ${packetsSent} (${octetsSent} octets)`,
      tuple,
    );
  }

  async #open({ localPort, remoteAddress, remotePort }: PlainLine): Promise<types.PlainTransport> {
    const listen = (port: number) => ({ protocol: 'udp' as const, ip: this.#address, port });
    const transport = await this.#router.createPlainTransport({
      listenInfo: listen(localPort),
      rtcpListenInfo: listen(localPort + 1),
      rtcpMux: false,
      comedia: false,
    });
    try {
      await transport.connect({ ip: remoteAddress, port: remotePort, rtcpPort: remotePort + 1 });
    } catch (error) {
      transport.close();
      throw error;
    }
    return transport;
  }
}

function isSame(one: PlainLine, other: PlainLine): boolean {
  return (
    one.localPort === other.localPort &&
    one.remoteAddress === other.remoteAddress &&
    one.remotePort === other.remotePort
  );
}
