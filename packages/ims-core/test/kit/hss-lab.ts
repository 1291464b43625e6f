import type { HssContext } from '../../src/nodes/hss/context.ts';
import { createHss } from '../../src/nodes/hss/hss.ts';
import { LAB_DOMAIN } from '../../src/nodes/hss/seeded-subscribers.ts';
import type { CxResult } from '../../src/ports/cx-client.ts';
import type { InitialFilterCriterion } from '../../src/ports/service-profile.ts';
import type { RegistrationUpdate, SubscriberStore } from '../../src/ports/subscriber-store.ts';
import { cxResultKey } from '../../src/protocols/cx/result-key.ts';
import { createMemoryStore } from './memory-store.ts';
import { SeededRandom } from './seeded-random.ts';

/** Alice, whom the tables are about, and Bob. */
export const IMSI = '001010000000001';
export const IMPI = `${IMSI}@${LAB_DOMAIN}`;
export const IMPU = `sip:+15550001001@${LAB_DOMAIN}`;
export const BOB = `sip:+15550001002@${LAB_DOMAIN}`;
export const TEL = 'tel:+15550001001';
export const OURS = `sip:scscf.${LAB_DOMAIN}:6060`;
export const OTHER = 'sip:other.example:6060';
export const CAPABILITIES = { mandatory: [1], optional: [2], serverNames: [] };
export const CRITERION: InitialFilterCriterion = {
  priority: 1,
  applicationServer: {
    serverName: 'sip:as.example',
    defaultHandling: 'SESSION_CONTINUED',
    includeRegisterRequest: false,
    includeRegisterResponse: false,
  },
};

/** States that a subscription can be in, by the name the tables use. */
export const STATES = {
  NOT_REGISTERED: {},
  'NOT_REGISTERED, name held': { serverName: OURS },
  'auth-pending': { serverName: OURS, authPending: true },
  REGISTERED: { state: 'REGISTERED', serverName: OURS },
  'REGISTERED, auth-pending': { state: 'REGISTERED', serverName: OURS, authPending: true },
  UNREGISTERED: { state: 'UNREGISTERED', serverName: OURS },
} as const satisfies Record<string, RegistrationUpdate>;
export type StateName = keyof typeof STATES;

/** An HSS whose Alice is in this state. */
export async function hssIn(
  state: StateName,
  options: Partial<HssContext> = {},
  criteria: readonly InitialFilterCriterion[] = [],
) {
  const store = createMemoryStore();
  await store.setInitialFilterCriteria(IMSI, criteria);
  await store.updateRegistration(IMSI, STATES[state]);
  const hss = createHss({ store, random: new SeededRandom(), serverCapabilities: CAPABILITIES, ...options });
  return { hss, store };
}

/** The registration part of a stored subscription, as one line: `REGISTERED ours pending`. */
export async function stateLine(store: SubscriberStore): Promise<string> {
  const stored = await store.byImsi(IMSI);
  const name = stored?.serverName === OURS ? 'ours' : stored?.serverName === OTHER ? 'other' : stored?.serverName;
  return `${stored?.state} ${name === '' ? 'nobody' : name}${stored?.authPending ? ' pending' : ''}`;
}

/** Result, then S-CSCF name or capabilities when the answer has them: `10415/2002 ours`. */
export function answerLine(answer: { result: CxResult; serverName?: string; serverCapabilities?: object }): string {
  const name = answer.serverName === undefined ? '' : answer.serverName === OURS ? ' ours' : ` ${answer.serverName}`;
  return `${cxResultKey(answer.result)}${name}${answer.serverCapabilities ? ' capabilities' : ''}`;
}
