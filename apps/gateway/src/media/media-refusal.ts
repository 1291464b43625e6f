import type { MediaErrorCode, MediaResult } from '@imslab/ims-core/ports/media-relay';

/** A refusal on its way out of a verb. */
export class MediaRefusal extends Error {
  readonly code: MediaErrorCode;

  constructor(code: MediaErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  result(): MediaResult {
    return { ok: false, code: this.code, text: this.message };
  }
}
