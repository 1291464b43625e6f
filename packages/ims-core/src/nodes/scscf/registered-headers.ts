import type { ServerAssignmentAnswer } from '../../ports/cx-client.ts';
import { chargingVector, serializeChargingVector, type1Ioi } from '../../protocols/sip/charging-vector.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { serializeNameAddr, withParam } from '../../protocols/sip/name-addr.ts';
import { quotedString } from '../../protocols/sip/quoted-string.ts';
import type { Binding } from './bindings.ts';
import type { ScscfContext } from './context.ts';
import { serviceRoute } from './own-routes.ts';
import type { RegisterRequest } from './register-request.ts';
import { type Registration, remainingS } from './registrations.ts';
import { associatedIdentities } from './user-profile.ts';

type Header = readonly [name: string, value: string];

/**
 * Headers of the 200 to a REGISTER, in the order of the clause.
 *
 * Deviation: TS 24.229 5.4.1.2.2 adds pub-gruu and temp-gruu when the UE supports gruu; no GRUU is given here.
 * @see TS 24.229 5.4.1.2.2 step 4
 */
export function registeredHeaders(
  context: ScscfContext,
  message: SipRequest,
  request: RegisterRequest,
  registration: Registration,
): readonly Header[] {
  const { config, clock } = context;
  return [
    ['Contact', contactList(registration.bindings, clock.now())],
    [
      'P-Associated-URI',
      associatedIdentities(registration.profile)
        .map((identity) => `<${identity.uri}>`)
        .join(', '),
    ],
    ['Service-Route', serviceRoute(config, registration.token)],
    ...request.bindings.path.map((entry): Header => ['Path', entry]),
    ...chargingVectorEcho(message, config.domain),
    // Only a P-CSCF at home learns the charging functions.
    ...(request.atHome ? chargingFunctions(registration.chargingInformation) : []),
    ...(request.outbound ? ([['Require', 'outbound']] satisfies Header[]) : []),
    ...authenticationInfoOf(request),
    ['Date', new Date(clock.now()).toUTCString()],
  ];
}

/** Proves the network to a phone with a password. @see TS 33.203 N.2.1 */
export function authenticationInfoOf({ authenticationInfo }: RegisterRequest): readonly Header[] {
  return authenticationInfo === undefined ? [] : [['Authentication-Info', authenticationInfo]];
}

/** All contacts with the seconds that they have left. @see RFC 3261 §10.3 step 8 */
export function contactList(bindings: readonly Binding[], nowMs: number): string {
  return bindings
    .map((binding) => serializeNameAddr(withParam(binding.contact, 'expires', String(remainingS(binding, nowMs)))))
    .join(', ');
}

/** What the P-CSCF sent, and this network as the answering one. @see TS 24.229 4.5.4 */
export function chargingVectorEcho(message: SipRequest, domain: string): readonly Header[] {
  const received = chargingVector(message);
  if (received === undefined) return [];
  return [['P-Charging-Vector', serializeChargingVector({ ...received, termIoi: type1Ioi(domain) })]];
}

/** @see RFC 7315 §4.5 */
export function chargingFunctions(information: ServerAssignmentAnswer['chargingInformation']): readonly Header[] {
  const addresses = [
    ...(information?.primaryCcf === undefined ? [] : [`ccf=${quotedString(information.primaryCcf)}`]),
    ...(information?.primaryEcf === undefined ? [] : [`ecf=${quotedString(information.primaryEcf)}`]),
  ];
  return addresses.length === 0 ? [] : [['P-Charging-Function-Addresses', addresses.join(';')]];
}
