import type { SipRequest } from '../sip/message.ts';
import { headerValues, maxForwards } from '../sip/read.ts';
import { parseUri } from '../sip/uri.ts';
import { hasLooped } from './loop-mark.ts';

/** An answer that ends the processing of a request before any procedure sees it. */
export interface Refusal {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly why: string;
}

export interface Validation {
  /** Of this request at this node. */
  readonly loopMark: string;
  /** Option tags that may stand in Proxy-Require. */
  readonly proxyExtensions: ReadonlySet<string>;
}

/**
 * Schemes that some box of the lab can route.
 * Deviation: `sips` is refused (§26.2.2 wants TLS on every hop, and the lab's core has none).
 */
const SCHEMES: ReadonlySet<string> = new Set(['sip', 'tel', 'urn']);

/**
 * Checks a request in the order of §16.3; the syntax was checked by the parser.
 * Proxy-Authorization (item 6) is not asked for: in IMS the registrar authenticates (TS 24.229 5.4.1).
 * @see RFC 3261 §16.3
 */
export function validateRequest(request: SipRequest, validation: Validation): Refusal | undefined {
  // 2. URI scheme
  const uri = parseUri(request.uri);
  if (!uri.ok) return { status: 400, headers: [], why: 'the Request-URI is no URI (RFC 3261 §16.3 item 1)' };
  const scheme = uri.value.scheme.toLowerCase();
  if (!SCHEMES.has(scheme)) {
    return { status: 416, headers: [], why: `scheme ${scheme} is not known here (RFC 3261 §16.3 item 2)` };
  }
  // 3. Max-Forwards
  if (maxForwards(request) === 0) {
    return { status: 483, headers: [], why: 'Max-Forwards is used up (RFC 3261 §16.3 item 3)' };
  }
  // 4. Loop
  if (hasLooped(request, validation.loopMark)) {
    return { status: 482, headers: [], why: 'the same request came here before (RFC 3261 §16.3 item 4)' };
  }
  // 5. Proxy-Require
  const unsupported = headerValues(request, 'Proxy-Require').filter(
    (tag) => !validation.proxyExtensions.has(tag.toLowerCase()),
  );
  if (unsupported.length > 0) {
    return {
      status: 420,
      headers: [['Unsupported', unsupported.join(', ')]],
      why: 'Proxy-Require asks for what this box does not know (RFC 3261 §16.3 item 5)',
    };
  }
  return undefined;
}
