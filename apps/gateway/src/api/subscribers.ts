import type { SubscriberView } from '@imslab/ims-core/api/lab-api';
import type { HssAdministration } from '@imslab/ims-core/nodes/hss/administration';
import { DeregistrationReason } from '@imslab/ims-core/ports/cx-push';
import {
  type StoredSubscriber,
  type SubscriberStore,
  SubscriptionConflict,
} from '@imslab/ims-core/ports/subscriber-store';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { initialFilterCriteriaSchema } from '../store/filter-criteria.ts';
import { sendAdministrationProblem } from './administration-problem.ts';
import { readNewSubscribers } from './new-subscribers.ts';
import { sendProblem } from './problem.ts';
import { numberOf, type SimLeases } from './sim-leases.ts';

/** Room for as many subscribers as one request may add, octets. */
const MAX_PROVISIONING_OCTETS = 8 * 1_024 * 1_024;

export interface SubscribersDeps {
  readonly store: SubscriberStore;
  readonly leases: SimLeases;
  readonly administration: HssAdministration;
  /** Home domain of new subscribers. */
  readonly domain: string;
  /** Told of each subscriber that was added. */
  readonly onAdded: (subscriber: StoredSubscriber) => void;
}

type OneSubscriber = { Params: { imsi: string } };

/** The subscribers at the HSS: no answer holds a secret. */
export function subscriberRoutes(app: FastifyInstance, deps: SubscribersDeps): void {
  const { store, leases, administration, domain } = deps;

  const viewOf = (subscriber: StoredSubscriber): SubscriberView => ({
    imsi: subscriber.imsi,
    impi: subscriber.impi,
    name: subscriber.name,
    kind: subscriber.authenticationScheme === 'none' ? 'service' : 'user',
    authenticationScheme: subscriber.authenticationScheme,
    number: numberOf(subscriber),
    identities: subscriber.identities.map((identity) => identity.uri),
    state: subscriber.state,
    serverName: subscriber.serverName,
    taken: leases.isTaken(subscriber.imsi),
  });
  const unknown = (reply: FastifyReply, imsi: string) =>
    sendProblem(reply, 404, 'SUBSCRIBER_UNKNOWN', `There is no subscriber ${imsi}.`);

  app.get('/api/v1/subscribers', async () => (await store.list()).map(viewOf));

  app.get<OneSubscriber>('/api/v1/subscribers/:imsi', async (request, reply) => {
    const subscriber = await store.byImsi(request.params.imsi);
    return subscriber === undefined ? unknown(reply, request.params.imsi) : viewOf(subscriber);
  });

  // All of them are added, or none.
  app.post('/api/v1/subscribers', { bodyLimit: MAX_PROVISIONING_OCTETS }, async (request, reply) => {
    const wish = readNewSubscribers(request.body, domain);
    if (!wish.ok) return sendProblem(reply, 400, 'SUBSCRIBER_INVALID', wish.text);
    try {
      await store.add(wish.subscriptions);
    } catch (error) {
      if (!(error instanceof SubscriptionConflict)) throw error;
      return sendProblem(reply, 409, error.code, `${error.message}.`);
    }
    const added = wish.subscriptions.map(({ subscriber }) => subscriber);
    for (const subscriber of added) deps.onAdded(subscriber);
    return reply.status(201).send(added.map(viewOf));
  });

  // Its registration ends first; a subscriber whom the S-CSCF keeps is not removed.
  app.delete<OneSubscriber>('/api/v1/subscribers/:imsi', async (request, reply) => {
    const { imsi } = request.params;
    const subscriber = await store.byImsi(imsi);
    if (subscriber === undefined) return unknown(reply, imsi);
    const { PERMANENT_TERMINATION } = DeregistrationReason;
    const outcome = await administration.deregister(imsi, PERMANENT_TERMINATION, 'the subscription was removed');
    if (!outcome.ok && outcome.code !== 'REGISTRATION_UNKNOWN') return sendAdministrationProblem(reply, outcome);
    await store.remove(imsi);
    leases.revoke(imsi);
    return reply.status(204).send();
  });

  app.get<OneSubscriber>('/api/v1/subscribers/:imsi/initial-filter-criteria', async (request, reply) => {
    const subscriber = await store.byImsi(request.params.imsi);
    return subscriber === undefined ? unknown(reply, request.params.imsi) : subscriber.initialFilterCriteria;
  });

  // Stored first, then brought to the S-CSCF that serves the user: a problem with that leaves them stored.
  app.put<OneSubscriber>('/api/v1/subscribers/:imsi/initial-filter-criteria', async (request, reply) => {
    const { imsi } = request.params;
    const parsed = initialFilterCriteriaSchema.safeParse(request.body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const text = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not usable'}`;
      return sendProblem(reply, 400, 'FILTER_CRITERIA_INVALID', text);
    }
    if ((await store.byImsi(imsi)) === undefined) return unknown(reply, imsi);
    await store.setInitialFilterCriteria(imsi, parsed.data);
    const outcome = await administration.profileChanged(imsi);
    return outcome.ok ? parsed.data : sendAdministrationProblem(reply, outcome);
  });
}
