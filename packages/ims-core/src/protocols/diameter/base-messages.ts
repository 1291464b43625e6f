import { type Avp, avp } from './avp.ts';
import { AvpReader, type AvpReading } from './avp-reader.ts';
import { VENDOR_3GPP } from './avp-rule.ts';
import { APPLICATION_BASE, APPLICATION_CX, APPLICATION_RELAY, commands } from './commands.ts';
import type { DiameterHeader } from './message.ts';
import { isProtocolError, ResultCode } from './result-codes.ts';

/** Who a Diameter node is, as it says in every message. */
export interface DiameterNode {
  /** FQDN. */
  readonly originHost: string;
  readonly originRealm: string;
  /** Grows with each start. */
  readonly originStateId: number;
}

/** What a peer said about itself in CER or CEA. */
export interface PeerCapabilities {
  readonly originHost: string;
  readonly originRealm: string;
  readonly originStateId?: number;
  /** Authentication applications, also those inside Vendor-Specific-Application-Id. */
  readonly applications: readonly number[];
  readonly inbandSecurity: readonly number[];
}

/** Auth-Session-State of every Cx message: the HSS keeps no session. @see TS 29.229 5.4 */
export const NO_STATE_MAINTAINED = 1;
const NO_INBAND_SECURITY = 0;
const PRODUCT_NAME = 'imslab';
const FIRMWARE_REVISION = 1;

/** Header of a message of the base: no P bit (RFC 6733 §5.3.1, §5.4.1, §5.5.1). */
export function baseRequestHeader(
  command: 'CER' | 'DWR' | 'DPR',
  ids: { hopByHop: number; endToEnd: number },
): DiameterHeader {
  return {
    request: true,
    proxiable: false,
    error: false,
    retransmitted: false,
    commandCode: commands[command].code,
    applicationId: APPLICATION_BASE,
    ...ids,
  };
}

/**
 * AVPs of Capabilities-Exchange-Request; of the answer when `resultCode` is given.
 * `hostIpAddress`: Address data.
 * @see RFC 6733 §5.3.1, §5.3.2
 */
export function capabilitiesAvps(node: DiameterNode, hostIpAddress: Uint8Array, resultCode?: number): readonly Avp[] {
  return [
    ...(resultCode === undefined ? [] : [avp('Result-Code', resultCode)]),
    avp('Origin-Host', node.originHost),
    avp('Origin-Realm', node.originRealm),
    avp('Host-IP-Address', hostIpAddress),
    avp('Vendor-Id', 0),
    avp('Product-Name', PRODUCT_NAME),
    avp('Origin-State-Id', node.originStateId),
    avp('Supported-Vendor-Id', VENDOR_3GPP),
    cxApplication(),
    avp('Auth-Application-Id', APPLICATION_CX),
    ...(resultCode === undefined ? [avp('Inband-Security-Id', NO_INBAND_SECURITY)] : []),
    avp('Firmware-Revision', FIRMWARE_REVISION),
  ];
}

/** Vendor-Specific-Application-Id of Cx. @see TS 29.229 5.3, RFC 6733 §6.11 */
export function cxApplication(): Avp {
  return avp('Vendor-Specific-Application-Id', [
    avp('Vendor-Id', VENDOR_3GPP),
    avp('Auth-Application-Id', APPLICATION_CX),
  ]);
}

/** Reads CER; also CEA, after its Result-Code. */
export function readCapabilities(avps: readonly Avp[]): AvpReading<PeerCapabilities> {
  const read = new AvpReader(avps);
  const originHost = read.one('Origin-Host');
  const originRealm = read.one('Origin-Realm');
  if (read.all('Host-IP-Address').length === 0) read.missing('Host-IP-Address');
  read.one('Vendor-Id');
  read.one('Product-Name');
  const originStateId = read.optional('Origin-State-Id');
  const vendorSpecific = read
    .all('Vendor-Specific-Application-Id')
    .flatMap((group) => read.group(group, (inner) => inner.all('Auth-Application-Id')));
  return read.finish({
    originHost,
    originRealm,
    ...(originStateId === undefined ? {} : { originStateId }),
    applications: [...read.all('Auth-Application-Id'), ...vendorSpecific],
    inbandSecurity: read.all('Inband-Security-Id'),
  });
}

/** Result-Code with which the capabilities of a peer are answered. @see RFC 6733 §5.3, §6.10 */
export function judgeCapabilities(peer: PeerCapabilities): ResultCode {
  const common = peer.applications.includes(APPLICATION_CX) || peer.applications.includes(APPLICATION_RELAY);
  if (!common) return ResultCode.NO_COMMON_APPLICATION;
  if (peer.inbandSecurity.length > 0 && !peer.inbandSecurity.includes(NO_INBAND_SECURITY)) {
    return ResultCode.NO_COMMON_SECURITY;
  }
  return ResultCode.SUCCESS;
}

function originAvps(node: DiameterNode): readonly Avp[] {
  return [avp('Origin-Host', node.originHost), avp('Origin-Realm', node.originRealm)];
}

/** AVPs of Device-Watchdog-Request; of the answer when `resultCode` is given. @see RFC 6733 §5.5.1, §5.5.2 */
export function watchdogAvps(node: DiameterNode, resultCode?: number): readonly Avp[] {
  return [
    ...(resultCode === undefined ? [] : [avp('Result-Code', resultCode)]),
    ...originAvps(node),
    avp('Origin-State-Id', node.originStateId),
  ];
}

/** Disconnect-Cause of a node that goes down and comes back. @see RFC 6733 §5.4.3 */
export const DISCONNECT_REBOOTING = 0;

/** AVPs of Disconnect-Peer-Request. @see RFC 6733 §5.4.1 */
export function disconnectAvps(node: DiameterNode): readonly Avp[] {
  return [...originAvps(node), avp('Disconnect-Cause', DISCONNECT_REBOOTING)];
}

/** AVPs of Disconnect-Peer-Answer. @see RFC 6733 §5.4.2 */
export function disconnectAnswerAvps(node: DiameterNode): readonly Avp[] {
  return [avp('Result-Code', ResultCode.SUCCESS), ...originAvps(node)];
}

/** What an answer says when the request was refused. */
export interface ErrorAnswer {
  readonly resultCode: ResultCode;
  /** Error-Message. */
  readonly text: string;
  readonly failedAvp?: Uint8Array;
  readonly sessionId?: string;
}

/**
 * AVPs of the answer to a request that was refused. A protocol error has the short form that every node understands; a
 * permanent failure of Cx keeps the form of a Cx answer.
 * @see RFC 6733 §7.2, TS 29.229 6.1
 */
export function errorAnswerAvps(node: DiameterNode, applicationId: number, error: ErrorAnswer): readonly Avp[] {
  const ofCx = applicationId === APPLICATION_CX && !isProtocolError(error.resultCode);
  return [
    ...(error.sessionId === undefined ? [] : [avp('Session-Id', error.sessionId)]),
    ...(ofCx ? [cxApplication()] : []),
    avp('Result-Code', error.resultCode),
    ...(ofCx ? [avp('Auth-Session-State', NO_STATE_MAINTAINED)] : []),
    ...originAvps(node),
    avp('Error-Message', error.text),
    ...(error.failedAvp === undefined ? [] : [avp('Failed-AVP', error.failedAvp)]),
  ];
}

/** Result-Code of an answer of the base; undefined when it has none. */
export function readResultCode(avps: readonly Avp[]): number | undefined {
  return new AvpReader(avps).optional('Result-Code');
}
