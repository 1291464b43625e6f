import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { session } from './session.ts';
import { claimNextFree, takeOver, waitForSim } from './sim.ts';
import './phone.css';

/** What stands in the phone's place while this tab holds no SIM: why, and what can be done. */
export function SimGate() {
  const { status, wish, sim, nextFree } = useStore(session);
  const [waiting, setWaiting] = useState(false);
  const name = sim?.imsi === wish ? sim.name : capitalised(wish);

  useEffect(() => {
    if (!waiting) return;
    const controller = new AbortController();
    void waitForSim(controller.signal);
    return () => controller.abort();
  }, [waiting]);

  const choices = (
    <div className="gate-choices">
      <button type="button" className="button button-primary" onClick={() => void claimNextFree()}>
        {nextFree ? `Be ${nextFree.name} instead` : 'Take the next free SIM'}
      </button>
      <button type="button" className="button" onClick={() => void takeOver()}>
        {status === 'moved' ? `Take ${name} back` : `Take ${name} over`}
      </button>
      {waiting ? null : (
        <button type="button" className="button" onClick={() => setWaiting(true)}>
          Wait until {name} is free
        </button>
      )}
    </div>
  );

  switch (status) {
    case 'claiming':
    case 'held':
      return <Gate title="Looking for a SIM" text="The lab is asked for a phone." busy />;
    case 'unreachable':
      return (
        <Gate
          title="The lab does not answer"
          text="Is it running? Start it with npm start; this tab keeps asking."
          busy
        />
      );
    case 'taken':
      return (
        <Gate
          title={`${name} is in use`}
          text={
            waiting
              ? `This tab becomes ${name} as soon as the other one is closed.`
              : 'Another tab holds this SIM. A SIM can be in one phone only.'
          }
          busy={waiting}
        >
          {choices}
        </Gate>
      );
    case 'moved':
      return (
        <Gate title={`${name} moved to another tab`} text="Another tab took this SIM over, so this phone is off.">
          {choices}
        </Gate>
      );
    case 'none-free':
      return (
        <Gate
          title="No SIM is free"
          text="All of the lab’s SIMs are in other tabs. Close one of them and reload this page."
        />
      );
    case 'unknown':
      return (
        <Gate title="No such SIM" text={`The lab has no subscriber “${wish}”.`}>
          <div className="gate-choices">
            <button type="button" className="button button-primary" onClick={() => void claimNextFree()}>
              Take the next free SIM
            </button>
          </div>
        </Gate>
      );
  }
}

interface GateProps {
  readonly title: string;
  readonly text: string;
  readonly busy?: boolean;
  readonly children?: React.ReactNode;
}

function Gate({ title, text, busy = false, children }: GateProps) {
  return (
    <section className="gate" aria-busy={busy}>
      {busy ? <span className="gate-busy" aria-hidden="true" /> : null}
      <h2 role="status">{title}</h2>
      <p>{text}</p>
      {children}
    </section>
  );
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
