import type { SipTarget } from '../../ports/sip-resolver.ts';
import type { SipTransportName } from '../../ports/sip-transport.ts';
import { MessageEdit } from '../sip/edit.ts';
import { addressesIn } from '../sip/header-line.ts';
import type { SipRequest } from '../sip/message.ts';
import { type NameAddr, serializeNameAddr } from '../sip/name-addr.ts';
import { routes } from '../sip/read.ts';
import { parseUri, type Uri, uriParam } from '../sip/uri.ts';

/** Tells a node's own URIs (Path, Service-Route, Record-Route, its address) from others. */
export type IsOwn = (uri: Uri) => boolean;

/** True when a Route entry leads to this node. */
export function isOwnRoute(route: NameAddr, isOwn: IsOwn): boolean {
  return route.uri.kind === 'sip' && isOwn(route.uri);
}

/**
 * Takes the topmost Route entry away when it is this node's own, and the next one too when both are the two sides of one
 * double Record-Route (`r2=on`). Any other own entry below is another pass: the request is sent to this node again.
 * @returns the entries taken away, topmost first.
 * @see RFC 3261 §16.4, RFC 5658 §5
 */
export function popOwnRoutes(edit: MessageEdit<SipRequest>, isOwn: IsOwn): readonly NameAddr[] {
  const [first, second] = routes(edit.current, 'Route');
  if (first === undefined || !isOwnRoute(first, isOwn)) return [];
  edit.removeFirst('Route', 'own entry on top of the Route (RFC 3261 §16.4)');
  const pair =
    second !== undefined && isOwnRoute(second, isOwn) && isDoubleRecordRoute(first) && isDoubleRecordRoute(second);
  if (!pair) return [first];
  edit.removeFirst('Route', 'other side of the own double Record-Route (RFC 5658 §5)');
  return [first, second];
}

function isDoubleRecordRoute(route: NameAddr): boolean {
  return uriParam(route.uri, 'r2') === 'on';
}

/**
 * Undoes what a strict router upstream did: it moved our Record-Route into the Request-URI and the target to the end of the Route.
 * @see RFC 3261 §16.4
 */
export function undoStrictRoute(edit: MessageEdit<SipRequest>, isOwn: IsOwn): void {
  const uri = parseUri(edit.current.uri);
  if (!uri.ok || uriParam(uri.value, 'lr') === undefined || !isOwn(uri.value)) return;
  const entries = routes(edit.current, 'Route');
  const target = entries.at(-1);
  if (target === undefined) return;
  const why = 'a strict router put the target at the end of the Route (RFC 3261 §16.4)';
  edit.requestUri(target.uriText, why);
  edit.remove('Route', why);
  for (const entry of entries.slice(0, -1)) edit.append('Route', serializeNameAddr(entry), why);
}

/** The request as it was before a strict router upstream rewrote it; the same where none did. */
export function withoutStrictRoute(request: SipRequest, isOwn: IsOwn): SipRequest {
  // A Record-Route of this node has parameters; most Request-URIs have none.
  if (!request.uri.includes(';')) return request;
  const edit = new MessageEdit(request);
  undoStrictRoute(edit, isOwn);
  return edit.current;
}

/**
 * Writes the request so that a strict router downstream understands it: its URI becomes the Request-URI, the target the last Route.
 * @param first the topmost entry of its Route.
 * @see RFC 3261 §16.6 step 6
 */
export function obeyStrictRoute(edit: MessageEdit<SipRequest>, first: NameAddr | undefined): void {
  if (first === undefined || uriParam(first.uri, 'lr') !== undefined) return;
  const why = 'the next hop is a strict router (RFC 3261 §16.6 step 6)';
  edit.append('Route', `<${edit.current.uri}>`, why);
  edit.removeFirst('Route', why);
  edit.requestUri(first.uriText, why);
}

/** The topmost entry of the Route. */
export function firstRoute(request: SipRequest): NameAddr | undefined {
  for (const field of request.headers) {
    if (field.key !== 'route') continue;
    const entries = addressesIn(field);
    if (entries.ok && entries.value.length > 0) return entries.value[0];
  }
  return undefined;
}

/** The URI that names the next hop: topmost Route, else the Request-URI. @see RFC 3261 §16.6 step 7 */
export function nextHopUri(request: SipRequest): Uri | undefined {
  const first = firstRoute(request);
  if (first !== undefined) return first.uri;
  const uri = parseUri(request.uri);
  return uri.ok ? uri.value : undefined;
}

const transports: ReadonlyMap<string, SipTransportName> = new Map([
  ['udp', 'UDP'],
  ['tcp', 'TCP'],
  ['ws', 'WS'],
  ['wss', 'WSS'],
]);

/** What the resolver is asked for a URI; undefined where no address can be found in it (tel, urn). @see RFC 3263 §4 */
export function targetOf(uri: Uri): SipTarget | undefined {
  if (uri.kind !== 'sip') return undefined;
  const maddr = uriParam(uri, 'maddr');
  const named = typeof maddr === 'string' ? maddr : uri.host;
  const host = named.startsWith('[') ? named.replace(/^\[(.*)\]$/, '$1') : named;
  const token = uriParam(uri, 'transport');
  const transport = typeof token === 'string' ? transports.get(token.toLowerCase()) : undefined;
  return {
    host,
    ...(uri.port === undefined ? {} : { port: uri.port }),
    ...(transport === undefined ? {} : { transport }),
  };
}
