import { isIP } from 'node:net';
import type { Clock } from '@imslab/ims-core/ports/clock';
import type {
  MediaFunction,
  MediaResourceErrorCode,
  MediaResourceFunction,
  MediaResourceRefusal,
  MediaResourceResult,
  MediaResourceSession,
} from '@imslab/ims-core/ports/media-resource';
import type { Random } from '@imslab/ims-core/ports/random';
import type { SdpCodec, SdpDescription, SdpDirection, SdpMedia } from '@imslab/ims-core/protocols/sdp/description';
import { receives, reverseDirection } from '@imslab/ims-core/protocols/sdp/offer-answer';
import { parseSdp } from '@imslab/ims-core/protocols/sdp/parse';
import { type CoreLine, writeCoreSdp } from '@imslab/ims-core/protocols/sdp/write';
import { type CorePorts, createCorePorts } from './core-ports.ts';
import { DescribedSide } from './described-side.ts';
import { announcementFunction, echoFunction, functionCodecs, PCMU, type RunningFunction } from './media-functions.ts';
import { refusedLine } from './media-lines.ts';
import { RtpPortPair } from './rtp-port-pair.ts';
import { RtpSender } from './rtp-sender.ts';

export interface MediaResourceConfig {
  /** Where it listens; stands in its SDPs. */
  readonly address: string;
  /** Ports of its media lines, inclusive. */
  readonly portMin: number;
  readonly portMax: number;
}

export interface RtpMediaResource extends MediaResourceFunction {
  /** Sessions that have ports open. */
  sessions(): number;
  close(): Promise<void>;
}

interface ResourceDeps {
  readonly config: MediaResourceConfig;
  readonly clock: Clock;
  readonly random: Random;
  /** Samples of the announcement, mu-law. */
  readonly announcement: Uint8Array;
}

const PLAIN_RTP = 'RTP/AVP';
/** RFC 3264 §8.4 knows it from RFC 2543: an address that asks not to be sent to. */
const OLD_HOLD_ADDRESS = '0.0.0.0';
const CNAME = 'as';

/** The media functions of the application server, over plain RTP on their own sockets. @see TS 23.228 §4.7 */
export function createMediaResource(deps: ResourceDeps): RtpMediaResource {
  const { portMin, portMax } = deps.config;
  const ports = createCorePorts<object>(portMin, portMax);
  const sessions = new Set<RtpSession>();
  let sessionIds = Math.floor(deps.clock.now()) * 1_000;
  return {
    open(what) {
      sessionIds += 1;
      const session = new RtpSession(deps, what, ports, String(sessionIds), () => sessions.delete(session));
      sessions.add(session);
      return session;
    },
    sessions: () => sessions.size,
    async close() {
      await Promise.all([...sessions].map((session) => session.close()));
    },
  };
}

/** One dialog's media: one audio line on a pair of ports; other lines are refused. */
class RtpSession implements MediaResourceSession {
  readonly #deps: ResourceDeps;
  readonly #what: MediaFunction;
  readonly #ports: CorePorts<object>;
  readonly #side: DescribedSide;
  readonly #onClose: () => void;
  #stream: { readonly pair: RtpPortPair; readonly sender: RtpSender; readonly running: RunningFunction } | undefined;
  #opening: Promise<boolean> | undefined;
  /** Of an own offer that has no answer yet. */
  #offered: readonly SdpCodec[] = [];
  #closed = false;

  constructor(
    deps: ResourceDeps,
    what: MediaFunction,
    ports: CorePorts<object>,
    sessionId: string,
    onClose: () => void,
  ) {
    this.#deps = deps;
    this.#what = what;
    this.#ports = ports;
    this.#side = new DescribedSide(sessionId, deps.config.address);
    this.#onClose = onClose;
  }

  async answer(offer: string): Promise<MediaResourceResult> {
    const parsed = parseSdp(offer);
    if (!parsed.ok) return refusal('MEDIA_SDP_MALFORMED', `${parsed.error.text} (${parsed.error.reference})`);
    const used = usable(this.#what, parsed.value);
    if (!used) return refusal('MEDIA_NO_COMMON_CODEC', `no audio line that the ${this.#what} can use`);
    if (!(await this.#open())) return refusal('MEDIA_NO_RESOURCES', 'no port for media is left');
    const { media, codecs } = used;
    this.#connect(used);
    return {
      ok: true,
      sdp: this.#side.describe((origin) =>
        writeCoreSdp({
          origin,
          media: parsed.value.media.map((line) =>
            line === media
              ? this.#line(codecs, this.#answeredDirection(line), line.ptime)
              : refusedLine(line, line.protocol, ''),
          ),
        }),
      ),
    };
  }

  async offer(): Promise<MediaResourceResult> {
    if (!(await this.#open())) return refusal('MEDIA_NO_RESOURCES', 'no port for media is left');
    this.#offered = [PCMU];
    const direction = this.#what === 'echo' ? 'sendrecv' : 'sendonly';
    return {
      ok: true,
      sdp: this.#side.describe((origin) =>
        writeCoreSdp({ origin, media: [this.#line(this.#offered, direction, undefined)] }),
      ),
    };
  }

  async accept(answer: string): Promise<MediaResourceRefusal | undefined> {
    const parsed = parseSdp(answer);
    if (!parsed.ok) return refusal('MEDIA_SDP_MALFORMED', parsed.error.text);
    const used = usable(this.#what, parsed.value);
    const agreed = used?.codecs.some(({ payloadType }) =>
      this.#offered.some((codec) => codec.payloadType === payloadType),
    );
    if (!used || !agreed) return refusal('MEDIA_NO_COMMON_CODEC', 'the answer has none of the offered codecs');
    this.#connect(used);
    return undefined;
  }

  play(played: () => void): void {
    this.#stream?.running.play(played);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#opening;
    if (this.#stream) {
      const { pair, sender, running } = this.#stream;
      running.stop();
      pair.onPacket = () => {};
      await sender.close();
      await pair.close();
    }
    this.#onClose();
  }

  /** False when there are no ports. */
  #open(): Promise<boolean> {
    this.#opening ??= this.#openPorts();
    return this.#opening;
  }

  async #openPorts(): Promise<boolean> {
    const { config, clock, random, announcement } = this.#deps;
    const pair = await RtpPortPair.open(config.address, this.#ports);
    if (!pair) {
      this.#opening = undefined;
      return false;
    }
    const sender = new RtpSender({ ports: pair, clock, random, cname: CNAME });
    const running = this.#what === 'echo' ? echoFunction(sender) : announcementFunction(sender, clock, announcement);
    pair.onPacket = (octets) => running.receive(octets);
    this.#stream = { pair, sender, running };
    return true;
  }

  #connect({ media, codecs }: UsableLine): void {
    const { address, port, direction } = media;
    const { pair, running } = this.#stream ?? {};
    if (address !== OLD_HOLD_ADDRESS) pair?.connect({ address, port });
    running?.agree(codecs[0]?.payloadType ?? PCMU.payloadType, address === OLD_HOLD_ADDRESS || !receives(direction));
  }

  /** An announcement listens to nobody. */
  #answeredDirection({ address, direction }: SdpMedia): SdpDirection {
    const offered = address === OLD_HOLD_ADDRESS ? 'inactive' : direction;
    if (this.#what === 'echo') return reverseDirection(offered);
    return receives(offered) ? 'sendonly' : 'inactive';
  }

  #line(codecs: readonly SdpCodec[], direction: SdpDirection, ptime: number | undefined): CoreLine {
    const { pair, sender } = this.#stream ?? {};
    return {
      refused: false,
      kind: 'audio',
      protocol: PLAIN_RTP,
      port: pair?.port ?? 0,
      codecs: codecs.map((codec) => ({ ...codec, feedback: [] })),
      direction,
      ptime,
      source: sender,
    };
  }
}

interface UsableLine {
  readonly media: SdpMedia;
  readonly codecs: readonly SdpCodec[];
}

/** The first audio line that a function can use; its address must be one, since no name is looked up for media. */
function usable(what: MediaFunction, description: SdpDescription): UsableLine | undefined {
  for (const media of description.media) {
    const isPlain = media.kind === 'audio' && media.protocol === PLAIN_RTP && isIP(media.address) !== 0;
    const codecs = media.rejected || !isPlain ? [] : functionCodecs(what, media.codecs);
    if (codecs.length > 0) return { media, codecs };
  }
  return undefined;
}

function refusal(code: MediaResourceErrorCode, text: string): MediaResourceRefusal {
  return { ok: false, code, text };
}
