import {
  type ErrorAnswer,
  judgeCapabilities,
  type PeerCapabilities,
  readCapabilities,
  readResultCode,
} from '@imslab/ims-core/protocols/diameter/base-messages';
import { ResultCode } from '@imslab/ims-core/protocols/diameter/result-codes';
import type { DecodedMessage } from './codec.ts';

/** What a CER or CEA leads to: a peer, or why not. */
export type CapabilitiesJudgement =
  | { readonly ok: true; readonly peer: PeerCapabilities }
  | { readonly ok: false; readonly refusal: ErrorAnswer };

/** Judges a CER. `objection`: why this Origin-Host may not come in. @see RFC 6733 §5.3 */
export function judgeCer(
  { layout, message }: DecodedMessage,
  objection: (originHost: string) => string | undefined,
): CapabilitiesJudgement {
  if (layout.error !== undefined) return { ok: false, refusal: layout.error };
  const reading = readCapabilities(message?.avps ?? []);
  if (!reading.ok) return { ok: false, refusal: reading.problem };
  const peer = reading.value;
  const resultCode = judgeCapabilities(peer);
  if (resultCode !== ResultCode.SUCCESS) {
    return { ok: false, refusal: { resultCode, text: 'the peers have nothing in common' } };
  }
  const text = objection(peer.originHost);
  if (text !== undefined) return { ok: false, refusal: { resultCode: ResultCode.UNABLE_TO_COMPLY, text } };
  return { ok: true, peer };
}

/** Judges a CEA; undefined when the peer refused or can not be understood. @see RFC 6733 §5.3 */
export function judgeCea({ message }: DecodedMessage): PeerCapabilities | undefined {
  if (message === undefined || readResultCode(message.avps) !== ResultCode.SUCCESS) return undefined;
  const reading = readCapabilities(message.avps);
  return reading.ok ? reading.value : undefined;
}
