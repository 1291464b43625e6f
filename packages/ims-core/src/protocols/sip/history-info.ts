import type { SipMessage } from './message.ts';
import { type NameAddr, param, parseNameAddr, serializeNameAddr } from './name-addr.ts';
import { headerValues } from './read.ts';
import { serializeUri, type Uri, uriParam, withUriParam } from './uri.ts';

/** Why a target was left for the next one: the words of RFC 4458 and TS 24.604 Annex C for the `cause` parameter of a URI. */
export const DiversionCause = {
  Unconditional: 302,
  NotLoggedIn: 404,
  NoAnswer: 408,
  Busy: 486,
  NotReachable: 503,
} as const;
export type DiversionCause = (typeof DiversionCause)[keyof typeof DiversionCause];

/** One target that a request had. @see RFC 7044 §5 */
export interface HistoryEntry {
  /** The target, with the parameters of the entry. */
  readonly address: NameAddr;
  /** `1`, `1.1`, `1.1.2`. */
  readonly index: string;
  /** The value as it came. */
  readonly text: string;
}

const FIRST_INDEX = '1';
const INDEX = /^\d+(\.\d+)*$/;

/** The targets that a request had, oldest first; entries that cannot be read are left out. */
export function historyInfo(message: SipMessage): readonly HistoryEntry[] {
  return headerValues(message, 'History-Info').flatMap((text) => {
    const address = parseNameAddr(text);
    const index = address.ok ? param(address.value, 'index') : undefined;
    return address.ok && typeof index === 'string' && INDEX.test(index)
      ? [{ address: address.value, index, text }]
      : [];
  });
}

/** How often a request was diverted before. @see TS 24.604 4.5.2.6, RFC 4458 §2 */
export function diversionsIn(history: readonly HistoryEntry[]): number {
  return history.filter(({ address }) => uriParam(address.uri, 'cause') !== undefined).length;
}

/** A target with the reason why it is tried. @see RFC 4458 §2 */
export function divertedTo(target: Uri, cause: DiversionCause): Uri {
  return withUriParam(target, 'cause', String(cause));
}

/**
 * The History-Info of a diverted request: what it had, the target that is left (with the response that said so, if one did),
 * and the new one.
 * @see RFC 7044 §9, §10.3
 */
export function divertedHistory(
  history: readonly HistoryEntry[],
  left: { readonly requestUri: string; readonly status: number | undefined },
  target: Uri,
): string {
  const last = history.at(-1) ?? firstEntry(left.requestUri);
  const before = history.slice(0, -1).map(({ text }) => text);
  const leftEntry = last && (left.status === undefined ? last.text : withReason(last.address, left.status));
  const index = last?.index ?? FIRST_INDEX;
  return [
    ...before,
    ...(leftEntry === undefined ? [] : [leftEntry]),
    `<${serializeUri(target)}>;index=${index}.1;mp=${index}`,
  ].join(', ');
}

function firstEntry(requestUri: string): HistoryEntry | undefined {
  const text = `<${requestUri}>;index=${FIRST_INDEX}`;
  const address = parseNameAddr(text);
  return address.ok ? { address: address.value, index: FIRST_INDEX, text } : undefined;
}

/** The Reason stands in the headers part of a SIP URI; a tel URI has none. @see RFC 7044 §10.2 */
function withReason(address: NameAddr, status: number): string {
  const { uri } = address;
  return serializeNameAddr(
    uri.kind === 'sip' ? { ...address, uri: { ...uri, headers: `Reason=SIP%3Bcause%3D${status}` } } : address,
  );
}
