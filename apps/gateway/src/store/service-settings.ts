import type { ServiceSettings } from '@imslab/ims-core/api/lab-api';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Tables } from './schema.ts';

/** Longest target, UTF-16 code units. */
const MAX_TARGET_LENGTH = 500;
/** Ringing of a call that is forwarded without answer, seconds. */
const MIN_RINGING_S = 1;
const MAX_RINGING_S = 180;
const DEFAULT_RINGING_S = 20;

const target = z.string().min(1).max(MAX_TARGET_LENGTH);

/** The services of one subscriber in JSON. @see TS 24.604 4.9 */
export const serviceSettingsSchema: z.ZodType<ServiceSettings> = z.strictObject({
  forwarding: z.strictObject({
    unconditional: z.exactOptional(target),
    busy: z.exactOptional(target),
    noAnswer: z.exactOptional(
      z.strictObject({
        target,
        afterS: z.number().int().min(MIN_RINGING_S).max(MAX_RINGING_S).default(DEFAULT_RINGING_S),
      }),
    ),
    notReachable: z.exactOptional(target),
  }),
  greeting: z.boolean(),
});

/** By IMSI, the services of those who have set any. Throws when the database holds what is none. */
export async function readServiceSettings(db: Kysely<Tables>): Promise<Map<string, ServiceSettings>> {
  const rows = await db.selectFrom('service_settings').selectAll().execute();
  return new Map(rows.map(({ imsi, settings }) => [imsi, serviceSettingsSchema.parse(JSON.parse(settings))]));
}
