import type { SdpFingerprint, SdpIce } from '@imslab/ims-core/protocols/sdp/description';
import type { WebrtcSource } from '@imslab/ims-core/protocols/sdp/write';
import type { types } from 'mediasoup';
import type { LegTrace } from './media-trace.ts';
import { type AgreedStream, consumerCapabilities, producerParameters } from './rtp-parameters.ts';

/** One media line of a leg as both sides agreed on it; undefined where a line is not used. */
export interface AgreedLine extends AgreedStream {
  readonly ueSends: boolean;
}

/** What a browser's SDP says of its end of the transport. */
export interface RemoteTransport {
  readonly ice: SdpIce;
  readonly fingerprint: SdpFingerprint;
  /** Who begins DTLS. */
  readonly role: 'client' | 'server';
}

export interface LegCounts {
  packetsReceived: number;
  octetsReceived: number;
  packetsSent: number;
  octetsSent: number;
}

const FINGERPRINT_ALGORITHMS: readonly types.FingerprintAlgorithm[] = [
  'sha-1',
  'sha-224',
  'sha-256',
  'sha-384',
  'sha-512',
];

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

/** The WebRTC side of one pass: a browser's transport and the streams on it. */
export class AccessLeg {
  readonly transport: types.WebRtcTransport;
  readonly #trace: LegTrace;
  readonly #lines: LegLine[] = [];
  /** Of streams that are gone. */
  readonly #counted: LegCounts = { packetsReceived: 0, octetsReceived: 0, packetsSent: 0, octetsSent: 0 };
  #remote: RemoteTransport | undefined;
  #iceUp = false;
  #heard = false;
  #spoken = false;

  private constructor(transport: types.WebRtcTransport, trace: LegTrace) {
    this.transport = transport;
    this.#trace = trace;
    transport.on('icestatechange', (state) => this.#onIceState(state));
    transport.on('dtlsstatechange', (state) => this.#onDtlsState(state));
  }

  static async open(router: types.Router, webRtcServer: types.WebRtcServer, trace: LegTrace): Promise<AccessLeg> {
    const transport = await router.createWebRtcTransport({
      webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
    });
    return new AccessLeg(transport, trace);
  }

  /** True when the browser came with another certificate: its DTLS association cannot be continued on this transport. */
  changesCertificate(fingerprint: SdpFingerprint): boolean {
    return this.#remote !== undefined && this.#remote.fingerprint.value !== fingerprint.value;
  }

  /** Takes the browser's end: begins DTLS the first time, restarts ICE when its credentials changed. @see RFC 8445 §9 */
  async connect(remote: RemoteTransport): Promise<void> {
    const before = this.#remote;
    this.#remote = remote;
    if (before) {
      if (before.ice.usernameFragment !== remote.ice.usernameFragment) await this.transport.restartIce();
      return;
    }
    const algorithm = FINGERPRINT_ALGORITHMS.find((known) => known === remote.fingerprint.algorithm);
    if (!algorithm) throw new Error(`the certificate's fingerprint is ${remote.fingerprint.algorithm}`);
    const fingerprints = [{ algorithm, value: remote.fingerprint.value }];
    await this.transport.connect({ dtlsParameters: { role: remote.role, fingerprints } });
  }

  /** Makes the streams from the browser fit the agreement; a stream that is not sent now is paused, not closed. */
  async receive(agreed: readonly (AgreedLine | undefined)[]): Promise<void> {
    for (const [index, agreement] of agreed.entries()) {
      const line = this.#line(index);
      line.agreed = agreement;
      if (!agreement) {
        await this.#closeProducer(line);
        await this.#closeConsumer(line);
      } else if (agreement.ueSends) {
        await this.#produce(line, agreement);
      } else {
        await line.producer?.stream.pause();
      }
    }
  }

  /** Sends the browser what the other leg receives, line by line. */
  async sendFrom(other: AccessLeg): Promise<void> {
    for (const [index, line] of this.#lines.entries()) {
      const producer = other.#lines[index]?.producer?.stream;
      if (!line.agreed || !producer || producer.closed) await this.#closeConsumer(line);
      else await this.#consume(line, line.agreed, producer);
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

  close(): void {
    this.transport.close();
  }

  #line(index: number): LegLine {
    const line = this.#lines[index] ?? { agreed: undefined, producer: undefined, consumer: undefined };
    this.#lines[index] = line;
    return line;
  }

  async #produce(line: LegLine, agreed: AgreedLine): Promise<void> {
    const rtpParameters = producerParameters(agreed);
    const agreement = JSON.stringify(rtpParameters);
    if (line.producer?.agreement === agreement && !line.producer.stream.closed) {
      await line.producer.stream.resume();
      return;
    }
    await this.#closeProducer(line);
    const stream = await this.transport.produce({ kind: 'audio', rtpParameters });
    line.producer = { stream, agreement };
    if (this.#heard) return;
    stream.on('trace', () => {
      if (this.#heard) return;
      this.#heard = true;
      stream.enableTraceEvent([]).catch(ignoreClosed);
      this.#trace.fromUe('first RTP packet', this.#streamDetail(agreed.ssrc), this.transport.iceSelectedTuple);
    });
    stream.enableTraceEvent(['rtp']).catch(ignoreClosed);
  }

  async #consume(line: LegLine, agreed: AgreedLine, producer: types.Producer): Promise<void> {
    const rtpCapabilities = consumerCapabilities(agreed);
    const agreement = JSON.stringify([producer.id, agreed.mid, rtpCapabilities]);
    if (line.consumer?.agreement === agreement && !line.consumer.stream.closed) return;
    await this.#closeConsumer(line);
    const stream = await this.transport.consume({ producerId: producer.id, rtpCapabilities, mid: agreed.mid });
    line.consumer = { stream, agreement };
    if (this.#spoken) return;
    stream.on('trace', () => {
      if (this.#spoken) return;
      this.#spoken = true;
      stream.enableTraceEvent([]).catch(ignoreClosed);
      const ssrc = stream.rtpParameters.encodings?.[0]?.ssrc;
      this.#trace.toUe('first RTP packet', this.#streamDetail(ssrc), this.transport.iceSelectedTuple);
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

  #onIceState(state: types.IceState): void {
    const up = state === 'connected' || state === 'completed';
    const tuple = this.transport.iceSelectedTuple;
    if (up && !this.#iceUp) this.#trace.fromUe('ICE connected', `over ${tuple?.protocol ?? 'udp'}`, tuple);
    if (state === 'disconnected')
      this.#trace.fromUe('ICE disconnected', 'no consent from the browser (RFC 7675)', tuple);
    this.#iceUp = up;
  }

  #onDtlsState(state: types.DtlsState): void {
    const tuple = this.transport.iceSelectedTuple;
    if (state === 'connected') this.#trace.fromUe('DTLS connected', 'keys for SRTP agreed (RFC 5764)', tuple);
    if (state === 'failed') this.#trace.fromUe('DTLS failed', 'the certificate is not the one in the SDP', tuple);
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
