import type { Clock, Timer } from '@imslab/ims-core/ports/clock';
import type { Random } from '@imslab/ims-core/ports/random';
import { writeSenderReport } from './rtcp-packet.ts';
import { writeRtp } from './rtp-packet.ts';
import type { RtpPortPair } from './rtp-port-pair.ts';

/** @see RFC 3550 §6.2: five seconds at least, here without its random part since each stream has one sender. */
const REPORT_INTERVAL_MS = 5_000;

/** One stream that is sent: its SSRC and numbers are random at the start, and it reports itself. @see RFC 3550 §5.1, §6.4.1 */
export class RtpSender {
  readonly ssrc: number;
  readonly cname: string;
  readonly #ports: RtpPortPair;
  readonly #clock: Clock;
  readonly #timestampOffset: number;
  #sequence: number;
  #timestamp = 0;
  #packets = 0;
  #octets = 0;
  #report: Timer | undefined;

  constructor(options: {
    readonly ports: RtpPortPair;
    readonly clock: Clock;
    readonly random: Random;
    readonly cname: string;
  }) {
    const { ports, clock, random, cname } = options;
    const view = new DataView(random.bytes(10).slice().buffer);
    this.ssrc = view.getUint32(0) || 1;
    this.#sequence = view.getUint16(4);
    this.#timestampOffset = view.getUint32(6);
    this.cname = cname;
    this.#ports = ports;
    this.#clock = clock;
  }

  /** @param timestamp of the media, in units of the codec's clock; the stream adds its random offset */
  send(payloadType: number, timestamp: number, payload: Uint8Array, marker: boolean): void {
    this.#timestamp = (timestamp + this.#timestampOffset) >>> 0;
    const { ssrc } = this;
    this.#ports.send(
      writeRtp({ marker, payloadType, sequence: this.#sequence, timestamp: this.#timestamp, ssrc, payload }),
    );
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#packets += 1;
    this.#octets += payload.length;
    this.#report ??= this.#clock.after(REPORT_INTERVAL_MS, () => {
      this.#report = undefined;
      void this.#sendReport(false);
    });
  }

  /** Says BYE, if anything was sent. @see RFC 3550 §6.6 */
  async close(): Promise<void> {
    this.#report?.stop();
    if (this.#packets > 0) await this.#sendReport(true);
  }

  #sendReport(over: boolean): Promise<void> {
    return this.#ports.sendRtcp(
      writeSenderReport(
        {
          ssrc: this.ssrc,
          cname: this.cname,
          now: this.#clock.now(),
          timestamp: this.#timestamp,
          packets: this.#packets,
          octets: this.#octets,
        },
        over,
      ),
    );
  }
}
