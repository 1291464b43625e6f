import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Octets of the heap that are still reachable. */
export function liveHeapOctets(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('the garbage collector cannot be called');
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
