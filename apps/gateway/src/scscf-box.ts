import type { RegistrationView } from '@imslab/ims-core/api/lab-api';
import { createScscf, type Scscf, type ScscfDeps } from '@imslab/ims-core/nodes/scscf/scscf';
import type { SipTransport } from '@imslab/ims-core/ports/sip-transport';
import type { ConnectedCxClient } from './diameter/cx-client.ts';
import type { ScscfName } from './party-book.ts';

export interface ScscfBoxOptions extends Omit<ScscfDeps, 'transport' | 'cx'> {
  readonly name: ScscfName;
  /** New sockets for each start. */
  readonly newTransport: () => SipTransport;
  /** A new Diameter peer for each start. */
  readonly newCx: () => ConnectedCxClient;
}

interface Running {
  readonly scscf: Scscf;
  readonly cx: ConnectedCxClient;
  readonly stopListening: () => void;
}

/** One S-CSCF of the lab with its own sockets and its own Diameter peer. It can stop and start again, and has lost its users' data then. */
export class ScscfBox {
  readonly name: ScscfName;
  readonly #options: ScscfBoxOptions;
  readonly #listeners = new Set<() => void>();
  #running: Running | undefined;

  constructor(options: ScscfBoxOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  /** Opens its sockets and connects to the HSS; rejects with a SipTransportError. Nothing happens when it runs already. */
  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const cx = this.#options.newCx();
    const scscf = createScscf({ ...this.#options, transport: this.#options.newTransport(), cx });
    this.#running = { scscf, cx, stopListening: scscf.onChange(() => this.#changed()) };
    cx.start();
    await scscf.start();
    this.#changed();
  }

  /** Resolves true as soon as the HSS can be asked; false when that takes longer. */
  ready(timeoutMs: number): Promise<boolean> {
    return this.#running?.cx.ready(timeoutMs) ?? Promise.resolve(false);
  }

  /** Closes its sockets, forgets its users, says goodbye to the HSS. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    running.stopListening();
    await running.scscf.close();
    await running.cx.close();
    this.#changed();
  }

  /** One entry a registered contact. */
  registrations(): readonly RegistrationView[] {
    return this.#running?.scscf.registrations() ?? [];
  }

  /** How many users are registered here. */
  users(): number {
    return new Set(this.registrations().map(({ impi }) => impi)).size;
  }

  /** Calls `changed` after each change of the registrations. */
  onChange(changed: () => void): void {
    this.#listeners.add(changed);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
