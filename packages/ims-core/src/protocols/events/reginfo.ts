/** The document of the reg event package: who is registered, and where. @see RFC 3680 §5 */
import { escapeXml, XML_DECLARATION } from '../xml/write-element.ts';

export const REGINFO_CONTENT_TYPE = 'application/reginfo+xml';

export const registrationStates = ['init', 'active', 'terminated'] as const;
export const contactStates = ['active', 'terminated'] as const;

/**
 * What made a contact what it is now:
 * `registered` by its own REGISTER, `created` by the network (with another identity of an implicit set); `refreshed`, `shortened`: its time was set anew;
 * `expired`, `unregistered` (by the UE), `deactivated` (register again), `probation` (register again later), `rejected` (do not): it is gone.
 * @see RFC 3680 §4.7.1
 */
export const contactEvents = [
  'registered',
  'created',
  'refreshed',
  'shortened',
  'expired',
  'deactivated',
  'probation',
  'unregistered',
  'rejected',
] as const;
export type ContactEvent = (typeof contactEvents)[number];

export interface RegInfo {
  /** Counts the documents of one subscription, from 0. */
  readonly version: number;
  readonly state: 'full' | 'partial';
  readonly registrations: readonly RegInfoRegistration[];
}

export interface RegInfoRegistration {
  /** The public identity. */
  readonly aor: string;
  /** The same in all documents of a subscription. */
  readonly id: string;
  readonly state: (typeof registrationStates)[number];
  readonly contacts: readonly RegInfoContact[];
}

export interface RegInfoContact {
  readonly uri: string;
  /** The same in all documents of a subscription; another one under each public identity. */
  readonly id: string;
  readonly state: (typeof contactStates)[number];
  readonly event: ContactEvent;
  /** Seconds that it stays registered. */
  readonly expiresS?: number | undefined;
  /** Seconds after which it may be registered again; with `probation`. */
  readonly retryAfterS?: number | undefined;
  /** 0 to 1. */
  readonly q?: number | undefined;
  readonly callId?: string | undefined;
  readonly cseq?: number | undefined;
  readonly displayName?: string | undefined;
  /** Parameters of the Contact that the document has no place for, as they were spelled; an empty value for a flag. */
  readonly unknownParams: readonly { readonly name: string; readonly value: string }[];
}

/** Writes the document, children in the order of the schema. Characters that XML has no way to carry become U+FFFD. */
export function buildRegInfo({ version, state, registrations }: RegInfo): string {
  let children = '';
  for (const registration of registrations) children += writeRegistration(registration);
  const attributes = ` xmlns="urn:ietf:params:xml:ns:reginfo" version="${version}" state="${state}"`;
  return `${XML_DECLARATION}\n${parent('', 'reginfo', attributes, children)}`;
}

function writeRegistration({ aor, id, state, contacts }: RegInfoRegistration): string {
  let children = '';
  for (const contact of contacts) children += writeContact(contact);
  const attributes = attribute('aor', aor) + attribute('id', id) + attribute('state', state);
  return parent('  ', 'registration', attributes, children);
}

function writeContact(contact: RegInfoContact): string {
  const attributes =
    attribute('id', contact.id) +
    attribute('state', contact.state) +
    attribute('event', contact.event) +
    attribute('expires', contact.expiresS) +
    attribute('retry-after', contact.retryAfterS) +
    attribute('q', contact.q) +
    attribute('callid', contact.callId) +
    attribute('cseq', contact.cseq);
  let children = leaf('uri', '', contact.uri);
  if (contact.displayName !== undefined) children += leaf('display-name', '', contact.displayName);
  for (const { name, value } of contact.unknownParams) {
    children += leaf('unknown-param', attribute('name', name), value);
  }
  return parent('    ', 'contact', attributes, children);
}

function attribute(name: string, value: string | number | undefined): string {
  return value === undefined ? '' : ` ${name}="${escapeXml(String(value))}"`;
}

function parent(indent: string, name: string, attributes: string, children: string): string {
  return children === ''
    ? `${indent}<${name}${attributes}/>\n`
    : `${indent}<${name}${attributes}>\n${children}${indent}</${name}>\n`;
}

/** An element of a contact. */
function leaf(name: string, attributes: string, text: string): string {
  return text === '' ? `      <${name}${attributes}/>\n` : `      <${name}${attributes}>${escapeXml(text)}</${name}>\n`;
}
