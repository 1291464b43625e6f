import type { Clock, Timer } from '../../ports/clock.ts';

/** Who is told when a timer fires. */
export interface TimerOwner<Event extends string = string> {
  fired(event: Event): void;
}

/** The clock counts in fractions of a millisecond, its timers in whole ones: this much too early is on time. */
const TIMER_RESOLUTION_MS = 1;
/** Under load, timers of one list that are due within this time fire together; one alone fires on time. */
const GRANULARITY_MS = 10;

/** A timer that runs. Stopping it twice, or after it fired, does nothing. */
export class ListedTimer implements Timer {
  readonly owner: TimerOwner;
  readonly event: string;
  readonly dueMs: number;
  /** Undefined once it fired or was stopped. */
  list: TimerList | undefined;
  previous: ListedTimer | undefined;
  next: ListedTimer | undefined;

  constructor(list: TimerList, owner: TimerOwner, event: string, dueMs: number) {
    this.list = list;
    this.owner = owner;
    this.event = event;
    this.dueMs = dueMs;
  }

  stop(): void {
    this.list?.remove(this);
  }
}

/** Timers that run equally long, so that the first to start is the first to fire: one timer of the clock serves them all. */
class TimerList {
  readonly #clock: Clock;
  readonly #delayMs: number;
  #first: ListedTimer | undefined;
  #last: ListedTimer | undefined;
  /** Stays when the last timer is stopped: the next one to start will need it. */
  #alarm: Timer | undefined;

  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  start(owner: TimerOwner, event: string): ListedTimer {
    const timer = new ListedTimer(this, owner, event, this.#clock.now() + this.#delayMs);
    timer.previous = this.#last;
    if (this.#last === undefined) this.#first = timer;
    else this.#last.next = timer;
    this.#last = timer;
    this.#alarm ??= this.#clock.after(this.#delayMs, this.#ring);
    return timer;
  }

  remove(timer: ListedTimer): void {
    if (timer.previous === undefined) this.#first = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next === undefined) this.#last = timer.previous;
    else timer.next.previous = timer.previous;
    timer.list = undefined;
    timer.previous = undefined;
    timer.next = undefined;
  }

  close(): void {
    this.#alarm?.stop();
    this.#alarm = undefined;
  }

  readonly #ring = (): void => {
    this.#alarm = undefined;
    const now = this.#clock.now();
    let fired = false;
    for (let timer = this.#first; timer !== undefined && timer.dueMs < now + TIMER_RESOLUTION_MS; timer = this.#first) {
      this.remove(timer);
      timer.owner.fired(timer.event);
      fired = true;
    }
    if (this.#first === undefined) return;
    const leftMs = this.#first.dueMs - now;
    this.#alarm ??= this.#clock.after(fired ? Math.max(leftMs, GRANULARITY_MS) : leftMs, this.#ring);
  };
}

/** The running timers of all transactions of a node. They have the same few durations, each of which has its list. */
export class TimerLists {
  readonly #clock: Clock;
  readonly #byDelay = new Map<number, TimerList>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start<Event extends string>(delayMs: number, owner: TimerOwner<Event>, event: Event): ListedTimer {
    let list = this.#byDelay.get(delayMs);
    if (list === undefined) {
      list = new TimerList(this.#clock, delayMs);
      this.#byDelay.set(delayMs, list);
    }
    return list.start(owner, event);
  }

  /** No timer fires any more. */
  close(): void {
    for (const list of this.#byDelay.values()) list.close();
    this.#byDelay.clear();
  }
}
