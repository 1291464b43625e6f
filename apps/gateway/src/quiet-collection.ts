import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** How often it is asked whether the process is quiet. */
export const QUIET_CHECK_MS = 5_000;
/** Share of one processor below which the process counts as quiet. */
const QUIET_SHARE = 0.05;
/** So many quiet checks after a load the transactions over UDP are over, too (64*T1): then it is collected once more. */
const CHECKS_UNTIL_SETTLED = 7;
/** A heap that has not grown by this much since the last collection is left alone. */
const WORTHWHILE_OCTETS = 16 * 1_024 * 1_024;

export interface QuietCollectionOptions {
  /** Processor time of the process until now, milliseconds. */
  readonly processorMs: () => number;
  readonly heapOctets: () => number;
  /** Collects all garbage. */
  readonly collect: () => void;
}

/**
 * Gives memory back after a load: V8 collects when something is allocated, so what the last registrations left would stay for as long as
 * nobody does anything.
 */
export class QuietCollection {
  readonly #options: QuietCollectionOptions;
  #processorMs: number;
  #heapOctets = 0;
  #quietChecks = 0;
  /** The heap was collected since the last load, and that load's transactions may still be there. */
  #settles = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: QuietCollectionOptions = ofThisProcess()) {
    this.#options = options;
    this.#processorMs = options.processorMs();
  }

  start(): void {
    this.#timer = setInterval(() => this.check(), QUIET_CHECK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** To be called every `QUIET_CHECK_MS`. */
  check(): void {
    const { processorMs, heapOctets, collect } = this.#options;
    const before = this.#processorMs;
    this.#processorMs = processorMs();
    if (this.#processorMs - before > QUIET_SHARE * QUIET_CHECK_MS) {
      this.#quietChecks = 0;
      return;
    }
    this.#quietChecks += 1;
    const hasSettled = this.#settles && this.#quietChecks === CHECKS_UNTIL_SETTLED;
    if (!hasSettled && heapOctets() - this.#heapOctets < WORTHWHILE_OCTETS) return;
    this.#settles = !hasSettled;
    collect();
    this.#heapOctets = heapOctets();
    this.#processorMs = processorMs();
  }
}

function ofThisProcess(): QuietCollectionOptions {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  return {
    processorMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
    heapOctets: () => process.memoryUsage().heapUsed,
    collect: () => {
      // Half-empty pages go back to the system only when what lives on them moves together.
      setFlagsFromString('--compact-on-every-full-gc');
      if (typeof gc === 'function') gc();
      setFlagsFromString('--no-compact-on-every-full-gc');
    },
  };
}
