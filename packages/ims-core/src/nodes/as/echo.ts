import { answerCall } from './answer-call.ts';
import type { Service } from './context.ts';

/** User part of the service's public identity: `sip:echo@<domain>`. */
export const ECHO_USER = 'echo';

/** The echo test: answers every call, and the caller hears what they say until they hang up. @see TS 24.229 5.7.2 */
export const echo: Service = (context, incoming) => answerCall(context, incoming, { says: 'echo' });
