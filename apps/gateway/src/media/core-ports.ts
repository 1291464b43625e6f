/**
 * Logical ports of core media lines: they stand in SDPs and name a line of a pass. No socket is bound to them while both
 * ends of a core leg are in this relay.
 */
export interface CorePorts<Owner> {
  /** An even port, or undefined when the range is used up. */
  take(owner: Owner): number | undefined;
  owner(port: number): Owner | undefined;
  release(port: number): void;
}

/** RTP takes the even port, RTCP the odd one above. @see RFC 3550 §11 */
const PORTS_PER_STREAM = 2;

/** Ports of the range, each as late as possible again, so that a late packet or SDP of an old call meets nobody. */
export function createCorePorts<Owner>(minPort: number, maxPort: number): CorePorts<Owner> {
  const owners = new Map<number, Owner>();
  const firstPort = minPort + (minPort % PORTS_PER_STREAM);
  const streams = Math.max(0, Math.floor((maxPort - firstPort + 1) / PORTS_PER_STREAM));
  let next = 0;
  return {
    take(owner) {
      for (let tried = 0; tried < streams; tried += 1) {
        const port = firstPort + next * PORTS_PER_STREAM;
        next = (next + 1) % streams;
        if (!owners.has(port)) {
          owners.set(port, owner);
          return port;
        }
      }
      return undefined;
    },
    owner: (port) => owners.get(port),
    release(port) {
      owners.delete(port);
    },
  };
}
