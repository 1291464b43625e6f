/** What a media function does in a call: send every packet back, or speak an announcement. */
export type MediaFunction = 'echo' | 'announcement';

/** Stable codes of a refusal. */
export type MediaResourceErrorCode = 'MEDIA_SDP_MALFORMED' | 'MEDIA_NO_COMMON_CODEC' | 'MEDIA_NO_RESOURCES';

export interface MediaResourceRefusal {
  readonly ok: false;
  readonly code: MediaResourceErrorCode;
  readonly text: string;
}

export type MediaResourceResult = { readonly ok: true; readonly sdp: string } | MediaResourceRefusal;

/** The media of one dialog that ends at an application server. No call rejects; after `close` nothing is sent any more. */
export interface MediaResourceSession {
  /** Takes an offer, the first or a later one of the dialog, and returns the answer. */
  answer(offer: string): Promise<MediaResourceResult>;
  /** The offer for an INVITE that came without one. */
  offer(): Promise<MediaResourceResult>;
  /** Takes the answer to `offer`. */
  accept(answer: string): Promise<MediaResourceRefusal | undefined>;
  /** The dialog is confirmed: an announcement begins, and calls `played` once when it was heard to its end. An echo never does. */
  play(played: () => void): void;
  close(): Promise<void>;
}

/** The multimedia resource function that an application server has at its hand. @see TS 23.228 §4.7, TS 23.218 §8 */
export interface MediaResourceFunction {
  open(what: MediaFunction): MediaResourceSession;
}
