import type { SipRequest } from '../sip/message.ts';
import { callId, cseq, headerValues, tagOf, vias } from '../sip/read.ts';
import { branchOf } from '../transaction/match.ts';
import { fnv1aText } from './fnv1a.ts';

/** Stands between the unique part of our branches and their loop mark. */
const SEPARATOR = '.';

/**
 * The second part of a branch: what the routing of a request depends on, and a secret of this node.
 * A request that comes back with the same mark loops; one whose Route or Request-URI changed spirals, which IMS needs.
 * @see RFC 3261 §16.6 step 8
 */
export function loopMark(request: SipRequest, nodeSecret: string): string {
  return fnv1aText(
    [
      nodeSecret,
      request.method,
      request.uri,
      ...headerValues(request, 'Route'),
      tagOf(request, 'From'),
      tagOf(request, 'To'),
      callId(request),
      String(cseq(request)?.number),
      ...headerValues(request, 'Proxy-Require'),
      ...headerValues(request, 'Proxy-Authorization'),
    ].join('\n'),
  );
}

/** A branch that carries the mark. @param unique begins with the magic cookie. */
export function markedBranch(unique: string, mark: string): string {
  return `${unique}${SEPARATOR}${mark}`;
}

/** True when this node has forwarded the very same request before. @see RFC 3261 §16.3 item 4 */
export function hasLooped(request: SipRequest, mark: string): boolean {
  return vias(request).some((via) => branchOf(via).endsWith(`${SEPARATOR}${mark}`));
}
