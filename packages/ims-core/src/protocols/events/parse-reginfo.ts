import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { UserDataFault, type XmlElement, xmlElement } from '../cx/xml-element.ts';
import {
  contactEvents,
  contactStates,
  type RegInfo,
  type RegInfoContact,
  type RegInfoRegistration,
  registrationStates,
} from './reginfo.ts';

/** Longest document that is read, in UTF-16 code units. */
export const MAX_REGINFO_LENGTH = 65_536;
/** Deepest nesting that is read; the schema needs 4. */
const MAX_NESTED_ELEMENTS = 16;

/** What is wrong with a document and at which element. */
export interface RegInfoError {
  readonly code: 'REGINFO_TOO_LONG' | 'REGINFO_XML' | 'REGINFO_SCHEMA';
  /** For example `reginfo/registration/contact`. */
  readonly element: string;
  readonly reference: string;
  /** One sentence for people. */
  readonly text: string;
}

export type RegInfoResult =
  | { readonly ok: true; readonly value: RegInfo }
  | { readonly ok: false; readonly error: RegInfoError };

/** Reads a reginfo document; elements and attributes that RFC 3680 does not know are skipped. Never throws. @see RFC 3680 §5 */
export function parseRegInfo(xml: string): RegInfoResult {
  const fail = (code: RegInfoError['code'], element: string, text: string): RegInfoResult => ({
    ok: false,
    error: { code, element, reference: 'RFC 3680 §5', text },
  });
  if (xml.length > MAX_REGINFO_LENGTH) return fail('REGINFO_TOO_LONG', '', 'The document is too long.');
  // A document type can define entities that grow without end; the schema has no use for one.
  if (/<!DOCTYPE/i.test(xml)) return fail('REGINFO_XML', '', 'A document type declaration is not allowed.');
  try {
    const validity = XMLValidator.validate(xml);
    if (validity !== true) return fail('REGINFO_XML', '', `Line ${validity.err.line}: ${validity.err.msg}`);
    return { ok: true, value: readRegInfo(xmlElement(parser.parse(xml), '').one('reginfo')) };
  } catch (error) {
    if (error instanceof UserDataFault) return fail('REGINFO_SCHEMA', error.element, error.message);
    return fail('REGINFO_XML', '', 'The document is not well-formed XML.');
  }
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  htmlEntities: true,
  maxNestedTags: MAX_NESTED_ELEMENTS,
  // Each element is a list of its occurrences, so that one and many read the same.
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
});

function readRegInfo(reginfo: XmlElement): RegInfo {
  return {
    version: reginfo.one('@version').integer(),
    state: word(reginfo, '@state', ['full', 'partial']),
    registrations: reginfo.all('registration').map(readRegistration),
  };
}

function readRegistration(registration: XmlElement): RegInfoRegistration {
  return {
    aor: registration.one('@aor').token(),
    id: registration.one('@id').token(),
    state: word(registration, '@state', registrationStates),
    contacts: registration.all('contact').map(readContact),
  };
}

function readContact(contact: XmlElement): RegInfoContact {
  const expires = contact.optional('@expires');
  const retryAfter = contact.optional('@retry-after');
  const q = contact.optional('@q');
  const callId = contact.optional('@callid');
  const cseq = contact.optional('@cseq');
  const displayName = contact.optional('display-name');
  return {
    uri: textOf(contact.one('uri')).trim(),
    id: contact.one('@id').token(),
    state: word(contact, '@state', contactStates),
    event: word(contact, '@event', contactEvents),
    ...(expires && { expiresS: expires.integer() }),
    ...(retryAfter && { retryAfterS: retryAfter.integer() }),
    ...(q && { q: Number(q.token()) }),
    ...(callId && { callId: callId.text() }),
    ...(cseq && { cseq: cseq.integer() }),
    ...(displayName && { displayName: textOf(displayName) }),
    unknownParams: contact
      .all('unknown-param')
      .map((param) => ({ name: param.one('@name').token(), value: textOf(param) })),
  };
}

/** The text of an element, whether or not it has attributes. */
function textOf(element: XmlElement): string {
  const [beside] = element.all('#text');
  if (beside !== undefined) return beside.text();
  return element.all('@name').length > 0 || element.all('@lang').length > 0 ? '' : element.text();
}

function word<const Word extends string>(element: XmlElement, name: string, words: readonly Word[]): Word {
  const written = element.one(name).token();
  const known = words.find((each) => each === written);
  if (known === undefined) throw new UserDataFault(name, `One of ${words.join(', ')} is expected.`);
  return known;
}
