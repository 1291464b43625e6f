import type { ListedTimer, TimerLists, TimerOwner } from './timer-lists.ts';
import type { TransactionTimers } from './timers.ts';

/** Where a transaction lives. */
export interface TransactionHome {
  readonly values: TransactionTimers;
  readonly timers: TimerLists;
  /** The transaction under this key is over. */
  ended(key: string): void;
}

/**
 * What the four transactions share: a machine in motion, a timer that repeats what was sent (A, E, G), and a timer that ends
 * a wait (B, D, F and so on). The actions of the table are methods of the same name.
 */
export abstract class Transaction<Event extends string> implements TimerOwner<Event> {
  protected readonly home: TransactionHome;
  protected abstract readonly run: {
    readonly state: string;
    readonly ended: boolean;
    raise(event: Event): boolean;
  };
  readonly #key: string;
  #repeatTimer: ListedTimer | undefined;
  #endTimer: ListedTimer | undefined;
  #dueAtOnce: Event | undefined;

  protected constructor(home: TransactionHome, key: string) {
    this.home = home;
    this.#key = key;
  }

  get state(): string {
    return this.run.state;
  }

  fired(event: Event): void {
    this.raise(event);
  }

  /** Stops the timers. */
  stop(): void {
    this.stopRepeating();
    this.stopWaiting();
  }

  protected raise(event: Event): void {
    if (!this.run.raise(event)) return;
    const due = this.#dueAtOnce;
    if (due !== undefined) {
      this.#dueAtOnce = undefined;
      this.run.raise(due);
    }
    if (!this.run.ended) return;
    this.stop();
    this.home.ended(this.#key);
  }

  protected repeatAfter(delayMs: number, event: Event): void {
    this.#repeatTimer?.stop();
    this.#repeatTimer = this.home.timers.start(delayMs, this, event);
  }

  /** A wait of 0 ms, as reliable transports have it, is over when the actions of the present event are done. */
  protected waitFor(delayMs: number, event: Event): void {
    this.#endTimer?.stop();
    if (delayMs === 0) this.#dueAtOnce = event;
    else this.#endTimer = this.home.timers.start(delayMs, this, event);
  }

  protected stopRepeating(): void {
    this.#repeatTimer?.stop();
    this.#repeatTimer = undefined;
  }

  protected stopWaiting(): void {
    this.#endTimer?.stop();
    this.#endTimer = undefined;
  }
}
