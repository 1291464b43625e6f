import type { IncomingRequest } from '../../protocols/proxy/stack.ts';

/** Tells the UE to register anew. @see TS 24.229 7.6 */
const RESTORATION = [
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<ims-3gpp version="1"><alternative-service><type>restoration</type><reason/>',
  '<action>initial-registration</action></alternative-service></ims-3gpp>',
].join('');

/**
 * This box lost the data of a user whose UE still uses its Service-Route: 504 makes the UE register anew.
 * @param serviceRouteUri P-Asserted-Identity of the answer: the UE believes only who knows a URI of its Service-Route
 * @see TS 24.229 5.4.3.2, 5.1.2A.1.6
 */
export function demandInitialRegistration(incoming: IncomingRequest, serviceRouteUri: string): void {
  incoming.respond(504, {
    headers: [
      ['P-Asserted-Identity', `<${serviceRouteUri}>`],
      ['Content-Type', 'application/3gpp-ims+xml'],
    ],
    body: RESTORATION,
    why: 'the user is unknown here, perhaps since a restart: the UE has to register anew (TS 24.229 5.4.3.2)',
  });
}
