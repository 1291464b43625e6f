import type { Problem } from '@imslab/ims-core/api/lab-api';
import type { FastifyReply } from 'fastify';

/** Answers with RFC 9457 problem details. `code` is stable; `extra` are further members. */
export function sendProblem(
  reply: FastifyReply,
  status: number,
  code: string,
  detail: string,
  extra: Readonly<Record<string, unknown>> = {},
): FastifyReply {
  const problem: Problem = { type: 'about:blank', title: code, status, code, detail };
  return reply
    .status(status)
    .type('application/problem+json')
    .send({ ...problem, ...extra });
}
