import type { AdministrationFailure, AdministrationOutcome } from '@imslab/ims-core/nodes/hss/administration';
import type { FastifyReply } from 'fastify';
import { sendProblem } from './problem.ts';

const STATUS_BY_FAILURE: Readonly<Record<AdministrationFailure, number>> = {
  REGISTRATION_UNKNOWN: 404,
  REASON_CONTRADICTS_STATE: 409,
  SCSCF_UNREACHABLE: 503,
  SCSCF_NO_ANSWER: 502,
  SCSCF_REFUSED: 502,
};

/** Answers with what kept the HSS from doing what its operator wants. */
export function sendAdministrationProblem(
  reply: FastifyReply,
  { code, text }: Extract<AdministrationOutcome, { readonly ok: false }>,
): FastifyReply {
  return sendProblem(reply, STATUS_BY_FAILURE[code], code, `${text.charAt(0).toUpperCase()}${text.slice(1)}.`);
}
