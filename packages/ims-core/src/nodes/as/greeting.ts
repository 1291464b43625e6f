import { answerCall } from './answer-call.ts';
import type { Service } from './context.ts';

/**
 * The greeting for a user who is not registered: answers, speaks once, and hangs up with the reason that the call would have had.
 * @see TS 24.229 5.7.2, TS 24.628
 */
export const greeting: Service = (context, incoming) =>
  answerCall(context, incoming, {
    says: 'announcement',
    thenEnds: { cause: 480, text: 'The called user is not registered' },
  });
