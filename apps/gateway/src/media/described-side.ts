import type { SdpOrigin } from '@imslab/ims-core/protocols/sdp/write';

/**
 * One side's o= line: the version goes up by one when the SDP changes, and stays when it is the same.
 * @see RFC 3264 §8
 */
export class DescribedSide {
  readonly #sessionId: string;
  readonly #address: string;
  #sessionVersion = 0;
  #written: string | undefined;

  constructor(sessionId: string, address: string) {
    this.#sessionId = sessionId;
    this.#address = address;
  }

  describe(write: (origin: SdpOrigin) => string): string {
    if (this.#written !== write(this.#origin())) {
      this.#sessionVersion += 1;
      this.#written = write(this.#origin());
    }
    return this.#written;
  }

  #origin(): SdpOrigin {
    return { sessionId: this.#sessionId, sessionVersion: this.#sessionVersion, address: this.#address };
  }
}
