import type { Clock, Timer } from '../../ports/clock.ts';
import { coreTimers, transactionLifeMs } from '../../protocols/transaction/timers.ts';

/**
 * Sends a 2xx to an INVITE again and again until it is stopped, because its ACK came; over every transport, since a hop
 * beyond may lose it.
 * @param givenUp no ACK came in 64*T1
 * @see RFC 3261 §13.3.1.4
 */
export function repeat2xx(clock: Clock, send: () => void, givenUp: () => void): Timer {
  const { t1Ms, t2Ms } = coreTimers;
  let next: Timer | undefined;
  const later = (delayMs: number): void => {
    next = clock.after(delayMs, () => {
      send();
      later(Math.min(2 * delayMs, t2Ms));
    });
  };
  const end = clock.after(transactionLifeMs(coreTimers), () => {
    next?.stop();
    givenUp();
  });
  later(t1Ms);
  return {
    stop() {
      next?.stop();
      end.stop();
    },
  };
}
