/** The statements that frame a group. */
export interface Transactions {
  begin(): void;
  commit(): void;
  rollback(): void;
}

/** What a change gives to its caller, and how memory forgets it when it does not get to disk. */
export interface Changed<T> {
  readonly result: T;
  undo(): void;
}

/**
 * Changes that are asked for in one turn of the event loop go to disk in one transaction, so that all wait for the disk once.
 * A group runs without a break: nobody reads from memory what is not on disk.
 */
export class GroupCommit {
  readonly #transactions: Transactions;
  #waiting: WaitingChange[] = [];
  #timer: NodeJS.Immediate | undefined;

  constructor(transactions: Transactions) {
    this.#transactions = transactions;
  }

  /** True when no change waits. */
  get idle(): boolean {
    return this.#waiting.length === 0;
  }

  /**
   * Runs `change`, in the order of the calls; resolves with its result when it is on disk. One that throws must have changed
   * nothing, and rejects alone; a commit that fails rejects the whole group.
   */
  run<T>(change: () => Changed<T>): Promise<T> {
    this.#timer ??= setImmediate(() => this.flush());
    return new Promise((resolve, reject) => {
      this.#waiting.push(waitingChange(change, resolve, reject));
    });
  }

  /** Commits what waits, now. */
  flush(): void {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      this.#transactions.begin();
      for (const change of group) change.run();
      this.#transactions.commit();
    } catch (error) {
      this.#rollback();
      for (const change of group.reverse()) change.failed(error);
      return;
    }
    for (const change of group) change.committed();
  }

  #rollback(): void {
    try {
      this.#transactions.rollback();
    } catch {
      // SQLite has rolled back by itself: the disk is full or failed.
    }
  }
}

interface WaitingChange {
  run(): void;
  committed(): void;
  failed(error: unknown): void;
}

function waitingChange<T>(
  change: () => Changed<T>,
  resolve: (result: T) => void,
  reject: (error: unknown) => void,
): WaitingChange {
  let changed: Changed<T> | undefined;
  return {
    run() {
      try {
        changed = change();
      } catch (error) {
        reject(error);
      }
    },
    committed() {
      if (changed !== undefined) resolve(changed.result);
    },
    failed(error) {
      changed?.undo();
      reject(error);
    },
  };
}
