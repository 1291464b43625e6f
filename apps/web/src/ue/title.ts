import type { Phone } from './phone.ts';

const FLASH_MS = 1000;

/** Keeps the tab's title: whose phone it is, and who calls; a hidden tab shows it too. Returns how to stop. */
export function watchTitle({ sim, store }: Pick<Phone, 'sim' | 'store'>): () => void {
  let flashing: ReturnType<typeof setInterval> | undefined;

  function show(): void {
    clearInterval(flashing);
    const { call } = store.getState();
    const home = `${sim.name} · imslab`;
    if (call === null) {
      document.title = home;
      return;
    }
    if (call.state !== 'incoming') {
      document.title = `${sim.name} ↔ ${call.peer.name} · imslab`;
      return;
    }
    const calling = `☎ ${call.peer.name} is calling`;
    document.title = calling;
    flashing = setInterval(() => {
      document.title = document.title === calling ? home : calling;
    }, FLASH_MS);
  }

  show();
  const stop = store.subscribe((state, before) => {
    if (state.call !== before.call) show();
  });
  return () => {
    stop();
    clearInterval(flashing);
  };
}
