import type { LadderColumn } from '@imslab/ims-core/trace/ladder';
import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import type { PhoneAudio } from '../ue/audio.ts';
import { labPhone } from '../ue/lab-phone.ts';
import type { Phone } from '../ue/phone.ts';
import { initialPhoneState, peerWords } from '../ue/phone-state.ts';

/** Loudness is sampled this often; a sample is one bar of the band. */
const SAMPLE_MS = 50;
const BAR_PX = 3;
/** What is quieter counts as silence, dBFS. */
const FLOOR_DB = -55;
/** Silence this long is said in words. */
const SILENT_MS = 2_000;

const idle = createStore(() => initialPhoneState);

interface Props {
  readonly columns: readonly LadderColumn[];
}

/** The voice of this tab's call as a band from UE over the relay to UE or AS, as loud as it is heard: silence is seen at once. */
export function VoiceBand({ columns }: Props) {
  const phone = useStore(labPhone, (state) => state.phone);
  const call = useStore(phone?.store ?? idle, (state) => state.call);
  if (phone === null || call === null || call.state !== 'in-call') return null;
  const own = columns.findIndex((column) => column.key === `ue:${phone.sim.imsi}`);
  const others = columns.flatMap((column, index) =>
    (column.node === 'ue' || column.node === 'as') && index !== own ? [{ column, index }] : [],
  );
  // Who is no subscriber's phone is a service; a forwarded call may have led to another phone.
  const other =
    others.find(({ column }) => column.label === call.peer.name) ??
    others.find(({ column }) => column.node === 'as') ??
    others[0];
  if (own < 0 || other === undefined) return null;
  const center = (index: number) => ((index + 0.5) / columns.length) * 100;
  const left = center(Math.min(own, other.index));
  const width = center(Math.max(own, other.index)) - left;
  return (
    <div className="voice-band">
      <div className="ladder-gutter">voice</div>
      <div className="ladder-columns">
        <div className="voice-channel" style={{ left: `${left}%`, width: `${width}%` }}>
          <Voice phone={phone} direction="outgoing" name={phone.sim.name} toRight={own < other.index} />
          <Voice phone={phone} direction="incoming" name={peerWords(call)} toRight={own > other.index} />
        </div>
      </div>
      <div className="ladder-delta" />
    </div>
  );
}

interface VoiceProps {
  readonly phone: Phone;
  readonly direction: 'outgoing' | 'incoming';
  readonly name: string;
  readonly toRight: boolean;
}

function Voice({ phone, direction, name, toRight }: VoiceProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [silent, setSilent] = useState(false);

  useEffect(() => {
    const history: number[] = [];
    let heardAt = performance.now();
    let sampled = 0;
    let frame = 0;
    const step = (now: number) => {
      frame = requestAnimationFrame(step);
      if (now - sampled < SAMPLE_MS || canvas.current === null) return;
      sampled = now;
      const loudness = loudnessOf(phone.audio, direction);
      if (loudness > 0) heardAt = now;
      setSilent(now - heardAt > SILENT_MS);
      history.unshift(loudness);
      history.length = Math.min(history.length, Math.ceil(canvas.current.clientWidth / BAR_PX));
      draw(canvas.current, history, toRight);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [phone, direction, toRight]);

  return (
    <div className="voice" data-direction={direction} data-silent={silent}>
      <canvas ref={canvas} />
      <span className="voice-name">{silent ? `silence from ${name}` : name}</span>
    </div>
  );
}

/** 0 for silence to 1 for full scale. */
function loudnessOf(audio: PhoneAudio, direction: 'outgoing' | 'incoming'): number {
  return Math.max(0, 1 - audio.levelDb(direction) / FLOOR_DB);
}

/** The newest bar stands at the speaker's side and travels to the listener. */
function draw(canvas: HTMLCanvasElement, history: readonly number[], toRight: boolean): void {
  const ratio = window.devicePixelRatio;
  canvas.width = Math.round(canvas.clientWidth * ratio);
  canvas.height = Math.round(canvas.clientHeight * ratio);
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.fillStyle = getComputedStyle(canvas).color;
  const bar = BAR_PX * ratio;
  for (const [index, loudness] of history.entries()) {
    const height = Math.max(ratio, loudness * canvas.height);
    const x = toRight ? index * bar : canvas.width - (index + 1) * bar;
    context.fillRect(x, (canvas.height - height) / 2, bar - ratio, height);
  }
}
