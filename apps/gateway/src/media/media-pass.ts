import type { MediaLegKey, MediaSide, MediaUe } from '@imslab/ims-core/ports/media-relay';
import {
  isRtp,
  type SdpCodec,
  type SdpDescription,
  type SdpDirection,
  type SdpExtension,
  type SdpMedia,
} from '@imslab/ims-core/protocols/sdp/description';
import { checkNewOffer, reverseDirection, sends } from '@imslab/ims-core/protocols/sdp/offer-answer';
import { commonCodecs, relayedCodecs } from '@imslab/ims-core/protocols/sdp/relayed-codecs';
import {
  type CoreLine,
  type RefusedLine,
  type WebrtcLine,
  writeCoreSdp,
  writeWebrtcSdp,
} from '@imslab/ims-core/protocols/sdp/write';
import type { types } from 'mediasoup';
import type { AccessLeg } from './access-leg.ts';
import type { CorePorts } from './core-ports.ts';
import { DescribedSide } from './described-side.ts';
import { answeredExtensions, negotiatesMid, offeredExtensions } from './header-extensions.ts';
import type { AgreedLine, LegStreams } from './leg-streams.ts';
import {
  answeredLines,
  answererRole,
  feedbackOf,
  type Line,
  refusedLine,
  remoteTransport,
  requireCodec,
  requireSources,
} from './media-lines.ts';
import { MediaRefusal } from './media-refusal.ts';
import type { PlainLeg } from './plain-leg.ts';

/** The router of a call and the numbers that its first offer gave to the codecs. */
export interface MediaCall {
  readonly router: types.Router;
  readonly server: types.WebRtcServer;
  readonly codecs: readonly SdpCodec[];
  readonly passes: Set<MediaPass>;
}

/** The latest offer, kept after its answer: an answer may come again (183 and 200), or from another branch. */
interface Exchange {
  readonly from: MediaSide;
  /** The core side is another leg of this relay. */
  readonly joinsOwnLeg: boolean;
  readonly offer: SdpDescription;
  readonly lines: readonly Line[];
}

const CORE_PROTOCOL = 'RTP/AVP';
const WEBRTC_PROTOCOL = 'UDP/TLS/RTP/SAVPF';
/** RFC 3264 §8.4 knows it from RFC 2543: an address that asks not to be sent to. */
const OLD_HOLD_ADDRESS = '0.0.0.0';

/** One pass of one call through one P-CSCF: a browser on one side, an ordinary SDP on the other. */
export class MediaPass {
  readonly key: MediaLegKey;
  readonly ue: MediaUe;
  readonly call: MediaCall;
  readonly leg: AccessLeg;
  /** True on the leg whose browser offered first: its numbers are the browser's, and its streams go by SSRC. */
  readonly #offeredFirst: boolean;
  readonly #corePorts: CorePorts<MediaPass>;
  readonly #coreAddress: string;
  readonly #newPlainLeg: () => PlainLeg;
  readonly #webrtcSide: DescribedSide;
  readonly #coreSide: DescribedSide;
  readonly #portOfLine: number[] = [];
  readonly #midOfLine: string[] = [];
  readonly #extensionsOfLine: (readonly SdpExtension[] | undefined)[] = [];
  #exchange: Exchange | undefined;
  /** There while the core side is a peer outside this relay. */
  #plainLeg: PlainLeg | undefined;
  /** The browser's latest SDP that was agreed on. */
  #agreed: SdpDescription = { media: [] };

  constructor(options: {
    readonly key: MediaLegKey;
    readonly ue: MediaUe;
    readonly call: MediaCall;
    readonly leg: AccessLeg;
    readonly offeredFirst: boolean;
    readonly corePorts: CorePorts<MediaPass>;
    readonly coreAddress: string;
    readonly newPlainLeg: () => PlainLeg;
    readonly sessionId: string;
  }) {
    this.key = options.key;
    this.ue = options.ue;
    this.call = options.call;
    this.leg = options.leg;
    this.#offeredFirst = options.offeredFirst;
    this.#corePorts = options.corePorts;
    this.#coreAddress = options.coreAddress;
    this.#newPlainLeg = options.newPlainLeg;
    this.#webrtcSide = new DescribedSide(options.sessionId, options.coreAddress);
    this.#coreSide = new DescribedSide(options.sessionId, options.coreAddress);
  }

  /** The browser offers: what the core is offered. */
  offerToCore(offer: SdpDescription): string {
    const problem = checkNewOffer(this.#agreed, offer);
    if (problem) throw new MediaRefusal('MEDIA_SDP_MALFORMED', `${problem.text} (${problem.reference})`);
    const remote = remoteTransport(offer, 'client');
    if (this.leg.changesCertificate(remote.fingerprint)) {
      // Deviation: RFC 8842 §5.5 would begin a new DTLS association; a WebRTC transport of the relay has one for its life.
      throw new MediaRefusal('MEDIA_NOT_SUPPORTED', 'the offer has another certificate than the session');
    }
    const lines = this.#offeredLines(offer);
    this.#exchange = { from: 'webrtc', joinsOwnLeg: false, offer, lines };
    return this.#coreSdp(lines);
  }

  /** The core offers: what the browser is offered. */
  offerToBrowser(offer: SdpDescription, joinsOwnLeg: boolean): string {
    const lines = this.#offeredLines(offer);
    if (!joinsOwnLeg) requireSources(lines);
    this.#exchange = { from: 'core', joinsOwnLeg, offer, lines };
    return this.#webrtcSdp('actpass', lines, (line, index) => ({
      protocol: WEBRTC_PROTOCOL,
      extensions: this.#offeredExtensions(index),
      codecs: line.codecs.map((codec) => ({
        ...codec,
        feedback: codec.name.toLowerCase() === 'opus' ? ['transport-cc'] : [],
      })),
    }));
  }

  /** The browser answers what it was offered: what the core is answered. */
  async answerToCore(answer: SdpDescription): Promise<string> {
    const { lines: offered, offer, joinsOwnLeg } = this.#exchangeFrom('core');
    const lines = answeredLines(offer, offered, answer);
    const remote = remoteTransport(answer, answererRole(answer));
    for (const [index, { media }] of lines.entries()) {
      this.#midOfLine[index] = media.mid || this.#mid(index);
      // What the browser repeats of the offer holds; a number it made up does not.
      const offeredNow = this.#offeredExtensions(index);
      this.#extensionsOfLine[index] = media.extensions.filter(({ id, uri }) =>
        offeredNow.some((extension) => extension.id === id && extension.uri === uri),
      );
    }
    const agreed = lines.map((line, index) => this.#agreedLine(line.media, line.codecs, line.direction, index));
    await Promise.all([this.leg.connect(remote), this.leg.streams.receive(agreed)]);
    this.#agreed = answer;
    const coreSdp = this.#coreSdp(lines);
    // An own leg joins this one when its browser gets the answer.
    if (!joinsOwnLeg)
      await this.#joinPlain(
        lines.map((line, index) => ({
          ...line,
          media: offer.media[index] ?? line.media,
          direction: reverseDirection(line.direction),
        })),
      );
    return coreSdp;
  }

  /**
   * The core answers what the browser offered: joins the two legs, and says what the browser is answered.
   * @param other the pass that answered; undefined for a peer outside this relay
   */
  async answerToBrowser(answer: SdpDescription, other: MediaPass | undefined): Promise<string> {
    const { lines: offered, offer } = this.#exchangeFrom('webrtc');
    const lines = answeredLines(offer, offered, answer);
    if (!other) requireSources(lines);
    const remote = remoteTransport(offer, 'client');
    for (const [index, media] of offer.media.entries()) {
      this.#midOfLine[index] = media.mid || String(index);
      this.#extensionsOfLine[index] = answeredExtensions(media.extensions, !this.#offeredFirst);
    }
    const agreed = lines.map((line, index) =>
      this.#agreedLine(offer.media[index], line.codecs, reverseDirection(line.direction), index),
    );
    await Promise.all([this.leg.connect(remote), this.leg.streams.receive(agreed)]);
    this.#agreed = offer;
    if (other) {
      await this.#plainLeg?.close();
      this.#plainLeg = undefined;
      await this.#join(other.leg.streams);
    } else {
      await this.#joinPlain(lines);
    }
    return this.#webrtcSdp('passive', lines, (line, index) => ({
      protocol: offer.media[index]?.protocol ?? WEBRTC_PROTOCOL,
      extensions: this.#extensionsOfLine[index] ?? [],
      codecs: line.codecs.map((codec) => ({ ...codec, feedback: this.#offeredFeedback(codec, index) })),
    }));
  }

  async close(): Promise<void> {
    for (const port of this.#portOfLine) this.#corePorts.release(port);
    const plainClosed = this.#plainLeg?.close();
    this.leg.close();
    await plainClosed;
    this.call.passes.delete(this);
    if (this.call.passes.size === 0) this.call.router.close();
  }

  async #join(far: LegStreams): Promise<void> {
    await Promise.all([this.leg.streams.sendFrom(far), far.sendFrom(this.leg.streams)]);
  }

  /** Opens or changes the plain RTP side, and joins it. @param lines as the peer describes them */
  async #joinPlain(lines: readonly Line[]): Promise<void> {
    this.#plainLeg ??= this.#newPlainLeg();
    await this.#plainLeg.agree(
      lines.map((line, index) =>
        line.codecs.length > 0 && line.media.address !== OLD_HOLD_ADDRESS
          ? { ...line, localPort: this.#corePort(index), mid: this.#mid(index) }
          : undefined,
      ),
    );
    await this.#join(this.#plainLeg.streams);
  }

  #exchangeFrom(side: MediaSide): Exchange {
    if (this.#exchange?.from !== side) {
      throw new MediaRefusal('MEDIA_UNKNOWN_SESSION', 'there is no offer to which this could be the answer');
    }
    return this.#exchange;
  }

  #offeredLines(offer: SdpDescription): readonly Line[] {
    const lines = offer.media.map((media) => ({
      media,
      codecs: commonCodecs(relayedCodecs(media), this.call.codecs),
      direction: media.address === OLD_HOLD_ADDRESS && media.protocol === CORE_PROTOCOL ? 'inactive' : media.direction,
    }));
    requireCodec(lines);
    return lines;
  }

  #agreedLine(
    media: SdpMedia | undefined,
    codecs: readonly SdpCodec[],
    direction: SdpDirection,
    index: number,
  ): AgreedLine | undefined {
    if (!media || codecs.length === 0) return undefined;
    const extensions = this.#extensionsOfLine[index] ?? [];
    const ssrc = media.ssrcs[0];
    // Without MID nor SSRC the relay could not tell the stream; it can when the browser announces one with a new offer.
    const tellable = ssrc !== undefined || negotiatesMid(extensions);
    const withFeedback = codecs.map((codec) => ({ ...codec, feedback: feedbackOf(media, codec) }));
    return {
      codecs: withFeedback,
      extensions,
      mid: this.#mid(index),
      ssrc,
      cname: media.cname,
      peerSends: sends(direction) && tellable,
    };
  }

  #offeredExtensions(index: number): readonly SdpExtension[] {
    return offeredExtensions(this.#extensionsOfLine[index], this.leg.streams.source(index) === undefined);
  }

  #offeredFeedback(codec: SdpCodec, index: number): readonly string[] {
    const media = this.#exchange?.offer.media[index];
    return media ? feedbackOf(media, codec) : [];
  }

  #mid(index: number): string {
    const known = this.#midOfLine[index];
    if (known !== undefined) return known;
    const own = String(index);
    const mid = this.#midOfLine.includes(own) ? `relay${index}` : own;
    this.#midOfLine[index] = mid;
    return mid;
  }

  #corePort(index: number): number {
    const port = this.#portOfLine[index] ?? this.#corePorts.take(this);
    if (port === undefined) throw new MediaRefusal('MEDIA_NO_RESOURCES', 'all ports for media in the core are in use');
    this.#portOfLine[index] = port;
    return port;
  }

  #coreSdp(lines: readonly Line[]): string {
    const media = lines.map((line, index): CoreLine | RefusedLine =>
      line.codecs.length === 0
        ? refusedLine(line.media, isRtp(line.media.protocol) ? CORE_PROTOCOL : line.media.protocol, '')
        : {
            refused: false,
            kind: line.media.kind,
            protocol: CORE_PROTOCOL,
            port: this.#corePort(index),
            codecs: line.codecs,
            direction: line.direction,
            ptime: line.media.ptime,
          },
    );
    return this.#coreSide.describe((origin) => writeCoreSdp({ origin, media }));
  }

  #webrtcSdp(
    setup: 'actpass' | 'passive',
    lines: readonly Line[],
    details: (line: Line, index: number) => Pick<WebrtcLine, 'protocol' | 'extensions' | 'codecs'>,
  ): string {
    const { iceParameters, iceCandidates, dtlsParameters } = this.leg.transport;
    const fingerprint = dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256');
    if (!fingerprint) throw new Error('the media worker has no SHA-256 fingerprint');
    const media = lines.map((line, index): WebrtcLine | RefusedLine => {
      const mid = this.#mid(index);
      const described = details(line, index);
      if (line.codecs.length === 0) {
        const protocol = isRtp(line.media.protocol) ? described.protocol : line.media.protocol;
        return refusedLine(line.media, protocol, mid);
      }
      return {
        refused: false,
        kind: line.media.kind,
        mid,
        direction: line.direction,
        ptime: line.media.ptime,
        // Announced on hold too: a browser that loses the SSRC of a stream ends its track's sound for good.
        source: this.#offeredFirst ? this.leg.streams.source(index) : undefined,
        ...described,
      };
    });
    return this.#webrtcSide.describe((origin) =>
      writeWebrtcSdp({ origin, ice: iceParameters, candidates: iceCandidates, fingerprint, setup, media }),
    );
  }
}
