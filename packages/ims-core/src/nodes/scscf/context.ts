import type { Clock } from '../../ports/clock.ts';
import type { CxClient, CxOutcome, ServerAssignmentAnswer, ServerAssignmentType } from '../../ports/cx-client.ts';
import type { Random } from '../../ports/random.ts';
import type { CauseHolder, TraceSink } from '../../ports/trace-sink.ts';
import type { IncomingRequest, RespondOptions, SipStack } from '../../protocols/proxy/stack.ts';
import type { Challenges } from './challenges.ts';
import { RETRY_AFTER_S, type ScscfConfig } from './config.ts';
import type { DigestNonces } from './digest-nonces.ts';
import type { InTurn } from './in-turn.ts';
import type { OriginalDialogs } from './original-dialogs.ts';
import type { RegEvents } from './reg-event-notify.ts';
import type { Registrations } from './registrations.ts';
import type { SharedServices } from './shared-services.ts';
import type { UnregisteredUsers } from './unregistered-users.ts';

/** What the procedures of an S-CSCF work with. */
export interface ScscfContext {
  readonly config: ScscfConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly cx: CxClient;
  readonly stack: SipStack;
  readonly trace: TraceSink;
  readonly registrations: Registrations;
  readonly challenges: Challenges;
  readonly digestNonces: DigestNonces;
  readonly regEvents: RegEvents;
  readonly unregisteredUsers: UnregisteredUsers;
  readonly originalDialogs: OriginalDialogs;
  readonly sharedServices: SharedServices;
  /** Registration procedures of one private identity never overlap. */
  readonly inTurn: InTurn;
  /** Lets a procedure run that nobody waits for; a failure is logged. */
  inBackground(procedure: Promise<unknown>): void;
  /** An application server without which the user is not to be registered fails: the registration ends. */
  applicationServerFailed(impi: string, serverName: string, cause: number): void;
  /** The name of a user for people, from the private identity. */
  nameOf(impi: string): string;
}

/** Notes of this node on the ladder. */
export type ScscfNote =
  | 'REGISTRATION_CREATED'
  | 'REGISTRATION_REMOVED'
  | 'REGISTRATION_EXPIRED'
  | 'REGISTRATION_SHORTENED'
  | 'PROFILE_REPLACED'
  | 'SUBSCRIPTION_EXPIRED'
  | 'SUBSCRIPTION_FAILED'
  | 'AKA_WRONG_RESPONSE'
  | 'AKA_MAC_FAILURE'
  | 'AKA_SYNC_FAILURE'
  | 'AKA_CHALLENGE_MISMATCH'
  | 'AKA_CHALLENGE_EXPIRED'
  | 'DIGEST_WRONG_RESPONSE'
  | 'DIGEST_CHALLENGE_MISMATCH'
  | 'DIGEST_CHALLENGE_EXPIRED'
  | 'CX_USER_DATA_UNUSABLE'
  | 'UNREGISTERED_USER_RELEASED'
  | 'IFC_EVALUATED'
  | 'IFC_PATTERN_UNUSABLE'
  | 'ISC_DEFAULT_HANDLING';

/** Writes a fact that is no message. Returns its number, which can be the cause of what follows. */
export function note(context: ScscfContext, code: ScscfNote, text: string, cause: number | null): number {
  return context.trace.record({
    kind: 'note',
    note: { code, text },
    from: context.config.party,
    to: context.config.party,
    time: context.clock.now(),
    cause,
  });
}

/** An answer that this box gives itself. */
export interface Refusal {
  readonly status: number;
  readonly options: RespondOptions;
}

export function refuse(incoming: IncomingRequest, { status, options }: Refusal): void {
  incoming.respond(status, options);
}

/** 480: the HSS gave no usable answer; come back later. */
export function hssUnavailable(why: string): Refusal {
  return { status: 480, options: { headers: [['Retry-After', String(RETRY_AFTER_S)]], why } };
}

/** Tells the HSS about one public identity of one user. @see TS 29.228 §6.1.2 */
export function serverAssignment(
  context: ScscfContext,
  user: { readonly impi?: string; readonly impu: string },
  serverAssignmentType: ServerAssignmentType,
  cause: CauseHolder,
): Promise<CxOutcome<ServerAssignmentAnswer>> {
  return context.cx.serverAssignment(
    {
      ...(user.impi !== undefined && { userName: user.impi }),
      publicIdentities: [user.impu],
      serverName: context.config.uri,
      serverAssignmentType,
      userDataAlreadyAvailable: user.impi !== undefined && context.registrations.byImpi(user.impi) !== undefined,
    },
    cause,
  );
}
