import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { eventLabel } from '@imslab/ims-core/trace/ladder';
import { X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { rowId } from '../ladder/event-row.tsx';
import { hover, select, trace } from '../ladder/trace-store.ts';
import { AvpTree } from './avp-tree.tsx';
import { ExplainContext, type Explanation } from './explained-rows.ts';
import { SipChanges, SipParsed, SipRaw } from './sip-view.tsx';
import './inspector.css';

type View = 'Parsed' | 'Raw' | 'Changes';

const sipViews: readonly View[] = ['Parsed', 'Raw', 'Changes'];

/** Closes the inspector and gives the focus back to the row that it showed. */
function close(): void {
  const { selected } = trace.getState();
  if (selected === null) return;
  select(null);
  document.getElementById(rowId(selected))?.focus();
}

/** What scrolls must be reachable by keyboard, also when nothing in it is. */
function reachable(element: HTMLElement | null): void {
  if (element !== null) element.tabIndex = 0;
}

/** The chosen event, docked under the ladder: taken apart, as it was on the wire, and what this box changed in it. */
export function Inspector() {
  const seq = useStore(trace, (state) => state.selected);
  const event = useStore(trace, (state) => (seq === null ? undefined : state.events.get(seq)));
  const [wanted, setWanted] = useState<View>('Parsed');
  const [explanation, setExplanation] = useState<Explanation | null>(null);

  useEffect(() => {
    const onKey = (key: globalThis.KeyboardEvent) => {
      // The phone takes Escape first: it may be ringing.
      if (key.key === 'Escape' && !key.defaultPrevented) close();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  if (event === undefined) return null;
  const views = event.kind === 'sip' ? sipViews : sipViews.slice(0, 1);
  const view = views.includes(wanted) ? wanted : 'Parsed';
  return (
    <section className="inspector" aria-label="Message">
      <header className="inspector-head">
        <h2 className="inspector-title">
          <span className="ladder-number">{event.seq}</span> {eventLabel(event)}{' '}
          <span className="inspector-way">
            {event.from.label} to {event.to.label}
            {event.kind === 'sip' ? ` over ${event.sip.transport.toUpperCase()}` : ''}
          </span>
        </h2>
        <Tabs event={event} views={views} view={view} onView={setWanted} />
        <button
          type="button"
          className="icon-button"
          aria-label="Close the message"
          title="Close (Escape)"
          onClick={close}
        >
          <X size={16} aria-hidden />
        </button>
      </header>
      <ExplainContext value={setExplanation}>
        <div
          key={event.seq}
          id="inspector-view"
          className="inspector-body"
          role="tabpanel"
          aria-labelledby={`inspector-${view}`}
          ref={reachable}
        >
          <Bonds event={event} />
          <View event={event} view={view} />
        </div>
      </ExplainContext>
      <p className="inspector-foot" aria-live="polite">
        {explanation === null ? (
          event.kind === 'media' || event.kind === 'note' || view !== 'Parsed' ? null : (
            'Point at a name, or Tab to it and use the arrow keys, to read what it is for.'
          )
        ) : (
          <>
            <b>{explanation.name}</b> {explanation.text}
          </>
        )}
      </p>
    </section>
  );
}

interface TabsProps {
  readonly event: TraceEvent;
  readonly views: readonly View[];
  readonly view: View;
  readonly onView: (view: View) => void;
}

function Tabs({ event, views, view, onView }: TabsProps) {
  const onKeyDown = (key: KeyboardEvent<HTMLElement>) => {
    const step = key.key === 'ArrowRight' ? 1 : key.key === 'ArrowLeft' ? -1 : 0;
    const next = views[(views.indexOf(view) + step + views.length) % views.length];
    if (step === 0 || next === undefined) return;
    key.preventDefault();
    onView(next);
    document.getElementById(`inspector-${next}`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label="View of the message" onKeyDown={onKeyDown}>
      {views.map((name) => (
        <button
          key={name}
          id={`inspector-${name}`}
          type="button"
          role="tab"
          aria-selected={view === name}
          aria-controls="inspector-view"
          tabIndex={view === name ? 0 : -1}
          onClick={() => onView(name)}
        >
          {name}
          {name === 'Changes' && event.kind === 'sip' && event.sip.changes.length > 0 ? (
            <span className="count">{event.sip.changes.length}</span>
          ) : null}
        </button>
      ))}
    </div>
  );
}

function View({ event, view }: { readonly event: TraceEvent; readonly view: View }) {
  switch (event.kind) {
    case 'sip':
      if (view === 'Raw') return <SipRaw sip={event.sip} />;
      return view === 'Parsed' ? <SipParsed sip={event.sip} /> : <SipChanges sip={event.sip} box={event.from.label} />;
    case 'diameter':
      return <AvpTree diameter={event.diameter} />;
    case 'media': {
      const { what, detail, callId } = event.media;
      return <Facts facts={{ Event: what, Detail: detail, 'Call-ID': callId, ...wayOf(event) }} />;
    }
    case 'note':
      return <Facts facts={{ Code: event.note.code, 'What happened': event.note.text }} />;
  }
}

/** The event that made this one, and the events that it made, as ways to them. */
function Bonds({ event }: { readonly event: TraceEvent }) {
  const revision = useStore(trace, (state) => state.revision);
  const { correlation, events } = trace.getState();
  const effects = revision < 0 ? [] : correlation.effectsOf(event.seq);
  const cause = event.cause === null ? undefined : events.get(event.cause);
  if (cause === undefined && effects.length === 0) return null;
  return (
    <p className="bonds">
      {cause === undefined ? null : (
        <>
          Because of <BondLink event={cause} />{' '}
        </>
      )}
      {effects.length === 0 ? null : (
        <>
          It led to{' '}
          {effects.map((seq) => {
            const effect = events.get(seq);
            return effect === undefined ? null : <BondLink key={seq} event={effect} />;
          })}
        </>
      )}
    </p>
  );
}

function BondLink({ event }: { readonly event: TraceEvent }) {
  const follow = () => {
    hover(null);
    select(event.seq);
    document.getElementById(rowId(event.seq))?.focus();
  };
  return (
    <button type="button" className="bond" onClick={follow}>
      {event.seq} {eventLabel(event)} <span className="bond-way">{`${event.from.label} to ${event.to.label}`}</span>
    </button>
  );
}

function wayOf({ from, to }: TraceEvent): Readonly<Record<string, string>> {
  const end = ({ label, address }: TraceEvent['from']) => (address === undefined ? label : `${label}, ${address}`);
  return { From: end(from), To: end(to) };
}

function Facts({ facts }: { readonly facts: Readonly<Record<string, string>> }) {
  return (
    <dl className="facts">
      {Object.entries(facts)
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
