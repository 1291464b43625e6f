import type { InitialFilterCriterion, RegistrationType } from '../../ports/service-profile.ts';
import { request as buildRequest, type HeaderPair } from '../../protocols/sip/build.ts';
import { chargingVector, newIcid, serializeChargingVector, type3Ioi } from '../../protocols/sip/charging-vector.ts';
import { unchanged } from '../../protocols/sip/edit.ts';
import { newCallId, newTag } from '../../protocols/sip/ids.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { headerValues } from '../../protocols/sip/read.ts';
import { parseUri, serializeUri, withUriParam } from '../../protocols/sip/uri.ts';
import { note, type ScscfContext } from './context.ts';
import { evaluateCriterion, type TriggeringRequest } from './initial-filter-criteria.ts';
import { isServerFailure } from './isc.ts';
import { chargingFunctions } from './registered-headers.ts';
import type { RegistrationChange } from './registration-change.ts';
import { type Registration, remainingS } from './registrations.ts';
import { tellUnusablePatterns } from './services.ts';
import type { Services } from './shared-services.ts';
import { thirdPartyRegisterBody } from './third-party-register-body.ts';
import { associatedIdentities, type ServedIdentity } from './user-profile.ts';

/** What happened to a registration, as the application servers are told. */
interface Event {
  readonly type: RegistrationType;
  /** The registration that they learn of: as it is now, or as it was. */
  readonly registration: Registration;
  /** Seconds that it lasts; 0 ends it. */
  readonly expiresS: number;
  readonly change: RegistrationChange;
}

/**
 * Tells the application servers whose filter criteria ask for it that a user is registered, is registered anew, or is not registered any more.
 * Nobody is waited for.
 * @see TS 24.229 5.4.1.7
 */
export function registerWithApplicationServers(
  context: ScscfContext,
  change: RegistrationChange,
  cause: number | null,
): void {
  const event = eventOf(context, change);
  if (event === undefined) return;
  const identities = associatedIdentities(event.registration.profile);
  for (const services of event.registration.profile.services) {
    // 5.4.1.7: To is an identity of the service profile that is not barred.
    const identity = identities.find((one) => one.services === services);
    if (identity === undefined) continue;
    for (const criterion of fulfilledBy(context, services, identity, event, cause)) {
      context.inBackground(registerWith(context, criterion, identity, event, cause));
    }
  }
}

/** Undefined when only some of the contacts changed. */
function eventOf({ clock }: ScscfContext, change: RegistrationChange): Event | undefined {
  const { before, after, register } = change;
  if (after === undefined) {
    return before && { type: 'DE_REGISTRATION', registration: before, expiresS: 0, change };
  }
  if (register === undefined) return undefined;
  const expiresS = Math.max(...after.bindings.map((binding) => remainingS(binding, clock.now())));
  const type = before === undefined ? 'INITIAL_REGISTRATION' : 'RE_REGISTRATION';
  return { type, registration: after, expiresS, change };
}

/** The criteria that the REGISTER fulfils, in order of priority. */
function fulfilledBy(
  context: ScscfContext,
  services: Services,
  identity: ServedIdentity,
  { type, change }: Event,
  cause: number | null,
): readonly InitialFilterCriterion[] {
  const triggering: TriggeringRequest = {
    message: change.register?.request ?? endedByNetwork(context, identity),
    event: { registrationType: type },
    profilePart: 'REGISTERED',
  };
  const evaluations = services.initialFilterCriteria
    .toSorted((a, b) => a.priority - b.priority)
    .map((criterion) => evaluateCriterion(criterion, triggering));
  tellUnusablePatterns(context, evaluations, { cause });
  return evaluations.filter(({ fulfilled }) => fulfilled).map(({ criterion }) => criterion);
}

/**
 * The REGISTER that the UE would have sent: what the criteria are held against when no UE did.
 *
 * Deviation: TS 24.229 5.4.1.7 tells every server that was told before; here one whose criteria look at other headers of the REGISTER than From, To
 * and Contact is not told that time or the network ended the registration.
 */
function endedByNetwork({ config }: ScscfContext, { uri }: ServedIdentity): SipRequest {
  return buildRequest('REGISTER', `sip:${config.domain}`, [
    ['From', `<${uri}>`],
    ['To', `<${uri}>`],
    ['Contact', '*'],
    ['Expires', '0'],
  ]);
}

async function registerWith(
  context: ScscfContext,
  criterion: InitialFilterCriterion,
  identity: ServedIdentity,
  event: Event,
  cause: number | null,
): Promise<void> {
  const { serverName, defaultHandling } = criterion.applicationServer;
  const message = thirdPartyRegister(context, criterion, identity, event);
  const holder = { cause };
  const status =
    message === undefined ? undefined : (await context.stack.request({ request: unchanged(message) }, holder)).status;
  if (status !== undefined && !isServerFailure(status)) return;

  // 5.4.1.7: without a server that is needed the user is not to be registered.
  const isNeeded = defaultHandling === 'SESSION_TERMINATED' && event.expiresS > 0;
  const how = status === undefined ? 'its name is no SIP URI' : `its answer is ${status}`;
  const then = isNeeded ? 'the registration ends' : 'the registration stays as it is';
  const text = `${serverName} is not told of ${identity.uri}, ${how}: ${then} (${defaultHandling}, TS 24.229 5.4.1.7)`;
  const seq = note(context, 'ISC_DEFAULT_HANDLING', text, holder.cause);
  if (isNeeded) context.applicationServerFailed(event.change.impi, serverName, seq);
}

/** Undefined when the name of the server is no SIP URI. @see TS 24.229 5.4.1.7 */
function thirdPartyRegister(
  { config, random }: ScscfContext,
  { applicationServer }: InitialFilterCriterion,
  identity: ServedIdentity,
  { registration, expiresS, change }: Event,
): SipRequest | undefined {
  const server = parseUri(applicationServer.serverName);
  if (!server.ok || server.value.kind !== 'sip') return undefined;
  const received = change.register?.request;
  const copied = (name: string): readonly HeaderPair[] =>
    received === undefined ? [] : headerValues(received, name).map((value) => [name, value]);
  const icid = (received && chargingVector(received)?.icidValue) ?? newIcid(random);
  const body = thirdPartyRegisterBody(applicationServer, change.register, random);
  return buildRequest(
    'REGISTER',
    serializeUri(withUriParam(server.value, 'lr', undefined)),
    [
      ['From', `<${config.uri}>;tag=${newTag(random)}`],
      ['To', `<${identity.uri}>`],
      ['Call-ID', newCallId(random)],
      ['CSeq', '1 REGISTER'],
      ['Contact', `<${config.uri}>`],
      ['Expires', String(expiresS)],
      ...copied('P-Access-Network-Info'),
      ...copied('P-Visited-Network-ID'),
      ['P-Charging-Vector', serializeChargingVector({ icidValue: icid, origIoi: type3Ioi(config.domain), others: [] })],
      ...chargingFunctions(registration.chargingInformation),
      ...(body === undefined ? [] : [['Content-Type', body.contentType] as const]),
    ],
    body?.octets,
  );
}
