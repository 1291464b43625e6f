import type {
  ApplicationServer,
  DefaultHandling,
  InitialFilterCriterion,
  ProfilePart,
  SessionCase,
  TriggerCondition,
} from '../../src/ports/service-profile.ts';
import { type CoreLab, D, nameOf } from './core-lab.ts';

export interface CriterionOptions {
  readonly priority?: number;
  readonly server?: string;
  readonly handling?: DefaultHandling;
  readonly part?: ProfilePart;
  readonly extra?: Partial<ApplicationServer>;
}

/** A criterion that is fulfilled when all conditions hold; without conditions, always. */
export function criterion(
  conditions: readonly TriggerCondition[],
  { priority = 10, server = `sip:as.${D}:5080`, handling = 'SESSION_CONTINUED', part, extra }: CriterionOptions = {},
): InitialFilterCriterion {
  const servicePointTriggers = conditions.map((condition) => ({ conditionNegated: false, groups: [0], condition }));
  return {
    priority,
    ...(conditions.length > 0 && { triggerPoint: { conditionTypeCnf: false, servicePointTriggers } }),
    applicationServer: {
      serverName: server,
      defaultHandling: handling,
      includeRegisterRequest: false,
      includeRegisterResponse: false,
      ...extra,
    },
    ...(part && { profilePart: part }),
  };
}

export const method = (name: string): TriggerCondition => ({ kind: 'Method', method: name, registrationTypes: [] });
export const sessionCase = (name: SessionCase): TriggerCondition => ({ kind: 'SessionCase', sessionCase: name });

/** Gives a seeded subscriber services; a registration gets them from then on. */
export function setServices(lab: CoreLab, name: string, criteria: readonly InitialFilterCriterion[]): Promise<void> {
  const id = nameOf(`sip:${name.toLowerCase()}@${D}`)?.id;
  if (id === undefined) throw new Error(`nobody is called ${name}`);
  return lab.store.setInitialFilterCriteria(id, criteria);
}
