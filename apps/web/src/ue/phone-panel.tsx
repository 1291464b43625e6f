import { useEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { CallView } from './call-view.tsx';
import { ChatsView } from './chats-view.tsx';
import { DialForm } from './dial-form.tsx';
import { EndedCard } from './ended-card.tsx';
import { IdentityCard } from './identity-card.tsx';
import type { Phone } from './phone.ts';
import { type PhonePage, PhoneTabs } from './phone-tabs.tsx';
import { SecondTabHint } from './second-tab-hint.tsx';
import { ServicesView } from './services-view.tsx';
import { SimDetails } from './sim-details.tsx';
import { SoundChoice } from './sound-choice.tsx';
import { TroubleCard } from './trouble-card.tsx';
import './phone.css';

/** The phone of this tab. */
export function PhonePanel({ phone }: { readonly phone: Phone }) {
  const state = useStore(phone.store);
  const [target, setTarget] = useState('');
  const [firstCallDone, setFirstCallDone] = useState(false);
  const panel = useRef<HTMLElement>(null);
  const { call, registration, registrationTrouble, ended } = state;
  const callState = call?.state;
  const idle = call === null;
  const [page, setPage] = useState<PhonePage>('phone');
  const drafts = useRef(new Map<string, string>());
  const unread = useStore(phone.chats.store, ({ chats }) => chats.reduce((sum, chat) => sum + chat.unread, 0));
  const hasPages = registration !== 'not-registered';
  const shown = hasPages ? page : 'phone';

  // Whoever rings or is called is what the phone shows.
  useEffect(() => {
    if (callState === 'incoming' || callState === 'calling') setPage('phone');
  }, [callState]);

  useEffect(() => {
    if (ended !== null && ended.talkedMs !== null) setFirstCallDone(true);
  }, [ended]);

  // The button that had the focus is gone with its screen: the next screen's first one takes it.
  const screen = hasPages ? shown : 'start';
  const cameFrom = useRef(screen);
  useEffect(() => {
    const from = cameFrom.current;
    cameFrom.current = screen;
    if (document.activeElement !== document.body || (screen !== 'phone' && screen !== 'start')) return;
    // Somebody who is typing must not answer with the Enter that ends a name or a message.
    const typing = callState === 'incoming' && (from !== screen || target !== '');
    const next = typing ? '[role="tab"][aria-selected="true"]' : `[data-focus~="${callState ?? 'idle'}"]`;
    panel.current?.querySelector<HTMLElement>(next)?.focus();
  }, [callState, target, screen]);

  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key !== 'Escape' || idle || callState === 'in-call') return;
    event.preventDefault();
    phone.hangUp();
  };

  return (
    <section className="phone" aria-label={`Phone of ${phone.sim.name}`} ref={panel} onKeyDown={onKeyDown}>
      <IdentityCard phone={phone} state={state} />
      {registrationTrouble && idle ? <TroubleCard trouble={registrationTrouble} /> : null}
      {hasPages ? <PhoneTabs page={shown} unread={unread} onPage={setPage} /> : null}
      <div
        className="phone-page"
        id="phone-page"
        {...(hasPages && { role: 'tabpanel', 'aria-labelledby': `tab-${shown}` })}
      >
        {shown === 'chats' ? (
          <ChatsView phone={phone} ready={registration === 'registered'} drafts={drafts.current} onCall={phone.call} />
        ) : shown === 'services' ? (
          <ServicesView phone={phone} />
        ) : call ? (
          <CallView phone={phone} call={call} />
        ) : registration === 'not-registered' ? (
          <>
            <div className="phone-start">
              <button
                type="button"
                className="button button-primary button-big"
                data-focus="idle"
                onClick={phone.register}
              >
                Register
              </button>
              <p className="phone-fine">
                This tab is a phone with {phone.sim.name}’s SIM. Register connects it to the network.
              </p>
            </div>
            <SecondTabHint phone={phone} />
          </>
        ) : (
          <>
            {ended ? <EndedCard ended={ended} /> : null}
            <DialForm phone={phone} ready={registration === 'registered'} target={target} onTarget={setTarget} />
            {firstCallDone ? (
              <p className="phone-fine phone-figures">
                The ladder now holds the three figures of a first IMS lab, from top to bottom: registration, call,
                media.
              </p>
            ) : (
              <SecondTabHint phone={phone} />
            )}
          </>
        )}
      </div>
      <div className="phone-foot">
        <SoundChoice audio={phone.audio} />
        <SimDetails phone={phone} state={state} />
      </div>
    </section>
  );
}
