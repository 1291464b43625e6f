import type { CxClient } from '../../ports/cx-client.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { IncomingRequest, RespondOptions, SipStack } from '../../protocols/proxy/stack.ts';
import { HSS_RETRY_AFTER_S, type IcscfConfig } from './config.ts';

/** What the procedures of an I-CSCF work with. */
export interface IcscfContext {
  readonly config: IcscfConfig;
  readonly random: Random;
  readonly cx: CxClient;
  readonly stack: SipStack;
  readonly log: Log;
}

/** An answer that this box gives itself. */
export interface Refusal {
  readonly status: number;
  readonly options: RespondOptions;
}

export function refuse(incoming: IncomingRequest, { status, options }: Refusal): void {
  incoming.respond(status, options);
}

/** 480: the query at the HSS could not be completed. @see TS 24.229 5.3.1.2, 5.3.2.1 */
export function queryNotCompleted(why: string): Refusal {
  return { status: 480, options: { headers: [['Retry-After', String(HSS_RETRY_AFTER_S)]], why } };
}
