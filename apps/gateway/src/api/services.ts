import type { ServiceSettings } from '@imslab/ims-core/api/lab-api';
import { withServiceCriteria } from '@imslab/ims-core/nodes/as/filter-criteria';
import type { HssAdministration } from '@imslab/ims-core/nodes/hss/administration';
import type { ServiceSettingsStore } from '@imslab/ims-core/ports/service-settings';
import type { SubscriberStore } from '@imslab/ims-core/ports/subscriber-store';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { serviceSettingsSchema } from '../store/service-settings.ts';
import { sendAdministrationProblem } from './administration-problem.ts';
import { forwardingTarget } from './forwarding-target.ts';
import { sendProblem } from './problem.ts';

export interface ServicesDeps {
  readonly store: SubscriberStore;
  readonly services: ServiceSettingsStore;
  readonly administration: HssAdministration;
  /** Home domain. */
  readonly domain: string;
  /** SIP URI of the application server, without parameters. */
  readonly asUri: string;
}

type OneSubscriber = { Params: { imsi: string } };

/** The supplementary services of a user: what the application server does, and the filter criteria that bring calls to it. */
export function serviceRoutes(app: FastifyInstance, deps: ServicesDeps): void {
  const { store, services, administration } = deps;
  const unknown = (reply: FastifyReply, imsi: string) =>
    sendProblem(reply, 404, 'SUBSCRIBER_UNKNOWN', `There is no user ${imsi}.`);

  /** Services themselves have none. */
  const userOf = async (imsi: string) => {
    const subscriber = await store.byImsi(imsi);
    return subscriber?.authenticationScheme === 'none' ? undefined : subscriber;
  };

  app.get<OneSubscriber>('/api/v1/subscribers/:imsi/services', async (request, reply) => {
    const { imsi } = request.params;
    const settings = (await userOf(imsi)) && (await services.ofSubscriber(imsi));
    return settings ?? unknown(reply, imsi);
  });

  // Stored first, then brought to the S-CSCF that serves the user: a problem with that leaves them stored.
  app.put<OneSubscriber>('/api/v1/subscribers/:imsi/services', async (request, reply) => {
    const { imsi } = request.params;
    const parsed = serviceSettingsSchema.safeParse(request.body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const text = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not usable'}`;
      return sendProblem(reply, 400, 'SERVICES_INVALID', text);
    }
    const user = await userOf(imsi);
    if (user === undefined) return unknown(reply, imsi);
    const wish = await withTargets(parsed.data, deps, imsi);
    if (!wish.ok) return sendProblem(reply, 400, 'FORWARDING_TARGET_INVALID', wish.text);
    await services.set(imsi, wish.settings);
    const criteria = withServiceCriteria(user.initialFilterCriteria, wish.settings, deps.asUri);
    await store.setInitialFilterCriteria(imsi, criteria);
    const outcome = await administration.profileChanged(imsi);
    return outcome.ok ? wish.settings : sendAdministrationProblem(reply, outcome);
  });
}

type Wish = { readonly ok: true; readonly settings: ServiceSettings } | { readonly ok: false; readonly text: string };

/** The settings with each target as a URI. */
async function withTargets(wish: ServiceSettings, { store, domain }: ServicesDeps, imsi: string): Promise<Wish> {
  const subscribers = await store.list();
  const { unconditional, busy, noAnswer, notReachable } = wish.forwarding;
  const problems: string[] = [];
  const uriOf = (text: string): string => {
    const target = forwardingTarget(text, { subscribers, domain, imsi });
    if (!target.ok) problems.push(target.text);
    return target.ok ? target.uri : '';
  };
  const settings: ServiceSettings = {
    forwarding: {
      ...(unconditional !== undefined && { unconditional: uriOf(unconditional) }),
      ...(busy !== undefined && { busy: uriOf(busy) }),
      ...(noAnswer !== undefined && { noAnswer: { ...noAnswer, target: uriOf(noAnswer.target) } }),
      ...(notReachable !== undefined && { notReachable: uriOf(notReachable) }),
    },
    greeting: wish.greeting,
  };
  const [problem] = problems;
  return problem === undefined ? { ok: true, settings } : { ok: false, text: problem };
}
