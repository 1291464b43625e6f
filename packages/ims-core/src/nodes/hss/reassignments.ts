/**
 * Subscriptions whose S-CSCF an I-CSCF found silent (S-CSCF-reassignment-pending): the next S-CSCF that asks may take the user over. Kept in memory
 * alone: an I-CSCF that finds the S-CSCF silent again asks again.
 * @see TS 29.228 §6.1.2.1, §6.1.4.1, TS 23.380 §4.4
 */
export class Reassignments {
  readonly #pending = new Set<string>();

  /** LIR for capabilities: the S-CSCF that serves the user does not answer. */
  allow(imsi: string): void {
    this.#pending.add(imsi);
  }

  isPending(imsi: string): boolean {
    return this.#pending.has(imsi);
  }

  /** An S-CSCF serves the user again. */
  end(imsi: string): void {
    this.#pending.delete(imsi);
  }
}
