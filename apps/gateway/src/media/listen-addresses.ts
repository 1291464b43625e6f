import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

const LOOPBACK = '127.0.0.1';

/**
 * Where the relay listens for browsers: loopback, and one more address, because Firefox never sends media to loopback.
 * `chosen` (IMSLAB_MEDIA_ADDRESS) names that other address; without it the machine's first one is taken.
 */
export function mediaListenAddresses(
  chosen: string | undefined,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): readonly string[] {
  const first = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  const other = chosen || first;
  return other && other !== LOOPBACK ? [LOOPBACK, other] : [LOOPBACK];
}
