import type { Binding } from './bindings.ts';
import type { CallerPreferences } from './caller-preferences.ts';

/**
 * Where a user can be reached: a list of devices, each with its flows, newest first. A contact without a flow is a device of its own.
 * @see TS 24.229 5.4.3.3, RFC 5626 §6
 */
export function targetSet(bindings: readonly Binding[], nowMs: number): readonly (readonly Binding[])[] {
  const live = bindings.filter((binding) => binding.expiresAtMs > nowMs && binding.path.length > 0);
  const devices = new Map<string, Binding[]>();
  for (const binding of live) {
    const device =
      binding.flow === undefined ? `contact ${binding.contact.uriText}` : `instance ${binding.flow.instance}`;
    devices.set(device, [...(devices.get(device) ?? []), binding]);
  }
  return [...devices.values()].map((flows) => flows.toSorted((a, b) => b.registeredAtMs - a.registeredAtMs));
}

/**
 * The devices as the caller wants them tried: all, or only the one that the user prefers. Best first: the highest q, of equal ones the one that
 * registered last.
 * @see RFC 3841 §9.1
 */
export function asForked(
  devices: readonly (readonly Binding[])[],
  forking: CallerPreferences['forking'],
): readonly (readonly Binding[])[] {
  if (forking === 'parallel') return devices;
  const best = ([a]: readonly Binding[], [b]: readonly Binding[]): number =>
    (b?.q ?? 0) - (a?.q ?? 0) || (b?.registeredAtMs ?? 0) - (a?.registeredAtMs ?? 0);
  const ordered = devices.toSorted(best);
  return forking === 'no-fork' ? ordered.slice(0, 1) : ordered;
}
