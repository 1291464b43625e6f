import type { WebrtcSource } from '@imslab/ims-core/protocols/sdp/write';
import type { types } from 'mediasoup';
import type { LegTrace } from './media-trace.ts';
import { type AgreedStream, consumerCapabilities, producerParameters } from './rtp-parameters.ts';

/** One media line of a leg as both sides agreed on it; undefined where a line is not used. */
export interface AgreedLine extends AgreedStream {
  readonly peerSends: boolean;
}

export interface LegCounts {
  packetsReceived: number;
  octetsReceived: number;
  packetsSent: number;
  octetsSent: number;
}

/** Where the streams of a leg run: one transport for all lines, or one each. */
export interface LegTransports {
  of(index: number): types.Transport | undefined;
  /** The addresses on the wire, once they are known. */
  tuple(index: number): types.TransportTuple | undefined;
}

/** A stream and the agreement that it was made for: another agreement needs another stream. */
interface Made<Stream> {
  readonly stream: Stream;
  readonly agreement: string;
}

interface LegLine {
  agreed: AgreedLine | undefined;
  producer: Made<types.Producer> | undefined;
  consumer: Made<types.Consumer> | undefined;
}

/** What one end of a call sends to the relay and gets from it, media line by media line. */
export class LegStreams {
  readonly #transports: LegTransports;
  readonly #trace: LegTrace;
  readonly #lines: LegLine[] = [];
  /** Of streams that are gone. */
  readonly #counted: LegCounts = { packetsReceived: 0, octetsReceived: 0, packetsSent: 0, octetsSent: 0 };
  #heard = false;
  #spoken = false;

  constructor(transports: LegTransports, trace: LegTrace) {
    this.#transports = transports;
    this.#trace = trace;
  }

  /** Makes the streams from the peer fit the agreement; a stream that is not sent now is paused, not closed. */
  async receive(agreed: readonly (AgreedLine | undefined)[]): Promise<void> {
    for (const [index, agreement] of agreed.entries()) {
      const line = this.#line(index);
      line.agreed = agreement;
      if (!agreement) {
        await this.#closeProducer(line);
        await this.#closeConsumer(line);
      } else if (agreement.peerSends) {
        await this.#produce(index, line, agreement);
      } else {
        await line.producer?.stream.pause();
      }
    }
  }

  /** Sends the peer what the other leg receives, line by line. */
  async sendFrom(other: LegStreams): Promise<void> {
    for (const [index, line] of this.#lines.entries()) {
      const producer = other.#lines[index]?.producer?.stream;
      if (!line.agreed || !producer || producer.closed) await this.#closeConsumer(line);
      else await this.#consume(index, line, line.agreed, producer);
    }
  }

  /** The stream that the relay sends on a line, as an SDP announces it. */
  source(index: number): WebrtcSource | undefined {
    const consumer = this.#lines[index]?.consumer?.stream;
    const ssrc = consumer?.rtpParameters.encodings?.[0]?.ssrc;
    if (!consumer || consumer.closed || ssrc === undefined) return undefined;
    const cname = consumer.rtpParameters.rtcp?.cname ?? 'relay';
    return { ssrc, cname, streamId: 'relay', trackId: consumer.id };
  }

  /** Name of the codec that is agreed on, empty before an answer. */
  codec(): string {
    const codec = this.#lines.find((line) => line.agreed)?.agreed?.codecs[0];
    return codec ? `${codec.name}/${codec.clockRate}` : '';
  }

  async counts(): Promise<LegCounts> {
    const counts = { ...this.#counted };
    for (const { producer, consumer } of this.#lines) {
      if (producer) await countReceived(producer.stream, counts);
      if (consumer) await countSent(consumer.stream, counts);
    }
    return counts;
  }

  #transport(index: number): types.Transport {
    const transport = this.#transports.of(index);
    if (!transport) throw new Error(`media line ${index + 1} has no transport`);
    return transport;
  }

  #line(index: number): LegLine {
    const line = this.#lines[index] ?? { agreed: undefined, producer: undefined, consumer: undefined };
    this.#lines[index] = line;
    return line;
  }

  async #produce(index: number, line: LegLine, agreed: AgreedLine): Promise<void> {
    const rtpParameters = producerParameters(agreed);
    const agreement = JSON.stringify(rtpParameters);
    if (line.producer?.agreement === agreement && !line.producer.stream.closed) {
      await line.producer.stream.resume();
      return;
    }
    await this.#closeProducer(line);
    const stream = await this.#transport(index).produce({ kind: 'audio', rtpParameters });
    line.producer = { stream, agreement };
    if (this.#heard) return;
    stream.on('trace', () => {
      if (this.#heard) return;
      this.#heard = true;
      stream.enableTraceEvent([]).catch(ignoreClosed);
      this.#trace.fromPeer('first RTP packet', this.#streamDetail(agreed.ssrc), this.#transports.tuple(index));
    });
    stream.enableTraceEvent(['rtp']).catch(ignoreClosed);
  }

  async #consume(index: number, line: LegLine, agreed: AgreedLine, producer: types.Producer): Promise<void> {
    const rtpCapabilities = consumerCapabilities(agreed);
    const agreement = JSON.stringify([producer.id, agreed.mid, rtpCapabilities]);
    if (line.consumer?.agreement === agreement && !line.consumer.stream.closed) return;
    await this.#closeConsumer(line);
    const stream = await this.#transport(index).consume({ producerId: producer.id, rtpCapabilities, mid: agreed.mid });
    line.consumer = { stream, agreement };
    if (this.#spoken) return;
    stream.on('trace', () => {
      if (this.#spoken) return;
      this.#spoken = true;
      stream.enableTraceEvent([]).catch(ignoreClosed);
      const ssrc = stream.rtpParameters.encodings?.[0]?.ssrc;
      this.#trace.toPeer('first RTP packet', this.#streamDetail(ssrc), this.#transports.tuple(index));
    });
    stream.enableTraceEvent(['rtp']).catch(ignoreClosed);
  }

  async #closeProducer(line: LegLine): Promise<void> {
    if (!line.producer) return;
    await countReceived(line.producer.stream, this.#counted);
    line.producer.stream.close();
    line.producer = undefined;
  }

  async #closeConsumer(line: LegLine): Promise<void> {
    if (!line.consumer) return;
    await countSent(line.consumer.stream, this.#counted);
    line.consumer.stream.close();
    line.consumer = undefined;
  }

  #streamDetail(ssrc: number | undefined): string {
    return ssrc === undefined ? this.codec() : `${this.codec()}, SSRC ${ssrc}`;
  }
}

/** A stream that closes while it is being asked has nothing more to tell. */
function ignoreClosed(): void {}

async function countReceived(producer: types.Producer, into: LegCounts): Promise<void> {
  for (const stream of await producer.getStats().catch(() => [])) {
    into.packetsReceived += stream.packetCount;
    into.octetsReceived += stream.byteCount;
  }
}

async function countSent(consumer: types.Consumer, into: LegCounts): Promise<void> {
  for (const stream of await consumer.getStats().catch(() => [])) {
    if (stream.type !== 'outbound-rtp') continue;
    into.packetsSent += stream.packetCount;
    into.octetsSent += stream.byteCount;
  }
}
