import { createStore } from 'zustand/vanilla';
import { trace } from '../ladder/trace-store.ts';
import { announcedAlgorithm } from './announced-algorithm.ts';
import { type AudioSource, createPhoneAudio, toneHzOf } from './audio.ts';
import { recallChats, rememberChats } from './chat-memory.ts';
import { loadPeople, people } from './people.ts';
import { createPhone, type Phone } from './phone.ts';
import { session } from './session.ts';
import { recallTab, rememberTab } from './tab-memory.ts';
import { watchTitle } from './title.ts';
import { prepareTones } from './tones.ts';

const SOURCE_KEY = 'imslab.sound';

/** The phone of this tab; null while it holds no SIM. */
export const labPhone = createStore<{ readonly phone: Phone | null }>()(() => ({ phone: null }));

/** Puts the tab's SIM into a phone as soon as it has one, and takes it out when another tab has it. */
export function startPhone(): void {
  let stop = () => {};
  const follow = () => {
    const { status, sim, pcscf } = session.getState();
    const { phone } = labPhone.getState();
    const held = status === 'held' ? sim : null;
    if (phone?.sim === held) return;
    stop();
    stop = () => {};
    if (held === null) {
      labPhone.setState({ phone: null });
      return;
    }
    const made = phoneOf(held, pcscf);
    const stopTitle = watchTitle(made);
    const stopChats = made.chats.store.subscribe(({ chats }, before) => {
      if (chats !== before.chats) rememberChats(held.imsi, chats);
    });
    stop = () => {
      stopTitle();
      stopChats();
      made.close();
    };
    labPhone.setState({ phone: made });
    void loadPeople();
    if (recallTab()?.registered) made.register();
  };
  session.subscribe(follow);
  follow();
  // Who comes or goes changes which SIMs are free.
  trace.subscribe(({ lab }, before) => {
    if (lab?.registeredUsers !== before.lab?.registeredUsers) void loadPeople();
  });
  setTimeout(prepareTones, 0);
  // Browsers let a page sound only after a gesture: every one may be the first.
  for (const gesture of ['pointerdown', 'keydown']) {
    document.addEventListener(gesture, () => labPhone.getState().phone?.audio.unlock());
  }
}

function phoneOf(sim: Phone['sim'], pcscf: string): Phone {
  const audio = createPhoneAudio(toneHzOf(sim.imsi), storedSource());
  audio.store.subscribe(({ source, notice }) => {
    // A fallback is not the person's wish.
    if (notice === '') sessionStorage.setItem(SOURCE_KEY, source);
  });
  return createPhone({
    sim,
    pcscf,
    sipUrl: `${location.origin.replace(/^http/, 'ws')}/sip`,
    algorithm: announcedAlgorithm(location.search),
    audio,
    people: () => people.getState().list,
    chats: recallChats(sim.imsi),
    onWish: (registered) => {
      const memory = recallTab();
      if (memory) rememberTab({ ...memory, registered });
    },
  });
}

function storedSource(): AudioSource {
  return sessionStorage.getItem(SOURCE_KEY) === 'tone' ? 'tone' : 'microphone';
}
