import { useState } from 'react';
import { useStore } from 'zustand';
import { AppHeader } from './app-header.tsx';
import { LadderPane } from './ladder/ladder-pane.tsx';
import { labPhone } from './ue/lab-phone.ts';
import { PhonePanel } from './ue/phone-panel.tsx';
import { SimGate } from './ue/sim-gate.tsx';
import './app.css';

type Pane = 'phone' | 'ladder';

/** The lab: the phone of this tab beside the live ladder; on a small screen one of the two. */
export function App() {
  const [pane, setPane] = useState<Pane>('phone');
  const phone = useStore(labPhone, (state) => state.phone);
  return (
    <div className="app" data-pane={pane}>
      <AppHeader pane={pane} onPane={setPane} />
      <main className="app-body">
        <aside className="app-phone" aria-label="Phone">
          {phone ? <PhonePanel key={phone.sim.imsi} phone={phone} /> : <SimGate />}
        </aside>
        <div className="app-ladder">
          <LadderPane />
        </div>
      </main>
    </div>
  );
}
