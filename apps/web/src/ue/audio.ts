import { createStore, type StoreApi } from 'zustand/vanilla';
import { playTone, type ToneName } from './tones.ts';

export type AudioSource = 'microphone' | 'tone';
export type Direction = 'outgoing' | 'incoming';

export interface AudioState {
  /** What the peer hears, or will hear in the next call. */
  readonly source: AudioSource;
  /** Frequency of this SIM's test tone. */
  readonly toneHz: number;
  /** Why it is not the microphone although a person wanted it; empty when all is well. */
  readonly notice: string;
  /** The browser keeps the page silent until somebody clicks. */
  readonly blocked: boolean;
  /** What the phone itself sounds now. */
  readonly sounding: ToneName | null;
}

/** Sound into a call: a stream that is there at once, so that no INVITE waits for a microphone. */
export interface Uplink {
  readonly stream: MediaStream;
  /** Says which sender carries the stream, so that the microphone can take its place. */
  attach(sender: RTCRtpSender): void;
  setMuted(muted: boolean): void;
  close(): void;
}

export interface PhoneAudio {
  readonly store: Omit<StoreApi<AudioState>, 'setState'>;
  setSource(source: AudioSource): void;
  openUplink(): Uplink;
  playRemote(stream: MediaStream): void;
  stopRemote(): void;
  /** Plays the ring or the ringing tone until it is called with null. */
  sound(tone: ToneName | null): void;
  /** Lets sound begin; works inside a click or a key press. */
  unlock(): void;
  analyser(direction: Direction): AnalyserNode | null;
  /** RMS of the last 43 ms in dBFS, -Infinity for silence. */
  levelDb(direction: Direction): number;
  close(): void;
}

const TONE_GAIN = 0.25;
const ANALYSER_SAMPLES = 2048;
/** Seconds in which the test tone comes and goes, so that it does not click. */
const TONE_EDGE_S = 0.02;
const FIRST_TONE_HZ = 350;
const TONE_STEP_HZ = 70;

/** Test tone of a SIM: Alice 420 Hz, Bob 490 Hz, and so on by the last two digits of the IMSI. */
export function toneHzOf(imsi: string): number {
  return FIRST_TONE_HZ + TONE_STEP_HZ * Number(imsi.slice(-2));
}

/** Sound of one phone: into the call, out of it, and its own tones. */
export function createPhoneAudio(toneHz: number, source: AudioSource): PhoneAudio {
  const store = createStore<AudioState>()(() => ({ source, toneHz, notice: '', blocked: false, sounding: null }));
  const speaker = new Audio();
  speaker.autoplay = true;
  let context: AudioContext | null = null;
  let uplink: (Uplink & { readonly analyser: AnalyserNode | null; send(source: AudioSource): void }) | null = null;
  let remote: { readonly source: MediaStreamAudioSourceNode; readonly analyser: AnalyserNode } | null = null;
  let stopTone = () => {};

  /** The audio clock; a page without a click yet may have to wait for it. */
  function clock(): AudioContext {
    if (context === null) {
      context = new AudioContext({ latencyHint: 'interactive' });
      context.onstatechange = () => {
        if (context?.state === 'running') store.setState({ blocked: false });
      };
    }
    if (context.state === 'suspended') void context.resume();
    return context;
  }

  function openUplink(): Uplink {
    uplink?.close();
    const ctx = clock();
    const out = new MediaStreamAudioDestinationNode(ctx, { channelCount: 1 });
    const [quiet] = out.stream.getAudioTracks();
    const gain = new GainNode(ctx, { gain: 0 });
    const oscillator = new OscillatorNode(ctx, { frequency: toneHz });
    oscillator.connect(gain).connect(out);
    oscillator.start();
    const analyser = new AnalyserNode(ctx, { fftSize: ANALYSER_SAMPLES });
    gain.connect(analyser);
    let sender: RTCRtpSender | null = null;
    let microphone: { readonly track: MediaStreamTrack; readonly node: MediaStreamAudioSourceNode } | null = null;
    let wanted: AudioSource = 'tone';
    let muted = false;
    let closed = false;

    const sendTone = (on: boolean) => gain.gain.setTargetAtTime(on ? TONE_GAIN : 0, ctx.currentTime, TONE_EDGE_S / 3);
    const put = () => {
      const track = microphone?.track ?? quiet ?? null;
      for (const each of [microphone?.track, quiet]) if (each) each.enabled = !muted;
      if (sender && sender.track !== track) void sender.replaceTrack(track).catch(() => {});
    };
    const dropMicrophone = () => {
      microphone?.node.disconnect();
      microphone?.track.stop();
      microphone = null;
    };

    async function sendMicrophone(): Promise<void> {
      const opened = await openMicrophone();
      if (closed || wanted !== 'microphone') {
        if (opened.ok) for (const track of opened.stream.getTracks()) track.stop();
        return;
      }
      if (!opened.ok) {
        store.setState({ source: 'tone', notice: opened.notice });
        send('tone');
        return;
      }
      const [track] = opened.stream.getAudioTracks();
      if (track === undefined) return;
      const node = new MediaStreamAudioSourceNode(ctx, { mediaStream: opened.stream });
      node.connect(analyser);
      microphone = { track, node };
      track.onended = () => {
        store.setState({ source: 'tone', notice: 'The microphone is gone: the test tone is sent instead.' });
        send('tone');
      };
      put();
    }

    function send(next: AudioSource): void {
      wanted = next;
      sendTone(next === 'tone');
      if (next === 'tone') {
        dropMicrophone();
        put();
      } else void sendMicrophone();
    }

    const self = {
      stream: out.stream,
      get analyser() {
        return muted ? null : analyser;
      },
      send,
      attach(carrier: RTCRtpSender) {
        sender = carrier;
        put();
      },
      setMuted(value: boolean) {
        muted = value;
        put();
      },
      close() {
        closed = true;
        dropMicrophone();
        oscillator.stop();
        gain.disconnect();
        quiet?.stop();
        if (uplink === self) uplink = null;
      },
    };
    uplink = self;
    send(store.getState().source);
    return self;
  }

  function playRemote(stream: MediaStream): void {
    stopRemote();
    speaker.srcObject = stream;
    speaker.play().catch(() => {
      if (speaker.srcObject === stream) store.setState({ blocked: true });
    });
    const source = new MediaStreamAudioSourceNode(clock(), { mediaStream: stream });
    const analyser = new AnalyserNode(clock(), { fftSize: ANALYSER_SAMPLES });
    source.connect(analyser);
    remote = { source, analyser };
  }

  function stopRemote(): void {
    remote?.source.disconnect();
    remote = null;
    speaker.srcObject = null;
  }

  function sound(tone: ToneName | null): void {
    stopTone();
    stopTone = () => {};
    store.setState({ sounding: tone });
    if (tone === null) {
      store.setState({ blocked: false });
      return;
    }
    const ctx = clock();
    if (ctx.state !== 'running') {
      void ctx.resume().then(() => store.setState({ blocked: false }));
      store.setState({ blocked: true });
    }
    stopTone = playTone(ctx, tone);
  }

  function analyser(direction: Direction): AnalyserNode | null {
    return (direction === 'outgoing' ? uplink?.analyser : remote?.analyser) ?? null;
  }

  return {
    store,
    setSource(next) {
      store.setState({ source: next, notice: '' });
      uplink?.send(next);
    },
    openUplink,
    playRemote,
    stopRemote,
    sound,
    unlock() {
      clock();
      if (speaker.srcObject !== null && speaker.paused) void speaker.play().catch(() => {});
    },
    analyser,
    levelDb: (direction) => levelDbOf(analyser(direction)),
    close() {
      sound(null);
      stopRemote();
      uplink?.close();
      void context?.close();
    },
  };
}

function levelDbOf(analyser: AnalyserNode | null): number {
  if (analyser === null) return Number.NEGATIVE_INFINITY;
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return 10 * Math.log10(power);
}

type Opened = { readonly ok: true; readonly stream: MediaStream } | { readonly ok: false; readonly notice: string };

async function openMicrophone(): Promise<Opened> {
  // Absent on a page that is neither HTTPS nor localhost.
  const devices: MediaDevices | undefined = navigator.mediaDevices;
  if (devices === undefined) {
    return {
      ok: false,
      notice: 'Browsers give a microphone only to HTTPS or localhost: the test tone is sent instead.',
    };
  }
  try {
    return { ok: true, stream: await devices.getUserMedia({ audio: true }) };
  } catch (error) {
    return { ok: false, notice: microphoneNotice(error instanceof DOMException ? error.name : '') };
  }
}

function microphoneNotice(name: string): string {
  switch (name) {
    case 'NotAllowedError':
      return 'The microphone is not allowed here: the test tone is sent instead.';
    case 'NotFoundError':
      return 'No microphone was found: the test tone is sent instead.';
    default:
      return 'The microphone could not be opened: the test tone is sent instead.';
  }
}
