/** How long an S-CSCF takes to find out which application servers a request is for. */
import { performance } from 'node:perf_hooks';
import { selectService } from '../src/nodes/scscf/initial-filter-criteria.ts';
import type { InitialFilterCriterion, TriggerCondition } from '../src/ports/service-profile.ts';
import { parseMessage } from '../src/protocols/sip/parse.ts';
import { tortuousInvite } from './messages.ts';

const CRITERIA = 10;
const ROUNDS = 5;
const EVALUATIONS_PER_ROUND = 5_000;
const MICROSECONDS_PER_MILLISECOND = 1_000;

const conditions: readonly TriggerCondition[] = [
  { kind: 'Method', method: 'INVITE', registrationTypes: [] },
  { kind: 'SessionCase', sessionCase: 'ORIGINATING_REGISTERED' },
  { kind: 'RequestURI', pattern: '\\.3gppnetwork\\.org$' },
  { kind: 'SIPHeader', header: 'Priority', content: '^(emergency|urgent)$' },
  { kind: 'SessionDescription', line: 'm', content: '^video [1-9]' },
];

/** Each of five kinds of condition in each criterion, in CNF, of which the last never holds: all of them are worked out. */
const criteria = Array.from(
  { length: CRITERIA },
  (_, priority): InitialFilterCriterion => ({
    priority,
    triggerPoint: {
      conditionTypeCnf: true,
      servicePointTriggers: [
        ...conditions.map((condition, group) => ({ conditionNegated: false, groups: [group], condition })),
        {
          conditionNegated: false,
          groups: [conditions.length],
          condition: { kind: 'Method', method: `NEVER${priority}`, registrationTypes: [] },
        },
      ],
    },
    applicationServer: {
      serverName: 'sip:as.example',
      defaultHandling: 'SESSION_CONTINUED',
      includeRegisterRequest: false,
      includeRegisterResponse: false,
    },
  }),
);

/** Prints one line. */
export async function run(): Promise<void> {
  const parsed = parseMessage(new TextEncoder().encode(tortuousInvite));
  if (!parsed.ok || parsed.value.kind !== 'request') throw new Error('the INVITE is no request');
  const { value: message } = parsed;
  const request = { message, event: { sessionCase: 'ORIGINATING_REGISTERED' }, profilePart: 'REGISTERED' } as const;
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    for (let i = 0; i < EVALUATIONS_PER_ROUND; i += 1) {
      if (selectService(criteria, request, undefined).selected !== undefined) throw new Error('none is fulfilled');
    }
    const microseconds = ((performance.now() - start) * MICROSECONDS_PER_MILLISECOND) / EVALUATIONS_PER_ROUND;
    fastest = Math.min(fastest, microseconds);
  }
  console.log(
    `${CRITERIA} filter criteria of ${conditions.length + 1} conditions on an INVITE: ${fastest.toFixed(1)} us`,
  );
}
