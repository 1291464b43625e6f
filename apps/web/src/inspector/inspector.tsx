import { eventLabel } from '@imslab/ims-core/trace/ladder';
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { trace } from '../ladder/trace-store.ts';
import { AvpTree } from './avp-tree.tsx';
import { SipChanges, SipParsed, SipRaw } from './sip-view.tsx';
import './inspector.css';

type Tab = 'Parsed' | 'Raw' | 'Changes';

/** The chosen event, docked under the ladder: taken apart, as it was on the wire, and what this box changed in it. */
export function Inspector() {
  const seq = useStore(trace, (state) => state.selected);
  const event = useStore(trace, (state) => (seq === null ? undefined : state.events.get(seq)));
  const [tab, setTab] = useState<Tab>('Parsed');

  useEffect(() => {
    const close = (key: KeyboardEvent) => {
      if (key.key === 'Escape') trace.setState({ selected: null });
    };
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, []);

  if (event === undefined) return null;
  const tabs: readonly Tab[] = event.kind === 'sip' ? ['Parsed', 'Raw', 'Changes'] : ['Parsed'];
  const shown = tabs.includes(tab) ? tab : 'Parsed';
  return (
    <section className="inspector" aria-label="Message">
      <header className="inspector-head">
        <div className="tabs" role="tablist" aria-label="View of the message">
          {tabs.map((name) => (
            <button key={name} type="button" role="tab" aria-selected={shown === name} onClick={() => setTab(name)}>
              {name}
              {name === 'Changes' && event.kind === 'sip' && event.sip.changes.length > 0 ? (
                <span className="count">{event.sip.changes.length}</span>
              ) : null}
            </button>
          ))}
        </div>
        <h2 className="inspector-title">
          <span className="ladder-number">{event.seq}</span> {eventLabel(event)}
          <span className="inspector-way">
            {event.from.label} to {event.to.label}
          </span>
        </h2>
        <button
          type="button"
          className="icon-button"
          aria-label="Close the message"
          onClick={() => trace.setState({ selected: null })}
        >
          <X size={16} aria-hidden />
        </button>
      </header>
      <div className="inspector-body" role="tabpanel" aria-label={shown}>
        <Bonds seq={event.seq} cause={event.cause} />
        {event.kind === 'sip' && shown === 'Parsed' ? <SipParsed sip={event.sip} /> : null}
        {event.kind === 'sip' && shown === 'Raw' ? <SipRaw sip={event.sip} /> : null}
        {event.kind === 'sip' && shown === 'Changes' ? <SipChanges sip={event.sip} box={event.from.label} /> : null}
        {event.kind === 'diameter' ? <AvpTree diameter={event.diameter} /> : null}
        {event.kind === 'media' ? (
          <Facts
            facts={[
              ['Event', event.media.what],
              ['Detail', event.media.detail],
              ['Call-ID', event.media.callId],
            ]}
          />
        ) : null}
        {event.kind === 'note' ? (
          <Facts
            facts={[
              ['Code', event.note.code],
              ['What happened', event.note.text],
            ]}
          />
        ) : null}
      </div>
    </section>
  );
}

/** The event that made this one, and the events that it made. */
function Bonds({ seq, cause }: { readonly seq: number; readonly cause: number | null }) {
  const state = useStore(trace);
  const effects = state.correlation.effectsOf(seq);
  const made = cause === null ? undefined : state.events.get(cause);
  if (made === undefined && effects.length === 0) return null;
  const link = (number: number): ReactNode => {
    const event = state.events.get(number);
    if (event === undefined) return null;
    return (
      <button key={number} type="button" className="bond" onClick={() => trace.setState({ selected: number })}>
        {number} {eventLabel(event)}
      </button>
    );
  };
  return (
    <p className="bonds">
      {made === undefined ? null : <>Because of {link(made.seq)} </>}
      {effects.length === 0 ? null : <>It led to {effects.map(link)}</>}
    </p>
  );
}

function Facts({ facts }: { readonly facts: readonly (readonly [string, string])[] }) {
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
