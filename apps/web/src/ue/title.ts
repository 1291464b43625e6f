import type { Phone } from './phone.ts';

const FLASH_MS = 1000;

/** Keeps the tab's title: whose phone it is, and who calls; a hidden tab shows it too. Returns how to stop. */
export function watchTitle({ sim, store, chats }: Pick<Phone, 'sim' | 'store' | 'chats'>): () => void {
  let flashing: ReturnType<typeof setInterval> | undefined;

  function show(): void {
    clearInterval(flashing);
    const { call } = store.getState();
    const unread = chats.store.getState().chats.reduce((sum, chat) => sum + chat.unread, 0);
    const home = `${unread > 0 ? `(${unread}) ` : ''}${sim.name} · imslab`;
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
  const stopChats = chats.store.subscribe(show);
  return () => {
    stop();
    stopChats();
    clearInterval(flashing);
  };
}
