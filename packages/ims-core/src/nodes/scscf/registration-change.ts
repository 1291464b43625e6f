import type { CauseHolder } from '../../ports/trace-sink.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { response as buildResponse, type HeaderPair } from '../../protocols/sip/build.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import type { ScscfContext } from './context.ts';
import type { Registration } from './registrations.ts';
import { registerWithApplicationServers } from './third-party-register.ts';

/** Why contacts are not registered any more, in the words of the reg event package. @see RFC 3680 §4.7.1 */
export type ContactEnd = 'unregistered' | 'expired' | 'deactivated' | 'probation' | 'rejected';

/** A REGISTER of a UE, and the 200 that it got. */
export interface RegisterExchange {
  readonly request: SipRequest;
  readonly response: () => SipResponse;
}

/** The exchange of a REGISTER that was answered with 200 and these headers. */
export function registerExchange(
  { message, toTag }: IncomingRequest,
  headers: readonly HeaderPair[],
): RegisterExchange {
  return { request: message, response: () => buildResponse(message, 200, { toTag, headers }) };
}

/** The registration of one private identity before and after something happened to it. */
export interface RegistrationChange {
  readonly impi: string;
  /** Undefined when the user was not registered before. */
  readonly before: Registration | undefined;
  /** Undefined when the user is not registered any more. */
  readonly after: Registration | undefined;
  /** What became of the contacts that are gone. */
  readonly end: ContactEnd;
  /** Seconds after which a UE whose contact ended with `probation` may register again. */
  readonly retryAfterS?: number;
  /** Undefined when it was not a UE that registered or de-registered the user as a whole. */
  readonly register?: RegisterExchange;
}

/**
 * Tells everyone who follows registrations that one has changed. Nobody is waited for: what they are sent goes out after the 200 to the UE.
 * @see TS 24.229 5.4.1.2.2, 5.4.2.1.2
 */
export function registrationChanged(context: ScscfContext, change: RegistrationChange, cause: CauseHolder): void {
  context.regEvents.changed(change, cause.cause);
  registerWithApplicationServers(context, change, cause.cause);
}
