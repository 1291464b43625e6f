import { type DocumentFaultKind, readDocument } from '../xml/read-document.ts';
import type { XmlElement } from '../xml/xml-element.ts';
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

const errorCodes: Readonly<Record<DocumentFaultKind, RegInfoError['code']>> = {
  'too long': 'REGINFO_TOO_LONG',
  'not XML': 'REGINFO_XML',
  'not the schema': 'REGINFO_SCHEMA',
};

/** Reads a reginfo document; elements and attributes that RFC 3680 does not know are skipped. Never throws. @see RFC 3680 §5 */
export function parseRegInfo(xml: string): RegInfoResult {
  const read = readDocument(xml, { root: 'reginfo', maxLength: MAX_REGINFO_LENGTH }, readRegInfo);
  if (read.ok) return read;
  const { kind, element, text } = read;
  return { ok: false, error: { code: errorCodes[kind], element, reference: 'RFC 3680 §5', text } };
}

function readRegInfo(reginfo: XmlElement): RegInfo {
  return {
    version: reginfo.integerAttribute('version'),
    state: reginfo.wordAttribute('state', ['full', 'partial']),
    registrations: reginfo.all('registration').map(readRegistration),
  };
}

function readRegistration(registration: XmlElement): RegInfoRegistration {
  return {
    aor: registration.attribute('aor'),
    id: registration.attribute('id'),
    state: registration.wordAttribute('state', registrationStates),
    contacts: registration.all('contact').map(readContact),
  };
}

function readContact(contact: XmlElement): RegInfoContact {
  const q = contact.optionalAttribute('q');
  return {
    uri: contact.one('uri').text().trim(),
    id: contact.attribute('id'),
    state: contact.wordAttribute('state', contactStates),
    event: contact.wordAttribute('event', contactEvents),
    expiresS: contact.optionalIntegerAttribute('expires'),
    retryAfterS: contact.optionalIntegerAttribute('retry-after'),
    q: q === undefined ? undefined : Number(q),
    callId: contact.optionalAttribute('callid'),
    cseq: contact.optionalIntegerAttribute('cseq'),
    displayName: contact.optional('display-name')?.text().trim(),
    unknownParams: contact
      .all('unknown-param')
      .map((param) => ({ name: param.attribute('name'), value: param.text().trim() })),
  };
}
