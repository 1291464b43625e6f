import type { CxHandlers } from '../../ports/cx-handlers.ts';
import type { CxPush } from '../../ports/cx-push.ts';
import type { HssAdministration, InTurn } from './administration.ts';
import { findByPublicIdentity, type HssContext } from './context.ts';
import { answerLocationInfo } from './lir.ts';
import { answerMultimediaAuth } from './mar.ts';
import { pushProfile } from './ppr.ts';
import { Reassignments } from './reassignments.ts';
import { terminateRegistration } from './rtr.ts';
import { answerServerAssignment } from './sar.ts';
import { Takeovers } from './takeovers.ts';
import { answerUserAuthorization } from './uar.ts';

const LOOK_UP = 'look-up';

/** The HSS: what it answers to the CSCFs, and what its operator does. */
export interface Hss extends CxHandlers {
  /** The operator's side; gives the HSS its way to the S-CSCFs, which it also tells when they lost a user. */
  administration(push: CxPush): HssAdministration;
}

/** The home subscriber server with its authentication centre: answers the four Cx requests of the CSCFs. @see TS 29.228 §6 */
export function createHss(context: HssContext): Hss {
  const takeovers = new Takeovers();
  const hss = { ...context, takeovers, reassignments: new Reassignments() };
  const inTurn = createQueues();
  /**
   * Runs the requests that read the state of a subscription and then change it one after another, in the order in which they
   * came, so that none decides on a state that is gone. Other subscriptions do not wait for them.
   */
  const oneByOne = async <T>(
    { impi, impu }: { readonly impi: string | undefined; readonly impu: string | undefined },
    work: () => Promise<T>,
  ): Promise<T> => {
    const imsi = await inTurn(LOOK_UP, async () => {
      const ofPublic = impu === undefined ? undefined : await findByPublicIdentity(hss.store, impu);
      const found = ofPublic ?? (impi === undefined ? undefined : await hss.store.byImpi(impi));
      return found?.imsi ?? 'nobody';
    });
    return inTurn(imsi, work);
  };
  return {
    userAuthorization: (request) => answerUserAuthorization(request, hss),
    locationInfo: (request) => answerLocationInfo(request, hss),
    multimediaAuth: (request) =>
      oneByOne({ impi: request.userName, impu: request.publicIdentity }, () => answerMultimediaAuth(request, hss)),
    serverAssignment: (request) =>
      oneByOne({ impi: request.userName, impu: request.publicIdentities[0] }, () =>
        answerServerAssignment(request, hss),
      ),
    administration: (push) => {
      takeovers.connect(push);
      const administration = { hss, push, inTurn };
      return {
        deregister: (imsi, reason, info) => terminateRegistration(administration, imsi, reason, info),
        profileChanged: (imsi) => pushProfile(administration, imsi),
      };
    },
  };
}

/** Work of one name runs one after another, in the order in which it came; of different names side by side. */
function createQueues(): InTurn {
  const last = new Map<string, Promise<unknown>>();
  return async (name, work) => {
    const before = last.get(name);
    const result = before === undefined ? work() : before.then(work, work);
    last.set(name, result);
    try {
      return await result;
    } finally {
      if (last.get(name) === result) last.delete(name);
    }
  };
}
