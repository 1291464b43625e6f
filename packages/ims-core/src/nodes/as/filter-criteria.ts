import type { ServiceSettings } from '../../api/lab-api.ts';
import type { InitialFilterCriterion, SessionCase, TriggerCondition } from '../../ports/service-profile.ts';
import { parseUri, serializeUri } from '../../protocols/sip/uri.ts';

/** Diversion comes before the greeting: a call that goes elsewhere needs none. */
const FORWARDING_PRIORITY = 10;
const GREETING_PRIORITY = 20;

/**
 * The initial filter criteria of a user with these services: exactly those calls go over ISC that a service needs to see.
 * @param asUri own SIP URI of the application server, without parameters
 * @see TS 23.218 §5.2.2, TS 29.228 Annex B
 */
export function serviceCriteria(
  { forwarding, greeting }: ServiceSettings,
  asUri: string,
): readonly InitialFilterCriterion[] {
  const { unconditional, busy, noAnswer, notReachable } = forwarding;
  const always = unconditional !== undefined || notReachable !== undefined;
  const criteria: InitialFilterCriterion[] = [];
  if (always || busy !== undefined || noAnswer !== undefined) {
    const cases: SessionCase[] = always
      ? ['TERMINATING_REGISTERED', 'TERMINATING_UNREGISTERED']
      : ['TERMINATING_REGISTERED'];
    criteria.push(callsTo('forwarding', FORWARDING_PRIORITY, cases, asUri));
  }
  if (greeting) criteria.push(callsTo('greeting', GREETING_PRIORITY, ['TERMINATING_UNREGISTERED'], asUri));
  return criteria;
}

/** These criteria with those of the application server in place of what it had before; others stay. */
export function withServiceCriteria(
  present: readonly InitialFilterCriterion[],
  settings: ServiceSettings,
  asUri: string,
): readonly InitialFilterCriterion[] {
  const others = present.filter((criterion) => !isOf(criterion, asUri));
  return [...others, ...serviceCriteria(settings, asUri)];
}

/** These criteria with the application server at its present address: its port may have been configured anew since they were made. */
export function readdressedCriteria(
  present: readonly InitialFilterCriterion[],
  asUri: string,
): readonly InitialFilterCriterion[] {
  const own = parseUri(asUri);
  return present.map((criterion) => {
    const { applicationServer } = criterion;
    const server = parseUri(applicationServer.serverName);
    if (!isOf(criterion, asUri) || !own.ok || own.value.kind !== 'sip' || !server.ok || server.value.kind !== 'sip') {
      return criterion;
    }
    const serverName = serializeUri({ ...server.value, port: own.value.port });
    return { ...criterion, applicationServer: { ...applicationServer, serverName } };
  });
}

/** Whether a criterion leads to the application server, by the name of its host. */
function isOf({ applicationServer }: InitialFilterCriterion, asUri: string): boolean {
  const [server, own] = [parseUri(applicationServer.serverName), parseUri(asUri)];
  return (
    server.ok &&
    own.ok &&
    server.value.kind === 'sip' &&
    own.value.kind === 'sip' &&
    server.value.host.toLowerCase() === own.value.host.toLowerCase()
  );
}

/** INVITE in one of these session cases. */
function callsTo(
  service: string,
  priority: number,
  cases: readonly SessionCase[],
  asUri: string,
): InitialFilterCriterion {
  const trigger = (group: number, condition: TriggerCondition) => ({
    conditionNegated: false,
    groups: [group],
    condition,
  });
  return {
    priority,
    triggerPoint: {
      conditionTypeCnf: true,
      servicePointTriggers: [
        trigger(0, { kind: 'Method', method: 'INVITE', registrationTypes: [] }),
        ...cases.map((sessionCase) => trigger(1, { kind: 'SessionCase', sessionCase })),
      ],
    },
    applicationServer: {
      serverName: `${asUri.replace(/^sip:/, `sip:${service}@`)};lr`,
      defaultHandling: 'SESSION_CONTINUED',
      includeRegisterRequest: false,
      includeRegisterResponse: false,
    },
  };
}
