import { describe, expect, it } from 'vitest';
import type { ServiceSettings } from '../../api/lab-api.ts';
import type { InitialFilterCriterion } from '../../ports/service-profile.ts';
import { NO_SERVICES } from '../../ports/service-settings.ts';
import { readdressedCriteria, serviceCriteria, withServiceCriteria } from './filter-criteria.ts';

const AS = 'sip:as.example.org:5080';
const CAROL = 'sip:carol@example.org';

/** `priority service SessionCase...` of each criterion. */
function words(criteria: readonly InitialFilterCriterion[]): string[] {
  return criteria.map(({ priority, applicationServer, triggerPoint }) => {
    const conditions = triggerPoint?.servicePointTriggers.map(({ condition }) =>
      condition.kind === 'SessionCase' ? condition.sessionCase : condition.kind === 'Method' ? condition.method : '',
    );
    return [priority, applicationServer.serverName, ...(conditions ?? [])].join(' ');
  });
}

const FORWARDING = 'sip:forwarding@as.example.org:5080;lr INVITE';
const GREETING = '20 sip:greeting@as.example.org:5080;lr INVITE TERMINATING_UNREGISTERED';

describe('the filter criteria of the services', () => {
  it.each<[string, ServiceSettings, readonly string[]]>([
    ['nothing', NO_SERVICES, []],
    [
      'unconditional forwarding',
      { forwarding: { unconditional: CAROL }, greeting: false },
      [`10 ${FORWARDING} TERMINATING_REGISTERED TERMINATING_UNREGISTERED`],
    ],
    [
      'forwarding when busy',
      { forwarding: { busy: CAROL }, greeting: false },
      [`10 ${FORWARDING} TERMINATING_REGISTERED`],
    ],
    [
      'forwarding without answer',
      { forwarding: { noAnswer: { target: CAROL, afterS: 20 } }, greeting: false },
      [`10 ${FORWARDING} TERMINATING_REGISTERED`],
    ],
    [
      'forwarding when not reachable',
      { forwarding: { notReachable: CAROL }, greeting: false },
      [`10 ${FORWARDING} TERMINATING_REGISTERED TERMINATING_UNREGISTERED`],
    ],
    ['a greeting', { forwarding: {}, greeting: true }, [GREETING]],
    [
      'forwarding and a greeting',
      { forwarding: { busy: CAROL }, greeting: true },
      [`10 ${FORWARDING} TERMINATING_REGISTERED`, GREETING],
    ],
  ])('ask for %s', (_what, settings, expected) => {
    expect(words(serviceCriteria(settings, AS))).toEqual(expected);
  });

  it('replace those of this server and leave those of others', () => {
    const other: InitialFilterCriterion = {
      priority: 0,
      applicationServer: {
        serverName: 'sip:as.example.net:5080;lr',
        defaultHandling: 'SESSION_TERMINATED',
        includeRegisterRequest: false,
        includeRegisterResponse: false,
      },
    };
    const before = [other, ...serviceCriteria({ forwarding: { busy: CAROL }, greeting: true }, AS)];
    expect(withServiceCriteria(before, NO_SERVICES, AS)).toEqual([other]);
  });

  it('follow the server to another port', () => {
    const before = serviceCriteria({ forwarding: {}, greeting: true }, 'sip:as.example.org:5070');
    expect(words(readdressedCriteria(before, AS))).toEqual([GREETING]);
    const others = serviceCriteria({ forwarding: {}, greeting: true }, 'sip:as.example.net:5070');
    expect(readdressedCriteria(others, AS)).toEqual(others);
  });
});
