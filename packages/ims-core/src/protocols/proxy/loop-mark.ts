import type { SipRequest } from '../sip/message.ts';
import { callId, cseq, tagOf, vias } from '../sip/read.ts';
import { branchOf } from '../transaction/match.ts';
import { Fnv1a } from './fnv1a.ts';

/** Stands between the unique part of our branches and their loop mark. */
const SEPARATOR = '.';

const ROUTING_HEADERS = ['route', 'proxy-require', 'proxy-authorization'] as const;

/**
 * The second part of a branch: what the routing of a request depends on, and a secret of this node.
 * A request that comes back with the same mark loops; one whose Route or Request-URI changed spirals, which IMS needs.
 * @see RFC 3261 §16.6 step 8
 */
export function loopMark(request: SipRequest, nodeSecret: string): string {
  const marked = new Fnv1a()
    .add(nodeSecret)
    .add(request.method)
    .add(request.uri)
    .add(tagOf(request, 'From'))
    .add(tagOf(request, 'To'))
    .add(callId(request))
    .add(String(cseq(request)?.number));
  for (const key of ROUTING_HEADERS) {
    for (const field of request.headers) if (field.key === key) marked.add(field.value);
  }
  return marked.digest();
}

/** A branch that carries the mark. @param unique begins with the magic cookie. */
export function markedBranch(unique: string, mark: string): string {
  return `${unique}${SEPARATOR}${mark}`;
}

/** True when this node has forwarded the very same request before. @see RFC 3261 §16.3 item 4 */
export function hasLooped(request: SipRequest, mark: string): boolean {
  const end = `${SEPARATOR}${mark}`;
  return vias(request).some((via) => branchOf(via).endsWith(end));
}
