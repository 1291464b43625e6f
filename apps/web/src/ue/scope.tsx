import { useEffect, useRef } from 'react';
import type { Direction, PhoneAudio } from './audio.ts';

/** Span of the meter: what is quieter is shown as silence. */
const FLOOR_DB = -60;
/** Part of the samples that is drawn; the rest lets the trace begin at a rising zero crossing, so that a tone stands still. */
const DRAWN = 1024;
/** A voice needs no more pictures than this; the browser draws up to twice as many. */
const DRAW_EVERY_MS = 30;
/** The meter's number changes slower than the trace, so that it can be read. */
const NUMBER_EVERY_MS = 250;
/** Full height of the trace; voices rarely come near full scale. */
const TRACE_GAIN = 2.2;

interface ScopeProps {
  readonly audio: PhoneAudio;
  readonly direction: Direction;
  /** Whose voice it is. */
  readonly label: string;
}

/** One voice as an oscilloscope draws it, with its level; drawn only while the tab is seen. */
export function Scope({ audio, direction, label }: ScopeProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const meter = useRef<HTMLMeterElement>(null);
  const number = useRef<HTMLSpanElement>(null);

  useEffect(() => {
    let frame = 0;
    let drawn = 0;
    let numbered = 0;
    const step = (now: number) => {
      frame = requestAnimationFrame(step);
      if (now - drawn < DRAW_EVERY_MS) return;
      drawn = now;
      if (canvas.current) draw(canvas.current, audio.analyser(direction));
      if (now - numbered < NUMBER_EVERY_MS) return;
      numbered = now;
      const db = Math.max(FLOOR_DB, audio.levelDb(direction));
      const text = db <= FLOOR_DB ? 'silent' : `${Math.round(db)} dB`;
      if (number.current) number.current.textContent = text.replace('-', '−');
      if (meter.current) meter.current.value = Math.round(db);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [audio, direction]);

  return (
    <div className="scope" data-direction={direction}>
      <div className="scope-head">
        <span>{label}</span>
        <span className="mono" ref={number} />
      </div>
      <canvas ref={canvas} />
      <meter
        className="visually-hidden"
        ref={meter}
        aria-label={`Level: ${label}`}
        min={FLOOR_DB}
        max={0}
        value={FLOOR_DB}
      />
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, analyser: AnalyserNode | null): void {
  const ratio = window.devicePixelRatio;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.clearRect(0, 0, width, height);
  context.strokeStyle = getComputedStyle(canvas).color;
  context.lineWidth = 1.5 * ratio;
  context.lineJoin = 'round';
  context.beginPath();
  const middle = height / 2;
  if (analyser === null) {
    context.moveTo(0, middle);
    context.lineTo(width, middle);
  } else {
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    const first = risingZero(samples);
    for (let index = 0; index < DRAWN; index += 2) {
      const x = (index / (DRAWN - 2)) * width;
      const value = Math.max(-1, Math.min(1, (samples[first + index] ?? 0) * TRACE_GAIN));
      context.lineTo(x, middle - value * (middle - context.lineWidth));
    }
  }
  context.stroke();
}

function risingZero(samples: Float32Array): number {
  for (let index = 1; index < samples.length - DRAWN; index += 1) {
    if ((samples[index - 1] ?? 0) < 0 && (samples[index] ?? 0) >= 0) return index;
  }
  return 0;
}
