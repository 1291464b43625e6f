import type { ServicePointTrigger } from '../../ports/service-profile.ts';
import type { CriterionEvaluation, TriggerEvaluation } from './initial-filter-criteria.ts';

/** What became of a criterion and why, for people. */
export function evaluationText({ criterion, fulfilled, triggers }: CriterionEvaluation): string {
  const name = `criterion ${criterion.priority}`;
  if (fulfilled) return `${name} is met by ${metBy(triggers)}: ${criterion.applicationServer.serverName}`;
  if (triggers.length === 0) return `${name} is for the ${criterion.profilePart} part of the profile`;
  return `${name} is not met: ${missing(triggers)}`;
}

function metBy(triggers: readonly TriggerEvaluation[]): string {
  const held = triggers.filter(({ result }) => result === true);
  return held.length === 0 ? 'every request' : listed(held);
}

function missing(triggers: readonly TriggerEvaluation[]): string {
  const failed = triggers.filter(({ result }) => result === false);
  return failed.length === 0 ? 'no trigger is about such a request' : `no ${listed(failed)}`;
}

function listed(triggers: readonly TriggerEvaluation[]): string {
  return triggers.map(({ trigger }) => conditionText(trigger)).join(', ');
}

function conditionText({ condition, conditionNegated }: ServicePointTrigger): string {
  const not = conditionNegated ? 'not ' : '';
  switch (condition.kind) {
    case 'Method':
      return `${not}${condition.method}`;
    case 'SessionCase':
      return `${not}${condition.sessionCase}`;
    case 'RequestURI':
      return `${not}Request-URI ${condition.pattern}`;
    case 'SIPHeader':
      return `${not}${condition.header}${condition.content === undefined ? '' : `: ${condition.content}`}`;
    case 'SessionDescription':
      return `${not}SDP ${condition.line}=${condition.content ?? ''}`;
  }
}
