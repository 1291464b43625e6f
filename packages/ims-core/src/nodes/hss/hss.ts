import type { CxHandlers } from '../../ports/cx-handlers.ts';
import type { HssContext } from './context.ts';
import { answerLocationInfo } from './lir.ts';
import { answerMultimediaAuth } from './mar.ts';
import { answerServerAssignment } from './sar.ts';
import { answerUserAuthorization } from './uar.ts';

/** The home subscriber server with its authentication centre: answers the four Cx requests of the CSCFs. @see TS 29.228 §6 */
export function createHss(hss: HssContext): CxHandlers {
  const oneByOne = createQueue();
  return {
    userAuthorization: (request) => answerUserAuthorization(request, hss),
    locationInfo: (request) => answerLocationInfo(request, hss),
    multimediaAuth: (request) => oneByOne(() => answerMultimediaAuth(request, hss)),
    serverAssignment: (request) => oneByOne(() => answerServerAssignment(request, hss)),
  };
}

/** Runs the requests that read the state and then change it one after another, so that none decides on a state that is gone. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
