import { parseUri, type Uri } from './uri.ts';

/** True when a URI names the same host and port as a node's own URI, whatever its user part and parameters. @see RFC 3261 §16.4 */
export function isOwnUri(uri: Uri, own: string): boolean {
  const self = parseUri(own);
  if (uri.kind !== 'sip' || !self.ok || self.value.kind !== 'sip') return false;
  return uri.host.toLowerCase() === self.value.host.toLowerCase() && uri.port === self.value.port;
}
