/** The document of the reg event package: who is registered, and where. @see RFC 3680 §5 */
import { XMLBuilder } from 'fast-xml-parser';

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
  readonly expiresS?: number;
  /** Seconds after which it may be registered again; with `probation`. */
  readonly retryAfterS?: number;
  /** 0 to 1. */
  readonly q?: number;
  readonly callId?: string;
  readonly cseq?: number;
  readonly displayName?: string;
  /** Parameters of the Contact that the document has no place for, as they were spelled; an empty value for a flag. */
  readonly unknownParams: readonly { readonly name: string; readonly value: string }[];
}

/** Writes the document, children in the order of the schema. Characters that XML has no way to carry become U+FFFD. */
export function buildRegInfo(info: RegInfo): string {
  const document = {
    reginfo: {
      '@xmlns': 'urn:ietf:params:xml:ns:reginfo',
      '@version': info.version,
      '@state': info.state,
      registration: info.registrations.map((registration) => ({
        '@aor': registration.aor,
        '@id': registration.id,
        '@state': registration.state,
        contact: registration.contacts.map(writeContact),
      })),
    },
  };
  const xml: string = builder.build(document);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`.replace(NOT_XML_CHARACTERS, '\uFFFD');
}

const builder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  suppressEmptyNode: true,
  suppressBooleanAttributes: false,
  format: true,
});
/** @see https://www.w3.org/TR/xml/#charsets */
const NOT_XML_CHARACTERS = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

function writeContact(contact: RegInfoContact): object {
  const optional = (name: string, value: string | number | undefined): object =>
    value === undefined ? {} : { [name]: value };
  return {
    '@id': contact.id,
    '@state': contact.state,
    '@event': contact.event,
    ...optional('@expires', contact.expiresS),
    ...optional('@retry-after', contact.retryAfterS),
    ...optional('@q', contact.q),
    ...optional('@callid', contact.callId),
    ...optional('@cseq', contact.cseq),
    uri: contact.uri,
    ...optional('display-name', contact.displayName),
    'unknown-param': contact.unknownParams.map(({ name, value }) => ({ '@name': name, '#text': value })),
  };
}
