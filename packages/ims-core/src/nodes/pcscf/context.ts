import type { Clock, Timer } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { MediaRelay, MediaUe } from '../../ports/media-relay.ts';
import type { Random } from '../../ports/random.ts';
import type { TraceSink } from '../../ports/trace-sink.ts';
import type { SipStack } from '../../protocols/proxy/stack.ts';
import type { TraceParty } from '../../trace/event.ts';
import type { PcscfConfig } from './config.ts';
import type { Sessions } from './dialogs.ts';
import type { Challenges } from './integrity.ts';
import { partyOfUe } from './parties.ts';
import type { RegEventWatches } from './reg-event.ts';
import type { Binding, Registrations } from './registrations.ts';

/** What the procedures of this node work with. */
export interface PcscfContext {
  readonly config: PcscfConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly stack: SipStack;
  readonly trace: TraceSink;
  readonly media: MediaRelay;
  readonly registrations: Registrations;
  readonly challenges: Challenges;
  readonly sessions: Sessions;
  readonly watches: RegEventWatches;
  /** Bindings whose flow was lost, and until when they may come back. */
  readonly graceTimers: Map<Binding, Timer>;
  /** IMSI and name of a UE, for the ladder, from its IMPI or an IMPU. */
  ueOf(identity: string): MediaUe;
  readonly log: Log;
}

/** Notes of this node on the ladder. */
export type PcscfNote =
  | 'REGISTRATION_BOUND'
  | 'REGISTRATION_ENDED'
  | 'REGISTRATION_EXPIRED'
  | 'FLOW_LOST'
  | 'FLOW_GRACE_OVER'
  | 'MEDIA_REFUSED'
  | 'SESSION_RELEASED'
  | 'SESSION_EXPIRED';

export const PCSCF_PARTY: TraceParty = { node: 'pcscf', id: '', label: 'P-CSCF' };

/** Writes a fact about a UE that is no message. Returns its number, the cause of what follows. */
export function note(ctx: PcscfContext, code: PcscfNote, ue: MediaUe, text: string, cause: number | null): number {
  return ctx.trace.record({
    kind: 'note',
    note: { code, text },
    from: partyOfUe(ue),
    to: PCSCF_PARTY,
    time: ctx.clock.now(),
    cause,
  });
}
