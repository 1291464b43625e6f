import type { IncomingHttpHeaders } from 'node:http';

/** Names under which the lab is reached: a request with another Host comes from a page that rebinds its name to us. */
export interface OwnHosts {
  readonly names: ReadonlySet<string>;
  readonly port: number;
}

/** Loopback in all its spellings, and the address that the configuration listens on. */
export function ownHosts(host: string, port: number): OwnHosts {
  return { names: new Set(['localhost', '127.0.0.1', '[::1]', host.toLowerCase()]), port };
}

function isOwnAuthority(authority: string, hosts: OwnHosts): boolean {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority.toLowerCase());
  if (match === null) return false;
  return hosts.names.has(match[1] ?? '') && Number(match[2] ?? 80) === hosts.port;
}

/**
 * True when Host is ours and Origin is ours or absent (SIPp and scripts send none).
 * @see TS 23.228 U.1.3.3: the eP-CSCF serves pages of authorised origins only
 */
export function isOwnRequest(headers: IncomingHttpHeaders, hosts: OwnHosts): boolean {
  if (!isOwnAuthority(headers.host ?? '', hosts)) return false;
  const origin = headers.origin;
  if (origin === undefined) return true;
  const match = /^https?:\/\/(.+)$/.exec(origin);
  return match !== null && isOwnAuthority(match[1] ?? '', hosts);
}
