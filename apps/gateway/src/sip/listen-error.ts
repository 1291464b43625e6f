import { type SipHop, SipTransportError } from '@imslab/ims-core/ports/sip-transport';
import { hopText } from './socket-flow.ts';

/** Why a box can not listen, with the address and the box that wants it. */
export function listenError(error: unknown, hop: SipHop, box: string): SipTransportError {
  const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  const reason = error instanceof Error ? error.message : String(error);
  return inUse
    ? new SipTransportError('SIP_PORT_IN_USE', `${box} wants ${hopText(hop)}, but another program listens there`, hop)
    : new SipTransportError('SIP_LISTEN_FAILED', `${box} can not listen on ${hopText(hop)}: ${reason}`, hop);
}
