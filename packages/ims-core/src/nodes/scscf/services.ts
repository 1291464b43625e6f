import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { MAX_CHAINED_APPLICATION_SERVERS } from './config.ts';
import { note, type ScscfContext } from './context.ts';
import { evaluationText } from './filter-criteria-text.ts';
import { type CriterionEvaluation, selectService } from './initial-filter-criteria.ts';
import { forwardToApplicationServer } from './isc.ts';
import type { ServiceChain } from './original-dialogs.ts';
import type { Side } from './own-routes.ts';
import type { ServedUser } from './served-user.ts';

/**
 * Takes the request to the application servers of the served user, in order of priority, from where the chain stands. Resolves with true when no
 * service is left: the procedure goes on. With false when a server has the request, or it was answered here.
 *
 * Deviation: criteria that the profile names by SharedIFCSetID (TS 29.228 Annex B.2.2) are not known here and are left out.
 * @see TS 24.229 5.4.3.2 step 4, 5.4.3.3 step 4, TS 23.218 §6.9.2
 */
export async function invokeServices(
  context: ScscfContext,
  incoming: IncomingRequest,
  edit: MessageEdit<SipRequest>,
  user: ServedUser,
  chain: ServiceChain,
  from: Side,
): Promise<boolean> {
  const { sessionCase } = chain;
  let { after, invoked } = chain;
  for (;;) {
    const selection = selectService(
      user.identity.services.initialFilterCriteria,
      {
        message: edit.current,
        event: { sessionCase },
        profilePart: user.registrations.length === 0 ? 'UNREGISTERED' : 'REGISTERED',
      },
      after,
    );
    tellUnusablePatterns(context, selection.evaluations, incoming);
    tellEvaluations(context, selection.evaluations, chain, incoming);
    const { selected: criterion } = selection;
    if (criterion === undefined) return true;
    if (invoked >= MAX_CHAINED_APPLICATION_SERVERS) {
      const why = `more than ${MAX_CHAINED_APPLICATION_SERVERS} application servers for one user (TS 24.229 5.4.3.2)`;
      incoming.respond(403, { why });
      return false;
    }
    after = criterion.priority;
    invoked += 1;
    const goesOn = await forwardToApplicationServer(context, incoming, edit.done(), {
      criterion,
      why: `${selection.evaluations.slice(-1).map(evaluationText)} (TS 24.229 5.4.3.2)`,
      user,
      chain: { ...chain, after, invoked },
      from,
    });
    if (!goesOn) return false;
  }
}

/** Writes on the ladder which criteria the request was held against, which of them it met, and why. A user without criteria has no such note. */
function tellEvaluations(
  context: ScscfContext,
  evaluations: readonly CriterionEvaluation[],
  { servedUser, sessionCase }: ServiceChain,
  incoming: IncomingRequest,
): void {
  if (evaluations.length === 0) return;
  const text = `${sessionCase} of ${servedUser}: ${evaluations.map(evaluationText).join('; ')} (TS 29.228 Annex C)`;
  incoming.cause = note(context, 'IFC_EVALUATED', text, incoming.cause);
}

/** Patterns of a profile that can not be used are the operator's to mend. */
export function tellUnusablePatterns(
  context: ScscfContext,
  evaluations: readonly CriterionEvaluation[],
  cause: { readonly cause: number | null },
): void {
  for (const { criterion, triggers } of evaluations) {
    for (const { unusable } of triggers) {
      if (unusable === undefined) continue;
      const text = `The filter criterion with priority ${criterion.priority} has a pattern that never matches: ${unusable}`;
      note(context, 'IFC_PATTERN_UNUSABLE', text, cause.cause);
    }
  }
}
