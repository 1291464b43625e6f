import type { CxOutcome, CxResult } from '@imslab/ims-core/ports/cx-client';
import type { CauseHolder } from '@imslab/ims-core/ports/trace-sink';
import type { CxAnswerReading, CxCommandPair, CxRequestEnvelope } from '@imslab/ims-core/protocols/cx/command-pair';
import type { DiameterPeer } from './peer.ts';

/** Sends a typed Cx request to a peer and reads its answer; the answer becomes the cause of what follows. Never rejects. */
export async function requestCx<Request, Answer extends { readonly result: CxResult }>(
  peer: DiameterPeer,
  pair: CxCommandPair<Request, Answer>,
  request: Request,
  envelope: CxRequestEnvelope,
  holder: CauseHolder,
): Promise<CxOutcome<CxAnswerReading<Answer>>> {
  const { code, applicationId } = pair.command;
  const avps = pair.encodeRequest(request, envelope);
  const outcome = await peer.request({ commandCode: code, applicationId, avps }, holder.cause);
  if (outcome.seq !== undefined) holder.cause = outcome.seq;
  if (!outcome.ok) return { ok: false, failure: outcome.failure, text: outcome.text };
  const reading = pair.decodeAnswer(outcome.answer.avps);
  if (!reading.ok) return { ok: false, failure: 'malformed', text: reading.problem.text };
  return { ok: true, answer: reading.value };
}
