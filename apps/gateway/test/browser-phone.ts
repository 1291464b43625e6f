/**
 * A phone without SIP for a browser page: one peer connection that sends a tone and listens. It is passed to the page as
 * source text, so it may use nothing from outside.
 */
export interface BrowserPhone {
  /** Begins to send a tone; `codecs` (`opus`, `PCMU` ...) limits what is offered and answered. */
  open(options: { toneHz: number; codecs?: readonly string[]; video?: boolean }): void;
  offer(options?: { iceRestart?: boolean; direction?: RTCRtpTransceiverDirection }): Promise<string>;
  /** Takes an offer, gives the answer. */
  answer(offer: string, options?: { direction?: RTCRtpTransceiverDirection }): Promise<string>;
  accept(answer: string): Promise<void>;
  dial(digits: string): void;
  /** What was heard so far, and the strongest frequencies of this moment. */
  listen(): Promise<Heard>;
  close(): void;
}

export interface Heard {
  readonly connection: string;
  readonly bytes: number;
  readonly energy: number;
  readonly codec: string;
  readonly codecs: number;
  /** Strongest first; empty in silence. */
  readonly peaksHz: readonly number[];
}

export function browserPhone(): BrowserPhone {
  const context = new AudioContext({ sampleRate: 48_000 });
  const analyser = context.createAnalyser();
  analyser.fftSize = 16_384;
  analyser.smoothingTimeConstant = 0;
  const player = new Audio();
  const connection = new RTCPeerConnection();
  const oscillator = context.createOscillator();
  let transceiver: RTCRtpTransceiver | undefined;
  let limit: readonly string[] | undefined;

  connection.ontrack = ({ track }) => {
    const stream = new MediaStream([track]);
    player.srcObject = stream;
    void player.play();
    context.createMediaStreamSource(stream).connect(analyser);
  };

  const tone = context.createMediaStreamDestination();
  const track = tone.stream.getAudioTracks()[0];
  if (!track) throw new Error('no audio track');

  const limitCodecs = () => {
    if (!limit || !transceiver) return;
    const names = [...limit, 'telephone-event'].map((name) => `audio/${name}`.toLowerCase());
    const codecs = RTCRtpReceiver.getCapabilities('audio')?.codecs ?? [];
    transceiver.setCodecPreferences(codecs.filter(({ mimeType }) => names.includes(mimeType.toLowerCase())));
  };

  return {
    open({ toneHz, codecs, video }) {
      limit = codecs;
      oscillator.frequency.value = toneHz;
      const gain = context.createGain();
      gain.gain.value = 0.3;
      oscillator.connect(gain).connect(tone);
      oscillator.start();
      if (video) connection.addTransceiver('video');
    },
    async offer(options = {}) {
      transceiver ??= connection.addTransceiver(track, { direction: 'sendrecv' });
      limitCodecs();
      if (options.direction) transceiver.direction = options.direction;
      const offer = await connection.createOffer({ iceRestart: options.iceRestart ?? false });
      await connection.setLocalDescription(offer);
      return offer.sdp ?? '';
    },
    async answer(offer, options = {}) {
      await connection.setRemoteDescription({ type: 'offer', sdp: offer });
      if (!transceiver) {
        transceiver = connection.getTransceivers().find(({ receiver }) => receiver.track.kind === 'audio');
        await transceiver?.sender.replaceTrack(track);
        if (transceiver) transceiver.direction = 'sendrecv';
        limitCodecs();
      }
      if (options.direction && transceiver) transceiver.direction = options.direction;
      const answer = await connection.createAnswer();
      await connection.setLocalDescription(answer);
      return answer.sdp ?? '';
    },
    async accept(answer) {
      await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    },
    dial(digits) {
      transceiver?.sender.dtmf?.insertDTMF(digits, 400, 70);
    },
    async listen() {
      let bytes = 0;
      let energy = 0;
      let codec = '';
      const stats = await connection.getStats();
      for (const entry of stats.values()) {
        if (entry.type !== 'inbound-rtp' || entry.kind !== 'audio') continue;
        bytes += entry.bytesReceived;
        energy += entry.totalAudioEnergy;
        codec = stats.get(entry.codecId)?.mimeType ?? codec;
      }
      const levels = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(levels);
      const binHz = context.sampleRate / analyser.fftSize;
      const peaks: { hz: number; level: number }[] = [];
      for (let bin = 1; bin + 1 < levels.length; bin += 1) {
        const level = levels[bin] ?? -Infinity;
        if (level > -70 && level >= (levels[bin - 1] ?? 0) && level > (levels[bin + 1] ?? 0)) {
          peaks.push({ hz: bin * binHz, level });
        }
      }
      peaks.sort((one, other) => other.level - one.level);
      return {
        connection: connection.connectionState,
        bytes,
        energy,
        codec,
        codecs: transceiver?.sender.getParameters().codecs.length ?? 0,
        peaksHz: peaks.slice(0, 4).map(({ hz }) => Math.round(hz)),
      };
    },
    close() {
      connection.close();
      oscillator.disconnect();
      void context.close();
    },
  };
}
