import type { RegistrationView } from '@imslab/ims-core/api/lab-api';
import type { HssAdministration } from '@imslab/ims-core/nodes/hss/administration';
import { DeregistrationReason } from '@imslab/ims-core/ports/cx-push';
import type { StoredSubscriber, SubscriberStore } from '@imslab/ims-core/ports/subscriber-store';
import { canonicalIdentity } from '@imslab/ims-core/protocols/sip/uri';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { sendAdministrationProblem } from './administration-problem.ts';
import { sendProblem } from './problem.ts';

/** Reasons that an operator may give; the fourth is the HSS's own, for a user whom another S-CSCF took over. */
const REASONS = {
  PERMANENT_TERMINATION: DeregistrationReason.PERMANENT_TERMINATION,
  SERVER_CHANGE: DeregistrationReason.SERVER_CHANGE,
  'REMOVE_S-CSCF': DeregistrationReason.REMOVE_S_CSCF,
} as const;

const querySchema = z.strictObject({
  reason: z.enum(['PERMANENT_TERMINATION', 'SERVER_CHANGE', 'REMOVE_S-CSCF']).default('PERMANENT_TERMINATION'),
  /** Reason-Info: words for people. */
  info: z.string().max(256).optional(),
});

export interface RegistrationsDeps {
  readonly store: SubscriberStore;
  readonly administration: HssAdministration;
  readonly registrations: () => readonly RegistrationView[];
}

/** The registrations: as the S-CSCFs hold them, and their end by the network. @see TS 24.229 5.4.1.5 */
export function registrationRoutes(app: FastifyInstance, { store, administration, registrations }: RegistrationsDeps) {
  app.get('/api/v1/registrations', async () => registrations());

  // 204 when the S-CSCF has ended it.
  app.delete<{ Params: { identity: string } }>('/api/v1/registrations/:identity', async (request, reply) => {
    const { identity } = request.params;
    const query = querySchema.safeParse(request.query);
    if (!query.success) {
      const text = `The query may hold reason (${Object.keys(REASONS).join(', ')}) and info, nothing else.`;
      return sendProblem(reply, 400, 'REASON_INVALID', text);
    }
    const subscriber = await findSubscriber(store, identity);
    if (subscriber === undefined) {
      return sendProblem(reply, 404, 'REGISTRATION_UNKNOWN', `${identity} is no identity of a subscriber.`);
    }
    const { reason, info } = query.data;
    const outcome = await administration.deregister(subscriber.imsi, REASONS[reason], info);
    return outcome.ok ? reply.status(204).send() : sendAdministrationProblem(reply, outcome);
  });
}

/** By an IMPU in any spelling, an IMPI or an IMSI. */
async function findSubscriber(store: SubscriberStore, identity: string): Promise<StoredSubscriber | undefined> {
  const impu = canonicalIdentity(identity);
  const ofPublic = impu === undefined ? undefined : await store.byImpu(impu);
  return ofPublic ?? (await store.byImpi(identity)) ?? store.byImsi(identity);
}
