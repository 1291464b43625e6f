import type { SipRequest } from '../../protocols/sip/message.ts';
import { callId, tagOf } from '../../protocols/sip/read.ts';
import type { UasDialog } from './uas-dialog.ts';

/** The calls that this server has answered, each until it is over. */
export class UasDialogs {
  readonly #dialogs = new Map<string, UasDialog>();

  get size(): number {
    return this.#dialogs.size;
  }

  add(dialog: UasDialog): void {
    this.#dialogs.set(dialog.id, dialog);
  }

  remove(dialog: UasDialog): void {
    this.#dialogs.delete(dialog.id);
  }

  /** The dialog that a request of the other end belongs to. @see RFC 3261 §12 */
  of(message: SipRequest): UasDialog | undefined {
    return this.#dialogs.get(uasDialogId(message, tagOf(message, 'To')));
  }

  close(): void {
    for (const dialog of this.#dialogs.values()) dialog.abandon();
    this.#dialogs.clear();
  }
}

/** Call-ID, local tag and remote tag of a dialog in which a request came. */
export function uasDialogId(message: SipRequest, localTag: string): string {
  return `${callId(message)} ${localTag} ${tagOf(message, 'From')}`;
}
