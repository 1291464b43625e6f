import type { Binding } from './bindings.ts';

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
