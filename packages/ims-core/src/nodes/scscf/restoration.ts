import type { IncomingRequest } from '../../protocols/proxy/stack.ts';
import { RESTORATION_BODY, restorationHeaders } from '../../protocols/sip/restoration.ts';

/**
 * This box lost the data of a user whose UE still uses its Service-Route: 504 makes the UE register anew.
 * @param serviceRouteUri P-Asserted-Identity of the answer: the UE believes only who knows a URI of its Service-Route
 * @see TS 24.229 5.4.3.2, 5.1.2A.1.6
 */
export function demandInitialRegistration(incoming: IncomingRequest, serviceRouteUri: string): void {
  incoming.respond(504, {
    headers: restorationHeaders(serviceRouteUri),
    body: RESTORATION_BODY,
    why: 'the user is unknown here, perhaps since a restart: the UE has to register anew (TS 24.229 5.4.3.2)',
  });
}
