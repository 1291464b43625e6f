import { DeregistrationReason } from '../../ports/cx-push.ts';
import type { RegistrationUpdate, StoredSubscriber } from '../../ports/subscriber-store.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { CxResults } from '../../protocols/cx/results.ts';
import { type AdministrationContext, type AdministrationOutcome, noAnswer } from './administration.ts';
import { NOBODY } from './context.ts';
import { identitiesInRtr } from './identities-in-rtr.ts';

/** Results with which the registration is gone; an S-CSCF that does not know the user has nothing to end. */
const ENDED: ReadonlySet<string> = new Set(
  [CxResults.SUCCESS, CxResults.LIMITED_SUCCESS, CxResults.ERROR_USER_UNKNOWN].map(cxResultKey),
);

type Begun = { readonly before: StoredSubscriber } | { readonly refusal: AdministrationOutcome };

/** Tells the S-CSCF that serves a subscription to end its registration. @see TS 29.228 §6.1.3 */
export async function terminateRegistration(
  context: AdministrationContext,
  imsi: string,
  reason: DeregistrationReason,
  info?: string,
): Promise<AdministrationOutcome> {
  // The state changes with the request, not with its answer: a UE that registers again at once must find it changed.
  const begun = await context.inTurn(imsi, () => begin(context, imsi, reason));
  if ('refusal' in begun) return begun.refusal;
  const { before } = begun;
  const outcome = await context.push.registrationTermination(
    before.serverName,
    {
      userName: before.impi,
      publicIdentities: identitiesInRtr(before),
      reason,
      ...(info === undefined ? {} : { reasonInfo: info }),
    },
    { cause: null },
  );
  const key = outcome.ok ? cxResultKey(outcome.answer.result) : '';
  if (ENDED.has(key)) return { ok: true };
  await context.inTurn(imsi, () => takeBack(context, before));
  if (!outcome.ok) return noAnswer(outcome.failure, outcome.text);
  return { ok: false, code: 'SCSCF_REFUSED', text: `the S-CSCF answered RTR with ${key}` };
}

async function begin({ hss }: AdministrationContext, imsi: string, reason: DeregistrationReason): Promise<Begun> {
  const before = await hss.store.byImsi(imsi);
  if (before === undefined || before.state === 'NOT_REGISTERED') {
    return { refusal: { ok: false, code: 'REGISTRATION_UNKNOWN', text: 'no S-CSCF serves this subscription' } };
  }
  if (reason === DeregistrationReason.REMOVE_S_CSCF && before.state !== 'UNREGISTERED') {
    const text = 'REMOVE_S-CSCF is for users whom an S-CSCF serves while they are not registered';
    return { refusal: { ok: false, code: 'REASON_CONTRADICTS_STATE', text } };
  }
  // A user whom another S-CSCF took over stays with that one.
  if (reason !== DeregistrationReason.NEW_SERVER_ASSIGNED) await hss.store.updateRegistration(imsi, NOBODY);
  return { before };
}

/** The S-CSCF still serves the user: what it was told did not arrive. Whatever happened meanwhile stays. */
async function takeBack({ hss }: AdministrationContext, before: StoredSubscriber): Promise<void> {
  const now = await hss.store.byImsi(before.imsi);
  if (now === undefined || now.state !== 'NOT_REGISTERED' || now.serverName !== '') return;
  const { state, serverName, authPending } = before;
  await hss.store.updateRegistration(before.imsi, { state, serverName, authPending } satisfies RegistrationUpdate);
}
