import { AudioWaveform, Mic } from 'lucide-react';
import { useStore } from 'zustand';
import type { AudioSource, PhoneAudio } from './audio.ts';

/** What the peer hears: the microphone, or this SIM's own test tone. */
export function SoundChoice({ audio }: { readonly audio: PhoneAudio }) {
  const { source, toneHz, notice, blocked } = useStore(audio.store);
  const choices: readonly { readonly value: AudioSource; readonly label: string; readonly icon: typeof Mic }[] = [
    { value: 'microphone', label: 'Microphone', icon: Mic },
    { value: 'tone', label: `Tone ${toneHz} Hz`, icon: AudioWaveform },
  ];
  return (
    <fieldset className="sound">
      <legend>What the other side hears</legend>
      <div className="segments">
        {choices.map(({ value, label, icon: Icon }) => (
          <label key={value}>
            <input
              type="radio"
              name="sound"
              value={value}
              checked={source === value}
              onChange={() => audio.setSource(value)}
            />
            <Icon size={16} aria-hidden="true" />
            {label}
          </label>
        ))}
      </div>
      {notice ? (
        <p className="sound-notice" role="alert">
          {notice}
        </p>
      ) : null}
      {blocked ? (
        <p className="sound-notice" role="alert">
          The browser keeps this tab silent: click anywhere to hear it.
        </p>
      ) : null}
    </fieldset>
  );
}
