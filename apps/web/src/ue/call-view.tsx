import { Mic, MicOff, Phone as PhoneIcon, PhoneOff, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Avatar } from './avatar.tsx';
import { formatDuration } from './duration.ts';
import type { Phone } from './phone.ts';
import { type Call, type CallState, peerWords } from './phone-state.ts';
import { Scope } from './scope.tsx';

const captions: Readonly<Record<CallState, string>> = {
  calling: 'Looking for the other phone',
  forwarding: 'The call is being forwarded',
  ringing: 'Their phone rings',
  incoming: 'is calling you',
  answering: 'Connecting',
  'in-call': '',
};

interface CallViewProps {
  readonly phone: Phone;
  readonly call: Call;
}

/** The call that goes on: who, how long, how loud, and what can be done. */
export function CallView({ phone, call }: CallViewProps) {
  const { peer, forwardedFrom, state, answeredAt } = call;
  const talking = state === 'in-call';
  return (
    <section className="call" data-state={state} aria-label={`Call with ${peer.name}`}>
      <div className="call-peer">
        <Avatar name={peer.name} size="large" />
        <h3>{peer.name}</h3>
        <p className="mono call-number">{peer.number}</p>
        {forwardedFrom === null ? null : <p className="call-forwarded">forwarded from {forwardedFrom.name}</p>}
        {talking && answeredAt !== null ? (
          <Duration since={answeredAt} />
        ) : (
          <p className="call-caption">{captions[state]}</p>
        )}
      </div>
      {talking ? (
        <div className="call-scopes">
          <Scope audio={phone.audio} direction="outgoing" label={call.muted ? 'You, muted' : 'You'} />
          <Scope audio={phone.audio} direction="incoming" label={peerWords(call)} />
        </div>
      ) : null}
      <div className="call-keys">
        {state === 'incoming' ? (
          <>
            <button type="button" className="button button-bad button-key" onClick={phone.reject}>
              <X size={20} aria-hidden="true" />
              Reject
              <span className="key" aria-hidden="true">
                Esc
              </span>
            </button>
            <button
              type="button"
              className="button button-good button-key"
              data-focus="incoming"
              onClick={phone.answer}
            >
              <PhoneIcon size={20} aria-hidden="true" />
              Answer
              <span className="key" aria-hidden="true">
                Enter
              </span>
            </button>
          </>
        ) : (
          <>
            {talking ? (
              <button
                type="button"
                className="button button-key"
                data-focus="in-call"
                aria-pressed={call.muted}
                onClick={() => phone.setMuted(!call.muted)}
              >
                {call.muted ? <MicOff size={20} aria-hidden="true" /> : <Mic size={20} aria-hidden="true" />}
                Mute
              </button>
            ) : null}
            <button
              type="button"
              className="button button-bad button-key"
              data-focus="calling forwarding ringing answering"
              onClick={phone.hangUp}
            >
              <PhoneOff size={20} aria-hidden="true" />
              Hang up
              {talking ? null : (
                <span className="key" aria-hidden="true">
                  Esc
                </span>
              )}
            </button>
          </>
        )}
      </div>
    </section>
  );
}

const SECOND_MS = 1000;

function Duration({ since }: { readonly since: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), SECOND_MS / 4);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="call-duration" role="timer" aria-label="Duration">
      {formatDuration(now - since)}
    </p>
  );
}
