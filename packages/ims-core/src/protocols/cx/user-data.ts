/**
 * The User-Data AVP: an IMSSubscription in XML, read and written.
 * @see TS 29.228 Annex B, Annex E
 */
import {
  type ApplicationServer,
  type ImsSubscription,
  type InitialFilterCriterion,
  type ProfilePart,
  type PublicIdentity,
  registrationTypes,
  type ServicePointTrigger,
  type ServiceProfile,
  sessionCases,
  type TriggerCondition,
  type TriggerPoint,
} from '../../ports/service-profile.ts';
import { type DocumentFaultKind, readDocument } from '../xml/read-document.ts';
import { parentElement, textElement, XML_DECLARATION } from '../xml/write-element.ts';
import type { XmlElement } from '../xml/xml-element.ts';

/** Longest User-Data that is read, in UTF-16 code units. */
export const MAX_USER_DATA_LENGTH = 262_144;

/** What is wrong with a User-Data and at which element. */
export interface UserDataError {
  readonly code: 'CX_USER_DATA_TOO_LONG' | 'CX_USER_DATA_XML' | 'CX_USER_DATA_SCHEMA';
  /** For example `IMSSubscription/ServiceProfile/PublicIdentity/Identity`. */
  readonly element: string;
  readonly reference: string;
  /** One sentence for people. */
  readonly text: string;
}

export type UserDataResult =
  | { readonly ok: true; readonly value: ImsSubscription }
  | { readonly ok: false; readonly error: UserDataError };

const errorCodes: Readonly<Record<DocumentFaultKind, UserDataError['code']>> = {
  'too long': 'CX_USER_DATA_TOO_LONG',
  'not XML': 'CX_USER_DATA_XML',
  'not the schema': 'CX_USER_DATA_SCHEMA',
};

/** Reads a User-Data; elements that the schema does not know are skipped. Never throws. */
export function parseUserData(xml: string): UserDataResult {
  const read = readDocument(xml, { root: 'IMSSubscription', maxLength: MAX_USER_DATA_LENGTH }, readSubscription);
  if (read.ok) return read;
  const { kind, element, text } = read;
  return { ok: false, error: { code: errorCodes[kind], element, reference: 'TS 29.228 Annex E', text } };
}

function readSubscription(subscription: XmlElement): ImsSubscription {
  return {
    privateId: subscription.one('PrivateID').token(),
    serviceProfiles: subscription.oneOrMore('ServiceProfile').map(readServiceProfile),
  };
}

function readServiceProfile(profile: XmlElement): ServiceProfile {
  const mediaProfile = profile.optional('CoreNetworkServicesAuthorization')?.optional('SubscribedMediaProfileId');
  return {
    publicIdentities: profile.oneOrMore('PublicIdentity').map(readPublicIdentity),
    ...(mediaProfile && { subscribedMediaProfileId: mediaProfile.integer() }),
    initialFilterCriteria: profile.all('InitialFilterCriteria').map(readInitialFilterCriterion),
    sharedIfcSetIds: (profile.optional('Extension')?.all('SharedIFCSetID') ?? []).map((id) => id.integer()),
  };
}

function readPublicIdentity(identity: XmlElement): PublicIdentity {
  const extension = identity.optional('Extension');
  const inner = extension?.optional('Extension');
  const displayName = inner?.optional('DisplayName');
  const aliasGroup = inner?.optional('AliasIdentityGroupID');
  return {
    identity: identity.one('Identity').token(),
    barred: identity.optional('BarringIndication')?.boolean() ?? false,
    identityType: extension?.optional('IdentityType')?.integer() ?? 0,
    ...(displayName && { displayName: displayName.text() }),
    ...(aliasGroup && { aliasGroup: aliasGroup.token() }),
  };
}

function readInitialFilterCriterion(criterion: XmlElement): InitialFilterCriterion {
  const triggerPoint = criterion.optional('TriggerPoint');
  const profilePart = criterion.optional('ProfilePartIndicator')?.choice(profileParts);
  return {
    priority: criterion.one('Priority').integer(),
    ...(triggerPoint && { triggerPoint: readTriggerPoint(triggerPoint) }),
    applicationServer: readApplicationServer(criterion.one('ApplicationServer')),
    ...(profilePart && { profilePart }),
  };
}

const profileParts = ['REGISTERED', 'UNREGISTERED'] as const satisfies readonly ProfilePart[];
const defaultHandlings = ['SESSION_CONTINUED', 'SESSION_TERMINATED'] as const;

function readApplicationServer(server: XmlElement): ApplicationServer {
  const extension = server.optional('Extension');
  const serviceInfo = server.optional('ServiceInfo');
  return {
    serverName: server.one('ServerName').token(),
    defaultHandling: server.optional('DefaultHandling')?.choice(defaultHandlings) ?? 'SESSION_CONTINUED',
    ...(serviceInfo && { serviceInfo: serviceInfo.text() }),
    includeRegisterRequest: extension?.optional('IncludeRegisterRequest') !== undefined,
    includeRegisterResponse: extension?.optional('IncludeRegisterResponse') !== undefined,
  };
}

function readTriggerPoint(triggerPoint: XmlElement): TriggerPoint {
  return {
    conditionTypeCnf: triggerPoint.one('ConditionTypeCNF').boolean(),
    servicePointTriggers: triggerPoint.oneOrMore('SPT').map(readServicePointTrigger),
  };
}

function readServicePointTrigger(spt: XmlElement): ServicePointTrigger {
  return {
    conditionNegated: spt.optional('ConditionNegated')?.boolean() ?? false,
    groups: spt.oneOrMore('Group').map((group) => group.integer()),
    condition: readCondition(spt),
  };
}

function readCondition(spt: XmlElement): TriggerCondition {
  const requestUri = spt.optional('RequestURI');
  if (requestUri) return { kind: 'RequestURI', pattern: requestUri.text() };
  const method = spt.optional('Method');
  if (method) {
    const types = spt.optional('Extension')?.all('RegistrationType') ?? [];
    return {
      kind: 'Method',
      method: method.token(),
      registrationTypes: types.map((type) => type.choice(registrationTypes)),
    };
  }
  const header = spt.optional('SIPHeader');
  if (header) {
    return { kind: 'SIPHeader', header: header.one('Header').text(), ...contentOf(header) };
  }
  const sessionCase = spt.optional('SessionCase');
  if (sessionCase) return { kind: 'SessionCase', sessionCase: sessionCase.choice(sessionCases) };
  const description = spt.one('SessionDescription');
  return { kind: 'SessionDescription', line: description.one('Line').text(), ...contentOf(description) };
}

function contentOf(element: XmlElement): { content?: string } {
  const content = element.optional('Content');
  return content === undefined ? {} : { content: content.text() };
}

/** Writes the User-Data of a subscription, children in the order of the schema. Characters that XML has no way to carry become U+FFFD. */
export function buildUserData({ privateId, serviceProfiles }: ImsSubscription): string {
  const children = textElement('PrivateID', privateId) + each(serviceProfiles, writeServiceProfile);
  return XML_DECLARATION + parentElement('IMSSubscription', children);
}

function each<Part>(parts: readonly Part[], write: (part: Part) => string): string {
  let xml = '';
  for (const part of parts) xml += write(part);
  return xml;
}

function optional(name: string, text: string | number | undefined): string {
  return text === undefined ? '' : textElement(name, text);
}

function flag(name: string, value: boolean): string {
  return textElement(name, value ? 1 : 0);
}

function writeServiceProfile(profile: ServiceProfile): string {
  const { publicIdentities, subscribedMediaProfileId, initialFilterCriteria, sharedIfcSetIds } = profile;
  let children = each(publicIdentities, writePublicIdentity);
  if (subscribedMediaProfileId !== undefined) {
    const mediaProfile = textElement('SubscribedMediaProfileId', subscribedMediaProfileId);
    children += parentElement('CoreNetworkServicesAuthorization', mediaProfile);
  }
  children += each(initialFilterCriteria, writeInitialFilterCriterion);
  if (sharedIfcSetIds.length > 0) {
    children += parentElement(
      'Extension',
      each(sharedIfcSetIds, (id) => textElement('SharedIFCSetID', id)),
    );
  }
  return parentElement('ServiceProfile', children);
}

function writePublicIdentity({ identity, barred, identityType, displayName, aliasGroup }: PublicIdentity): string {
  const barring = barred ? flag('BarringIndication', true) : '';
  let extension = textElement('IdentityType', identityType);
  if (displayName !== undefined || aliasGroup !== undefined) {
    const inner = optional('DisplayName', displayName) + optional('AliasIdentityGroupID', aliasGroup);
    extension += parentElement('Extension', inner);
  }
  const children = barring + textElement('Identity', identity) + parentElement('Extension', extension);
  return parentElement('PublicIdentity', children);
}

function writeInitialFilterCriterion(criterion: InitialFilterCriterion): string {
  const { priority, triggerPoint, applicationServer, profilePart } = criterion;
  let children = textElement('Priority', priority);
  if (triggerPoint !== undefined) {
    const { conditionTypeCnf, servicePointTriggers } = triggerPoint;
    const triggers = flag('ConditionTypeCNF', conditionTypeCnf) + each(servicePointTriggers, writeServicePointTrigger);
    children += parentElement('TriggerPoint', triggers);
  }
  children += writeApplicationServer(applicationServer);
  if (profilePart !== undefined) children += textElement('ProfilePartIndicator', profileParts.indexOf(profilePart));
  return parentElement('InitialFilterCriteria', children);
}

function writeApplicationServer(server: ApplicationServer): string {
  const extension =
    (server.includeRegisterRequest ? parentElement('IncludeRegisterRequest', '') : '') +
    (server.includeRegisterResponse ? parentElement('IncludeRegisterResponse', '') : '');
  const children =
    textElement('ServerName', server.serverName) +
    textElement('DefaultHandling', defaultHandlings.indexOf(server.defaultHandling)) +
    optional('ServiceInfo', server.serviceInfo) +
    (extension === '' ? '' : parentElement('Extension', extension));
  return parentElement('ApplicationServer', children);
}

function writeServicePointTrigger({ conditionNegated, groups, condition }: ServicePointTrigger): string {
  const children =
    flag('ConditionNegated', conditionNegated) +
    each(groups, (group) => textElement('Group', group)) +
    writeCondition(condition);
  return parentElement('SPT', children);
}

function writeCondition(condition: TriggerCondition): string {
  switch (condition.kind) {
    case 'RequestURI':
      return textElement('RequestURI', condition.pattern);
    case 'Method': {
      const types = each(condition.registrationTypes, (type) =>
        textElement('RegistrationType', registrationTypes.indexOf(type)),
      );
      return textElement('Method', condition.method) + (types === '' ? '' : parentElement('Extension', types));
    }
    case 'SIPHeader': {
      const header = textElement('Header', condition.header) + optional('Content', condition.content);
      return parentElement('SIPHeader', header);
    }
    case 'SessionCase':
      return textElement('SessionCase', sessionCases.indexOf(condition.sessionCase));
    case 'SessionDescription': {
      const description = textElement('Line', condition.line) + optional('Content', condition.content);
      return parentElement('SessionDescription', description);
    }
  }
}
