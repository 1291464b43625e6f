/** Values by address and port, found without making a text of the two. */
export class ByAddress<Value> {
  readonly #hosts = new Map<string, Map<number, Value>>();

  get(host: string, port: number): Value | undefined {
    return this.#hosts.get(host.toLowerCase())?.get(port);
  }

  set(host: string, port: number, value: Value): void {
    const key = host.toLowerCase();
    const ports = this.#hosts.get(key);
    if (ports === undefined) this.#hosts.set(key, new Map([[port, value]]));
    else ports.set(port, value);
  }

  /** Removes the entry where it still has this value. */
  delete(host: string, port: number, value: Value): void {
    const key = host.toLowerCase();
    const ports = this.#hosts.get(key);
    if (ports === undefined || ports.get(port) !== value) return;
    ports.delete(port);
    if (ports.size === 0) this.#hosts.delete(key);
  }
}
