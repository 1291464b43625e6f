import type { CxOutcome, CxResult } from '@imslab/ims-core/ports/cx-client';
import type { CauseHolder } from '@imslab/ims-core/ports/trace-sink';
import type { CxAnswerReading, CxCommandPair, CxRequestEnvelope } from '@imslab/ims-core/protocols/cx/command-pair';
import type { DiameterPeer } from './peer.ts';
import type { RequestOutcome } from './pending-requests.ts';

/**
 * Sends a typed Cx request to a peer and reads its answer; the answer becomes the cause of what follows. Never rejects.
 * `answeredBy` is told the Origin-Host of an answer that could be read.
 */
export function requestCx<Request, Answer extends { readonly result: CxResult }>(
  peer: DiameterPeer,
  pair: CxCommandPair<Request, Answer>,
  request: Request,
  envelope: CxRequestEnvelope,
  holder: CauseHolder,
  answeredBy?: (originHost: string) => void,
): Promise<CxOutcome<Answer>> {
  return new Promise((resolve) => {
    peer.request(pair.command, pair.encodeRequest(request, envelope), holder.cause, (outcome) => {
      if (outcome.seq !== undefined) holder.cause = outcome.seq;
      const reading = readOutcome(pair, outcome);
      if (reading.ok) answeredBy?.(reading.answer.envelope.originHost);
      resolve(reading.ok ? { ok: true, answer: reading.answer.answer } : reading);
    });
  });
}

function readOutcome<Request, Answer>(
  pair: CxCommandPair<Request, Answer>,
  outcome: RequestOutcome,
): CxOutcome<CxAnswerReading<Answer>> {
  if (!outcome.ok) return { ok: false, failure: outcome.failure, text: outcome.text };
  const reading = pair.decodeAnswer(outcome.answer.avps);
  if (!reading.ok) return { ok: false, failure: 'malformed', text: reading.problem.text };
  return { ok: true, answer: reading.value };
}
