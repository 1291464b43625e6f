import type { StoredSubscriber } from '@imslab/ims-core/ports/subscriber-store';
import { calledIdentity } from '@imslab/ims-core/protocols/sip/called-identity';
import { parseUri } from '@imslab/ims-core/protocols/sip/uri';
import { numberOf } from './sim-leases.ts';

export type ForwardingTarget =
  | { readonly ok: true; readonly uri: string }
  | { readonly ok: false; readonly text: string };

/** Characters that people put into numbers. @see RFC 3966 §5.1.1 */
const SEPARATORS = /[\s().-]/g;
const GLOBAL_NUMBER = /^\+\d{2,15}$/;

/**
 * What a person wrote as the target of a diversion, as a URI: a SIP or tel URI, `user@host`, the name of a subscriber or of a
 * service, or a number with or without `+`. Nobody forwards to themselves.
 */
export function forwardingTarget(
  text: string,
  lab: {
    readonly subscribers: readonly StoredSubscriber[];
    readonly domain: string;
    /** Whose calls are diverted. */
    readonly imsi: string;
  },
): ForwardingTarget {
  const word = text.trim();
  const uri = uriOf(word, lab.subscribers);
  if (uri === undefined)
    return { ok: false, text: `“${word}” is no name or number of the lab, and no SIP or tel URI.` };
  const called = calledIdentity(uri);
  const own = lab.subscribers.find(({ imsi }) => imsi === lab.imsi);
  if (own?.identities.some((identity) => identity.uri === called)) {
    return { ok: false, text: `“${word}” is ${own.name}, whose calls are to go elsewhere.` };
  }
  return { ok: true, uri };
}

function uriOf(word: string, subscribers: readonly StoredSubscriber[]): string | undefined {
  if (/^(sips?|tel):/i.test(word)) return usable(word);
  if (/^[^:]+@/.test(word)) return usable(`sip:${word}`);
  const digits = word.replace(SEPARATORS, '');
  const known = subscribers.find(
    (subscriber) =>
      subscriber.name.toLowerCase() === word.toLowerCase() ||
      (digits !== '' && numberOf(subscriber) === `+${digits.replace(/^\+/, '')}`),
  );
  const identity = known?.identities.find(({ barred }) => !barred);
  if (identity !== undefined) return identity.uri;
  return GLOBAL_NUMBER.test(digits) ? `tel:${digits}` : undefined;
}

/** A SIP URI with a user, or a global telephone number. */
function usable(text: string): string | undefined {
  const uri = parseUri(text);
  if (!uri.ok || calledIdentity(text) === undefined) return undefined;
  return uri.value.kind === 'sip' && uri.value.user === undefined ? undefined : text;
}
