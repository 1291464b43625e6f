/** A timer that was started and can be stopped. Stopping twice, or after it fired, does nothing. */
export interface Timer {
  stop(): void;
}

/** Time as the network sees it. Nothing in ims-core reads the machine's clock in another way, so a test can own it. */
export interface Clock {
  /** Milliseconds since 1970, with fractions where the machine has them. */
  now(): number;
  /** Calls `fire` once, `delayMs` milliseconds from now. */
  after(delayMs: number, fire: () => void): Timer;
}
