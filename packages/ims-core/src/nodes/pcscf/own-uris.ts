import type { SipFlow } from '../../ports/sip-transport.ts';
import { popOwnRoutes } from '../../protocols/proxy/route.ts';
import type { MessageEdit } from '../../protocols/sip/edit.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { serializeNameAddr } from '../../protocols/sip/name-addr.ts';
import { routes } from '../../protocols/sip/read.ts';
import type { Uri } from '../../protocols/sip/uri.ts';
import type { PcscfConfig } from './config.ts';

/** Requests whose path is recorded: those that make a dialog or move its targets (RFC 3261 §16.6.4, RFC 6665 §4.3). */
const RECORD_ROUTED = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'UPDATE', 'NOTIFY']);

/** Path entry that brings terminating requests to the UE's flow; `ob` says that this hop does outbound. @see RFC 3327, RFC 5626 §5.1 */
export function pathEntry(config: PcscfConfig, token: string, outbound: boolean): string {
  return `<sip:${token}@${config.host}:${config.port};transport=tcp;lr${outbound ? ';ob' : ''}>`;
}

/** Record-Route entry for the core side. @see RFC 5658 */
function coreRecordRoute(config: PcscfConfig): string {
  return `<sip:${config.host}:${config.port};transport=tcp;lr;r2=on>`;
}

/** Record-Route entry for the UE's side, with the token of its binding. @see RFC 5626 §5.3, RFC 5658 */
function ueRecordRoute(config: PcscfConfig, flow: SipFlow, token: string): string {
  const port = isWebSocket(flow) ? config.webSocketPort : config.port;
  return `<sip:${token}@${config.host}:${port};transport=${uriTransport(flow)};lr;r2=on>`;
}

/** Puts both own entries on top: the side the request came from below, the side it goes to above it. */
export function recordRoute(
  edit: MessageEdit<SipRequest>,
  config: PcscfConfig,
  towards: 'core' | 'ue',
  flow: SipFlow,
  token: string,
): MessageEdit<SipRequest> {
  if (!RECORD_ROUTED.has(edit.current.method)) return edit;
  const core = coreRecordRoute(config);
  const ue = ueRecordRoute(config, flow, token);
  const why = 'stays on the path of the dialog, one entry a side (RFC 5658, TS 24.229 5.2.6.3)';
  return towards === 'core'
    ? edit.prepend('Record-Route', ue, why).prepend('Record-Route', core, why)
    : edit.prepend('Record-Route', core, why).prepend('Record-Route', ue, why);
}

/** Takes this box's own entries off the top of the Route. Returns the token of flow or binding in them, or an empty text. */
export function takeOwnRoutes(edit: MessageEdit<SipRequest>, config: PcscfConfig): string {
  const own = popOwnRoutes(edit, (uri) => isOwnUri(uri, config));
  return own.map(({ uri }) => tokenOf(uri)).find((token) => token !== '') ?? '';
}

export function isOwnUri(uri: Uri, config: PcscfConfig): boolean {
  if (uri.kind !== 'sip' || uri.host.toLowerCase() !== config.host.toLowerCase()) return false;
  return uri.port === undefined || uri.port === config.port || uri.port === config.webSocketPort;
}

/** Puts this Route in place of the one there; nothing is recorded when it is that already. */
export function enforceRoutes(edit: MessageEdit<SipRequest>, wanted: readonly string[], why: string): void {
  const present = routes(edit.current, 'Route').map(serializeNameAddr);
  if (sameList(present, wanted)) return;
  edit.remove('Route', why);
  for (const route of wanted) edit.append('Route', route, why);
}

export function isWebSocket(flow: SipFlow): boolean {
  return flow.transport === 'WS' || flow.transport === 'WSS';
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function tokenOf(uri: Uri): string {
  return uri.kind === 'sip' ? (uri.user ?? '') : '';
}

function uriTransport(flow: SipFlow): string {
  return isWebSocket(flow) ? 'ws' : flow.transport.toLowerCase();
}
