import {
  type InitialFilterCriterion,
  registrationTypes,
  sessionCases,
  type TriggerCondition,
} from '@imslab/ims-core/ports/service-profile';
import { z } from 'zod';

/** Most criteria of one subscription. */
const MAX_CRITERIA = 64;
/** Most triggers of one criterion. */
const MAX_TRIGGERS = 64;
/** Longest text of a criterion, UTF-16 code units. */
const MAX_TEXT_LENGTH = 4_096;

const text = z.string().max(MAX_TEXT_LENGTH);
const word = text.min(1);
const index = z
  .number()
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const content = z.exactOptional(text);

const condition: z.ZodType<TriggerCondition> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('RequestURI'), pattern: text }),
  z.strictObject({
    kind: z.literal('Method'),
    method: word,
    registrationTypes: z.array(z.enum(registrationTypes)).max(registrationTypes.length),
  }),
  z.strictObject({ kind: z.literal('SIPHeader'), header: word, content }),
  z.strictObject({ kind: z.literal('SessionCase'), sessionCase: z.enum(sessionCases) }),
  z.strictObject({ kind: z.literal('SessionDescription'), line: word, content }),
]);

/** A list of initial filter criteria in JSON, each priority once. @see TS 29.228 Annex B.2.2 */
export const initialFilterCriteriaSchema: z.ZodType<readonly InitialFilterCriterion[]> = z
  .array(
    z.strictObject({
      priority: index,
      triggerPoint: z.exactOptional(
        z.strictObject({
          conditionTypeCnf: z.boolean(),
          servicePointTriggers: z
            .array(
              z.strictObject({
                conditionNegated: z.boolean(),
                groups: z.array(index).min(1).max(MAX_TRIGGERS),
                condition,
              }),
            )
            .min(1)
            .max(MAX_TRIGGERS),
        }),
      ),
      applicationServer: z.strictObject({
        serverName: word,
        defaultHandling: z.enum(['SESSION_CONTINUED', 'SESSION_TERMINATED']),
        serviceInfo: content,
        includeRegisterRequest: z.boolean(),
        includeRegisterResponse: z.boolean(),
      }),
      profilePart: z.exactOptional(z.enum(['REGISTERED', 'UNREGISTERED'])),
    }),
  )
  .max(MAX_CRITERIA)
  .refine((criteria) => new Set(criteria.map(({ priority }) => priority)).size === criteria.length, {
    message: 'a priority stands there twice',
  });

/** Criteria as the database keeps them. Throws when they are not of the schema. */
export function criteriaToJson(criteria: readonly InitialFilterCriterion[]): string {
  return JSON.stringify(initialFilterCriteriaSchema.parse(criteria));
}

/** Criteria out of the database. Throws when they are none. */
export function criteriaFromJson(json: string): readonly InitialFilterCriterion[] {
  return initialFilterCriteriaSchema.parse(JSON.parse(json));
}
