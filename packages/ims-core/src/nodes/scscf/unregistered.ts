import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { cxResultKey } from '../../protocols/cx/result-key.ts';
import { parseUserData } from '../../protocols/cx/user-data.ts';
import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { hssUnavailable, refuse, type ScscfContext, serverAssignment } from './context.ts';
import { servedIdentity, userProfile } from './user-profile.ts';

/**
 * A request to a user who is not registered here: the HSS gives the profile, whose services might answer. Without such a service
 * the user is not available.
 * @see TS 24.229 5.4.3.3 step 2, TS 29.228 §6.1.2.1
 */
export async function unregistered(context: ScscfContext, incoming: IncomingRequest, called: string): Promise<void> {
  const outcome = await serverAssignment(context, { impu: called }, ServerAssignmentType.UNREGISTERED_USER, incoming);
  if (!outcome.ok) {
    refuse(incoming, hssUnavailable(`no SAA: ${outcome.text}`));
    return;
  }
  const { result, userData } = outcome.answer;
  switch (cxResultKey(result)) {
    case '10415/5001':
      incoming.respond(404, { why: 'nobody has this identity: DIAMETER_ERROR_USER_UNKNOWN (TS 24.229 5.4.3.3)' });
      return;
    case '2001': {
      const parsed = parseUserData(userData ?? '');
      if (parsed.ok && servedIdentity(userProfile(parsed.value), called)?.barred === true) {
        incoming.respond(404, { why: 'the called identity is barred (TS 24.229 5.4.3.3)' });
        return;
      }
      break;
    }
  }
  incoming.respond(480, { why: 'the called user is not registered (TS 24.229 5.4.3.3)' });
}
