import type {
  MediaFunction,
  MediaResourceFunction,
  MediaResourceRefusal,
  MediaResourceResult,
  MediaResourceSession,
} from '../../src/ports/media-resource.ts';

/** Media functions without media: they write down what they are told. */
export class FakeMediaResource implements MediaResourceFunction {
  readonly sessions: FakeMediaSession[] = [];
  /** What the next offers are answered with, instead of an SDP. */
  refusal: MediaResourceRefusal | undefined;

  open(what: MediaFunction): MediaResourceSession {
    const session = new FakeMediaSession(what, () => this.refusal);
    this.sessions.push(session);
    return session;
  }

  get openSessions(): number {
    return this.sessions.filter(({ closed }) => !closed).length;
  }

  /** The latest session. Throws when there is none. */
  get last(): FakeMediaSession {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error('no media function was asked for');
    return session;
  }
}

export class FakeMediaSession implements MediaResourceSession {
  readonly what: MediaFunction;
  /** Verbs in the order in which they came: `answer`, `offer`, `accept`, `play`. */
  readonly log: string[] = [];
  closed = false;
  readonly #refusal: () => MediaResourceRefusal | undefined;
  #played: () => void = () => {};

  constructor(what: MediaFunction, refusal: () => MediaResourceRefusal | undefined) {
    this.what = what;
    this.#refusal = refusal;
  }

  async answer(): Promise<MediaResourceResult> {
    return this.#describe('answer');
  }

  async offer(): Promise<MediaResourceResult> {
    return this.#describe('offer');
  }

  async accept(): Promise<MediaResourceRefusal | undefined> {
    this.log.push('accept');
    return this.#refusal();
  }

  play(played: () => void): void {
    this.log.push('play');
    this.#played = played;
  }

  /** The announcement was heard to its end. */
  finish(): void {
    this.#played();
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  #describe(verb: string): MediaResourceResult {
    this.log.push(verb);
    return this.#refusal() ?? { ok: true, sdp: `v=0\r\ns=${verb} ${this.log.length}\r\n` };
  }
}
