/** Sounds of the phone itself, rendered once and looped on the audio clock: they go on in a hidden tab without any timer. */

interface Beep {
  readonly fromS: number;
  readonly toS: number;
  readonly hz: readonly number[];
}

interface Cadence {
  readonly lengthS: number;
  readonly gain: number;
  /** Seconds in which a beep fades to a third; 0 for a steady tone. */
  readonly decayS: number;
  readonly beeps: readonly Beep[];
}

const EDGE_S = 0.008;

const note = (fromS: number, hz: number): Beep => ({ fromS, toS: fromS + 0.9, hz: [hz, hz * 2, hz * 3.01] });

/** Two rising figures of a soft bell, then quiet. */
const ring: Cadence = {
  lengthS: 3.2,
  gain: 0.22,
  decayS: 0.22,
  beeps: [0, 0.75].flatMap((at) => [note(at, 659.26), note(at + 0.14, 783.99), note(at + 0.28, 987.77)]),
};

/** Ringing tone of the lab's country: 440 and 480 Hz, 2 s on, 4 s off. @see ITU-T E.180 */
const ringback: Cadence = { lengthS: 6, gain: 0.07, decayS: 0, beeps: [{ fromS: 0, toS: 2, hz: [440, 480] }] };

const cadences = { ring, ringback };
export type ToneName = keyof typeof cadences;

/** Enough for the highest overtone, and quickly rendered: whoever calls does not wait for it. */
const SAMPLE_RATE_HZ = 16_000;

const rendered = new Map<ToneName, AudioBuffer>();

/** Renders the tones before somebody calls, when the page has nothing else to do. */
export function prepareTones(): void {
  for (const name of ['ring', 'ringback'] as const) bufferOf(name);
}

function bufferOf(name: ToneName): AudioBuffer {
  const buffer = rendered.get(name) ?? render(cadences[name]);
  rendered.set(name, buffer);
  return buffer;
}

/** Plays a tone again and again until the returned function is called. */
export function playTone(context: AudioContext, name: ToneName): () => void {
  const source = new AudioBufferSourceNode(context, { buffer: bufferOf(name), loop: true });
  source.connect(context.destination);
  source.start();
  return () => {
    source.stop();
    source.disconnect();
  };
}

function render({ lengthS, gain, decayS, beeps }: Cadence): AudioBuffer {
  const rate = SAMPLE_RATE_HZ;
  const buffer = new AudioBuffer({ length: Math.round(lengthS * rate), sampleRate: rate });
  const samples = buffer.getChannelData(0);
  for (const { fromS, toS, hz } of beeps) {
    const first = Math.round(fromS * rate);
    const last = Math.min(samples.length, Math.round(toS * rate));
    for (let index = first; index < last; index += 1) {
      const t = (index - first) / rate;
      const edge = Math.min(1, t / EDGE_S, (last - index) / rate / EDGE_S);
      const decay = decayS === 0 ? 1 : Math.exp(-t / decayS);
      // Overtones are quieter than the note they colour; the two tones of a cadence are equal.
      const value = hz.reduce((sum, f, n) => sum + Math.sin(2 * Math.PI * f * t) / (decayS === 0 ? 1 : 4 ** n), 0);
      samples[index] = (samples[index] ?? 0) + value * gain * edge * decay;
    }
  }
  return buffer;
}
