/**
 * The User-Data AVP: an IMSSubscription in XML, read and written.
 * @see TS 29.228 Annex B, Annex E
 */
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
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
import { UserDataFault, type XmlElement, xmlElement } from './xml-element.ts';

/** Longest User-Data that is read, in UTF-16 code units. */
export const MAX_USER_DATA_LENGTH = 262_144;
/** Deepest nesting that is read; the schema needs 8. */
const MAX_NESTED_ELEMENTS = 32;

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

/** Reads a User-Data; elements that the schema does not know are skipped. Never throws. */
export function parseUserData(xml: string): UserDataResult {
  const fail = (code: UserDataError['code'], element: string, text: string): UserDataResult => ({
    ok: false,
    error: { code, element, reference: 'TS 29.228 Annex E', text },
  });
  if (xml.length > MAX_USER_DATA_LENGTH) return fail('CX_USER_DATA_TOO_LONG', '', 'The document is too long.');
  // A document type can define entities that grow without end; the schema has no use for one.
  if (/<!DOCTYPE/i.test(xml)) return fail('CX_USER_DATA_XML', '', 'A document type declaration is not allowed.');
  try {
    const validity = XMLValidator.validate(xml);
    if (validity !== true) return fail('CX_USER_DATA_XML', '', `Line ${validity.err.line}: ${validity.err.msg}`);
    return { ok: true, value: readSubscription(xmlElement(parser.parse(xml), '').one('IMSSubscription')) };
  } catch (error) {
    if (error instanceof UserDataFault) return fail('CX_USER_DATA_SCHEMA', error.element, error.message);
    return fail('CX_USER_DATA_XML', '', 'The document is not well-formed XML.');
  }
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  maxNestedTags: MAX_NESTED_ELEMENTS,
  // Each element is a list of its occurrences, so that one and many read the same.
  isArray: () => true,
});

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
export function buildUserData(subscription: ImsSubscription): string {
  const document = {
    IMSSubscription: {
      PrivateID: subscription.privateId,
      ServiceProfile: subscription.serviceProfiles.map(writeServiceProfile),
    },
  };
  const xml: string = builder.build(document);
  return `<?xml version="1.0" encoding="UTF-8"?>${xml}`.replace(NOT_XML_CHARACTERS, '\uFFFD');
}

const builder = new XMLBuilder({ ignoreAttributes: true, suppressEmptyNode: true });
/** @see https://www.w3.org/TR/xml/#charsets */
const NOT_XML_CHARACTERS = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const bit = (value: boolean) => (value ? 1 : 0);

function writeServiceProfile(profile: ServiceProfile): object {
  const { subscribedMediaProfileId, sharedIfcSetIds } = profile;
  return {
    PublicIdentity: profile.publicIdentities.map(writePublicIdentity),
    ...(subscribedMediaProfileId !== undefined && {
      CoreNetworkServicesAuthorization: { SubscribedMediaProfileId: subscribedMediaProfileId },
    }),
    InitialFilterCriteria: profile.initialFilterCriteria.map(writeInitialFilterCriterion),
    ...(sharedIfcSetIds.length > 0 && { Extension: { SharedIFCSetID: sharedIfcSetIds } }),
  };
}

function writePublicIdentity({ identity, barred, identityType, displayName, aliasGroup }: PublicIdentity): object {
  return {
    ...(barred && { BarringIndication: 1 }),
    Identity: identity,
    Extension: {
      IdentityType: identityType,
      ...((displayName !== undefined || aliasGroup !== undefined) && {
        Extension: {
          ...(displayName !== undefined && { DisplayName: displayName }),
          ...(aliasGroup !== undefined && { AliasIdentityGroupID: aliasGroup }),
        },
      }),
    },
  };
}

function writeInitialFilterCriterion(criterion: InitialFilterCriterion): object {
  const { priority, triggerPoint, applicationServer: server, profilePart } = criterion;
  return {
    Priority: priority,
    ...(triggerPoint && {
      TriggerPoint: {
        ConditionTypeCNF: bit(triggerPoint.conditionTypeCnf),
        SPT: triggerPoint.servicePointTriggers.map(writeServicePointTrigger),
      },
    }),
    ApplicationServer: {
      ServerName: server.serverName,
      DefaultHandling: defaultHandlings.indexOf(server.defaultHandling),
      ...(server.serviceInfo !== undefined && { ServiceInfo: server.serviceInfo }),
      ...((server.includeRegisterRequest || server.includeRegisterResponse) && {
        Extension: {
          ...(server.includeRegisterRequest && { IncludeRegisterRequest: '' }),
          ...(server.includeRegisterResponse && { IncludeRegisterResponse: '' }),
        },
      }),
    },
    ...(profilePart && { ProfilePartIndicator: profileParts.indexOf(profilePart) }),
  };
}

function writeServicePointTrigger({ conditionNegated, groups, condition }: ServicePointTrigger): object {
  return { ConditionNegated: bit(conditionNegated), Group: groups, ...writeCondition(condition) };
}

function writeCondition(condition: TriggerCondition): object {
  switch (condition.kind) {
    case 'RequestURI':
      return { RequestURI: condition.pattern };
    case 'Method': {
      const types = condition.registrationTypes.map((type) => registrationTypes.indexOf(type));
      return { Method: condition.method, ...(types.length > 0 && { Extension: { RegistrationType: types } }) };
    }
    case 'SIPHeader':
      return { SIPHeader: { Header: condition.header, ...writeContent(condition.content) } };
    case 'SessionCase':
      return { SessionCase: sessionCases.indexOf(condition.sessionCase) };
    case 'SessionDescription':
      return { SessionDescription: { Line: condition.line, ...writeContent(condition.content) } };
  }
}

function writeContent(content: string | undefined): object {
  return content === undefined ? {} : { Content: content };
}
