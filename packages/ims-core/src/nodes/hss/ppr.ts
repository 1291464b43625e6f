import { DeregistrationReason } from '../../ports/cx-push.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { CxResults } from '../../protocols/cx/results.ts';
import { type AdministrationContext, type AdministrationOutcome, noAnswer } from './administration.ts';
import { terminateRegistration } from './rtr.ts';
import { userDataOf } from './user-data.ts';

/** Results of an S-CSCF that cannot work with the profile: the user needs another one. @see TS 29.228 §6.2 */
const NEEDS_ANOTHER_SERVER: ReadonlySet<string> = new Set(
  [CxResults.ERROR_TOO_MUCH_DATA, CxResults.ERROR_NOT_SUPPORTED_USER_DATA].map(cxResultKey),
);

/** Sends the whole profile of a subscription to the S-CSCF that serves it. @see TS 29.228 §6.2 */
export async function pushProfile(context: AdministrationContext, imsi: string): Promise<AdministrationOutcome> {
  const { store, chargingInformation } = context.hss;
  const subscriber = await store.byImsi(imsi);
  if (subscriber === undefined || subscriber.state === 'NOT_REGISTERED') return { ok: true };
  const outcome = await context.push.pushProfile(
    subscriber.serverName,
    {
      userName: subscriber.impi,
      userData: userDataOf(subscriber),
      ...(chargingInformation && { chargingInformation }),
    },
    { cause: null },
  );
  if (!outcome.ok) return noAnswer(outcome.failure, outcome.text);
  const key = cxResultKey(outcome.answer.result);
  if (key === cxResultKey(CxResults.SUCCESS)) return { ok: true };
  if (NEEDS_ANOTHER_SERVER.has(key)) {
    const info = 'the S-CSCF cannot hold the changed profile';
    return terminateRegistration(context, imsi, DeregistrationReason.SERVER_CHANGE, info);
  }
  return { ok: false, code: 'SCSCF_REFUSED', text: `the S-CSCF answered PPR with ${key}` };
}
