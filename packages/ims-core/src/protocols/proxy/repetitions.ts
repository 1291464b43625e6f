/** How many different messages are remembered, at least, to tell a repetition from a first sending. */
const REMEMBERED_MESSAGES = 10_000;

/**
 * Counts how often each message went by. It keeps two generations and drops the older one whole: to take the oldest entries out
 * one by one makes a Map slow.
 */
export class Repetitions {
  #recent = new Map<string, number>();
  #older = new Map<string, number>();

  /** @returns how often this key was counted before. */
  count(key: string): number {
    const before = this.#recent.get(key) ?? this.#older.get(key) ?? 0;
    if (this.#recent.size >= REMEMBERED_MESSAGES) {
      this.#older = this.#recent;
      this.#recent = new Map();
    }
    this.#recent.set(key, before + 1);
    return before;
  }
}
