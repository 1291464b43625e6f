import type { SdpFingerprint, SdpIce } from '@imslab/ims-core/protocols/sdp/description';
import type { types } from 'mediasoup';
import { LegStreams } from './leg-streams.ts';
import type { LegTrace } from './media-trace.ts';

/** What a browser's SDP says of its end of the transport. */
export interface RemoteTransport {
  readonly ice: SdpIce;
  readonly fingerprint: SdpFingerprint;
  /** Who begins DTLS. */
  readonly role: 'client' | 'server';
}

const FINGERPRINT_ALGORITHMS: readonly types.FingerprintAlgorithm[] = [
  'sha-1',
  'sha-224',
  'sha-256',
  'sha-384',
  'sha-512',
];

/** The WebRTC side of one pass: a browser's transport and the streams on it. */
export class AccessLeg {
  readonly transport: types.WebRtcTransport;
  readonly streams: LegStreams;
  readonly #trace: LegTrace;
  #remote: RemoteTransport | undefined;
  #iceUp = false;

  private constructor(transport: types.WebRtcTransport, trace: LegTrace) {
    this.transport = transport;
    this.#trace = trace;
    this.streams = new LegStreams({ of: () => transport, tuple: () => transport.iceSelectedTuple }, trace);
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

  close(): void {
    this.transport.close();
  }

  #onIceState(state: types.IceState): void {
    const up = state === 'connected' || state === 'completed';
    const tuple = this.transport.iceSelectedTuple;
    if (up && !this.#iceUp) this.#trace.fromPeer('ICE connected', `over ${tuple?.protocol ?? 'udp'}`, tuple);
    if (state === 'disconnected')
      this.#trace.fromPeer('ICE disconnected', 'no consent from the browser (RFC 7675)', tuple);
    this.#iceUp = up;
  }

  #onDtlsState(state: types.DtlsState): void {
    const tuple = this.transport.iceSelectedTuple;
    if (state === 'connected') this.#trace.fromPeer('DTLS connected', 'keys for SRTP agreed (RFC 5764)', tuple);
    if (state === 'failed') this.#trace.fromPeer('DTLS failed', 'the certificate is not the one in the SDP', tuple);
  }
}
