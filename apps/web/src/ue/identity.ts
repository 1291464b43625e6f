import type { SubscriberView } from '@imslab/ims-core/api/lab-api';
import { formatNumber } from './dial.ts';
import { headerParam, listValues, nameAddr } from './sip-text.ts';

/** Who is at the other end, as people read it. */
export interface Peer {
  /** A name, or the best that is known. Never empty. */
  readonly name: string;
  /** `+1 555 000 1002`; empty when it is not known. */
  readonly number: string;
}

/** Reads headers of a request or a response; JsSIP's messages can. */
export interface HeaderSource {
  getHeaders(name: string): string[];
}

const ANONYMOUS = /^sip:anonymous@anonymous\.invalid/i;

/**
 * The peer of a call: the network's word (P-Asserted-Identity) first, then From; names that the signalling does not carry come from `people`.
 * @see RFC 3325 §9.1, TS 24.229 5.1.2A.2
 */
export function peerOf(message: HeaderSource, from: string, people: readonly SubscriberView[]): Peer {
  const asserted = message.getHeaders('P-Asserted-Identity').flatMap(listValues).map(nameAddr);
  const identities = asserted.length > 0 ? asserted : [nameAddr(from)];
  const displayName = identities.find((identity) => identity.displayName !== '')?.displayName ?? '';
  return describe(
    identities.map((identity) => identity.uri),
    displayName,
    people,
  );
}

/** Who was called first, when a call that comes in was forwarded here; null when it was not. @see RFC 7044 §5, TS 24.604 4.5.2.6.2 */
export function forwardedFrom(request: HeaderSource, people: readonly SubscriberView[]): Peer | null {
  const history = request.getHeaders('History-Info').flatMap(listValues).map(nameAddr);
  const isForwarded = history.some(({ params }) => headerParam(params, 'mp') !== undefined);
  const [first] = history;
  return isForwarded && first !== undefined ? describe([first.uri], first.displayName, people) : null;
}

/** Whether the signalling knows them as two: a name alone may be another one of the same person. */
export function areTwo(a: Peer, b: Peer): boolean {
  return a.number !== '' && b.number !== '' && a.number !== b.number;
}

/** The peer behind these URIs of one person. */
export function describe(uris: readonly string[], displayName: string, people: readonly SubscriberView[]): Peer {
  if (uris.some((uri) => ANONYMOUS.test(uri))) return { name: 'Anonymous', number: '' };
  const keys = uris.map(identityKey);
  const known = people.find((person) => person.identities.some((identity) => keys.includes(identityKey(identity))));
  const number = known?.number ?? uris.map(userOf).find((user) => /^\+?\d{3,15}$/.test(user)) ?? '';
  const user = uris.map(userOf).find((candidate) => !/^\+?\d+$/.test(candidate) && candidate !== '');
  const name = displayName || known?.name || capitalised(user ?? '') || formatNumber(number) || (uris[0] ?? 'Unknown');
  return { name, number: name === formatNumber(number) ? '' : formatNumber(number) };
}

/** Without parameters, in lower case: enough to find a person of the lab. */
export function identityKey(uri: string): string {
  return uri.replace(/[;?].*$/, '').toLowerCase();
}

function userOf(uri: string): string {
  const user = uri.replace(/^(sips?|tel):/i, '').replace(/[;?@].*$/, '');
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
