import { REG_EVENT_EXPIRES_S, RegEventSubscriber } from '../../protocols/events/reg-event-subscriber.ts';
import { REGINFO_CONTENT_TYPE } from '../../protocols/events/reginfo.ts';
import { type HeaderPair, request } from '../../protocols/sip/build.ts';
import { newIcid } from '../../protocols/sip/charging-vector.ts';
import { unchanged } from '../../protocols/sip/edit.ts';
import { newCallId, newTag } from '../../protocols/sip/ids.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { originatingVector } from './charging.ts';
import type { PcscfContext } from './context.ts';

/** Whose registration is watched, and with what the watcher shows that it may. */
export interface Watched {
  readonly impi: string;
  /** A SIP URI of the user. */
  readonly impu: string;
  /** Own entry in the Path of the user's contact. */
  readonly pathUri: string;
  /** Of the registration: a new one at the S-CSCF has a new Service-Route. */
  readonly serviceRoute: string | undefined;
}

/** The P-CSCF's subscription to the registration of one user. @see TS 24.229 5.2.3 */
export type RegEventWatch = RegEventSubscriber<Watched>;

export function regEventWatch(ctx: PcscfContext, watched: Watched): RegEventWatch {
  return new RegEventSubscriber(ctx.watches.subscribers, watched, firstSubscribe(ctx, watched));
}

/** Sends a SUBSCRIBE; a refusal is the operator's business. */
export async function sendSubscribe(
  ctx: PcscfContext,
  subscribe: SipRequest,
  { impi }: Watched,
  cause: number | null,
): Promise<SipResponse> {
  const response = await ctx.stack.request({ request: unchanged(subscribe) }, { cause });
  if (response.status >= 300) {
    ctx.log.warn({ impi, status: response.status }, 'the home network refused a subscription to a registration');
  }
  return response;
}

/** @see TS 24.229 5.2.3 */
function firstSubscribe(ctx: PcscfContext, watched: Watched): SipRequest {
  const { config, random } = ctx;
  return request('SUBSCRIBE', watched.impu, [
    ['Max-Forwards', '70'],
    ['From', `<sip:${config.host}:${config.port}>;tag=${newTag(random)}`],
    ['To', `<${watched.impu}>`],
    ['Call-ID', newCallId(random, config.host)],
    ['CSeq', '1 SUBSCRIBE'],
    ...subscribeHeaders(ctx, watched, REG_EVENT_EXPIRES_S),
  ]);
}

/** What a SUBSCRIBE carries beside the headers of its dialog. @see TS 24.229 5.2.3 */
export function subscribeHeaders(
  { config, random }: PcscfContext,
  watched: Watched,
  expiresS: number,
): readonly HeaderPair[] {
  return [
    ['Contact', `<sip:${config.host}:${config.port};transport=tcp>`],
    ['Event', 'reg'],
    ['Accept', REGINFO_CONTENT_TYPE],
    ['Expires', String(expiresS)],
    ['P-Asserted-Identity', `<${watched.pathUri}>`],
    ['P-Charging-Vector', originatingVector(config, newIcid(random))],
  ];
}
