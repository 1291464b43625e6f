/** Base values of the transaction timers, in milliseconds. @see RFC 3261 Table 4 */
export interface TransactionTimers {
  /** Estimate of the round trip; timers A, E and G start with it. */
  readonly t1Ms: number;
  /** Longest interval between retransmissions of a non-INVITE request or an INVITE's final response. */
  readonly t2Ms: number;
  /** Longest time a message stays in the network; timers I and K. */
  readonly t4Ms: number;
  /** A proxy gives an INVITE up after this time without a provisional response; more than three minutes (§16.6 step 11). */
  readonly timerCMs: number;
  /** Timer D on unreliable transports; more than 32 s. */
  readonly timerDMs: number;
}

/** Values between the boxes of the core. @see TS 24.229 Table 7.7.1, second column */
export const coreTimers: TransactionTimers = {
  t1Ms: 500,
  t2Ms: 4_000,
  t4Ms: 5_000,
  timerCMs: 185_000,
  timerDMs: 32_500,
};

/** Timers B, F, H, J, L and M. */
export function transactionLifeMs(timers: TransactionTimers): number {
  return 64 * timers.t1Ms;
}
