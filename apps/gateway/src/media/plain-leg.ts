import type { SdpCodec, SdpDirection, SdpMedia } from '@imslab/ims-core/protocols/sdp/description';
import { sends } from '@imslab/ims-core/protocols/sdp/offer-answer';
import type { types } from 'mediasoup';
import { type AgreedLine, LegStreams } from './leg-streams.ts';
import type { LegTrace } from './media-trace.ts';

/** A media line as the peer described it and both sides agreed on it, and where it arrives here. */
export interface PlainLine {
  readonly media: SdpMedia;
  readonly codecs: readonly SdpCodec[];
  /** From the peer's point of view. */
  readonly direction: SdpDirection;
  readonly mid: string;
  /** Of RTP; RTCP goes over the ports above, here and there. @see RFC 3550 §11 */
  readonly localPort: number;
}

/** Both ends of an open line. */
interface Addresses {
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

interface OpenLine {
  readonly addresses: Addresses;
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

  /** Makes ports and streams fit the agreement: opens what is new, moves a line whose peer is elsewhere now; undefined where a line is not used. */
  async agree(lines: readonly (PlainLine | undefined)[]): Promise<void> {
    for (const [index, line] of lines.entries()) {
      const addresses = line && {
        localPort: line.localPort,
        remoteAddress: line.media.address,
        remotePort: line.media.port,
      };
      const open = this.#lines[index];
      if (addresses && open && isSame(open.addresses, addresses)) continue;
      open?.transport.close();
      this.#lines[index] = addresses && { addresses, transport: await this.#open(addresses) };
    }
    await this.streams.receive(lines.map((line) => line && agreedLine(line)));
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

  async #open({ localPort, remoteAddress, remotePort }: Addresses): Promise<types.PlainTransport> {
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

function isSame(one: Addresses, other: Addresses): boolean {
  return (
    one.localPort === other.localPort &&
    one.remoteAddress === other.remoteAddress &&
    one.remotePort === other.remotePort
  );
}

/** No header extension and no feedback leaves the access; the stream goes by the SSRC that the peer announced. */
function agreedLine({ media, codecs, direction, mid }: PlainLine): AgreedLine {
  return {
    codecs: codecs.map((codec) => ({ ...codec, feedback: [] })),
    extensions: [],
    mid,
    ssrc: media.ssrcs[0],
    cname: media.cname,
    peerSends: sends(direction),
  };
}
