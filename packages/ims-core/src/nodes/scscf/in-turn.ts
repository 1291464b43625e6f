/** Runs the procedures of one key one after the other, those of different keys side by side. */
export class InTurn {
  readonly #last = new Map<string, Promise<unknown>>();

  run<T>(key: string, procedure: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    const result = before.then(procedure, procedure);
    this.#last.set(key, result);
    const tidy = (): void => {
      if (this.#last.get(key) === result) this.#last.delete(key);
    };
    result.then(tidy, tidy);
    return result;
  }
}
