import type {
  MediaAnswer,
  MediaErrorCode,
  MediaLegKey,
  MediaLegStatistics,
  MediaOffer,
  MediaRelay,
  MediaResult,
  MediaTotals,
} from '../../src/ports/media-relay.ts';

/**
 * A media relay that only keeps count. What it returns names the verb and what it got: the SDP `A` offered by a browser becomes
 * `offer webrtc A`.
 */
export class FakeMediaRelay implements MediaRelay {
  /** `offer webrtc originating`, `delete terminating` ... in order. */
  readonly log: string[] = [];
  readonly #open = new Set<string>();
  /** Refuses the next calls of a verb with this code. */
  refuse: { readonly verb: 'offer' | 'answer'; readonly code: MediaErrorCode } | undefined;
  /** Each verb waits for it: a relay that takes its time. */
  wait: Promise<void> = Promise.resolve();

  async offer(request: MediaOffer): Promise<MediaResult> {
    this.#open.add(keyText(request.key));
    return this.#do('offer', request);
  }

  async answer(request: MediaAnswer): Promise<MediaResult> {
    return this.#do('answer', request);
  }

  async query(_key: MediaLegKey): Promise<MediaLegStatistics | undefined> {
    return undefined;
  }

  async delete(key: MediaLegKey): Promise<void> {
    this.log.push(`delete ${key.pass}`);
    this.#open.delete(keyText(key));
  }

  totals(): MediaTotals {
    return { sessions: this.#open.size, routers: 0, transports: 0, producers: 0, consumers: 0 };
  }

  async #do(verb: 'offer' | 'answer', request: MediaOffer | MediaAnswer): Promise<MediaResult> {
    this.log.push(`${verb} ${request.from} ${request.key.pass}`);
    await this.wait;
    if (this.refuse?.verb === verb) return { ok: false, code: this.refuse.code, text: 'as the test wants' };
    return { ok: true, sdp: `${verb} ${request.from} ${request.sdp}` };
  }
}

function keyText(key: MediaLegKey): string {
  return `${key.callId} ${key.pass} ${key.id}`;
}
