export interface Gatherer<Item> {
  add(items: readonly Item[]): void;
  /** Forgets what was gathered. */
  drop(): void;
}

/** Hands over what came within `delayMs()` at once: a burst is drawn a few times a second, not once for each message. */
export function gather<Item>(
  after: (delayMs: number, fire: () => void) => () => void,
  delayMs: () => number,
  take: (items: readonly Item[]) => void,
): Gatherer<Item> {
  let items: Item[] = [];
  let stop: (() => void) | undefined;
  const drop = () => {
    stop?.();
    stop = undefined;
    items = [];
  };
  return {
    add(added) {
      items.push(...added);
      stop ??= after(delayMs(), () => {
        const gathered = items;
        drop();
        take(gathered);
      });
    },
    drop,
  };
}
