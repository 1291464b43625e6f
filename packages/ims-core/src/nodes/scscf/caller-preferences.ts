import type { SipRequest } from '../../protocols/sip/message.ts';
import { type Params, scanParams } from '../../protocols/sip/params.ts';
import { headerValues } from '../../protocols/sip/read.ts';
import type { Binding } from './bindings.ts';

/** What a caller asks of the contacts that it reaches. */
export interface CallerPreferences {
  /** False: the caller does not want this contact. */
  readonly accepts: (binding: Binding) => boolean;
  /** How several devices are tried. */
  readonly forking: 'parallel' | 'sequential' | 'no-fork';
}

/** One value of Accept-Contact or Reject-Contact. */
interface Predicate {
  readonly features: ReadonlyMap<string, readonly string[]>;
  readonly require: boolean;
  readonly explicit: boolean;
}

/** Feature tags without a leading `+`. @see RFC 3840 §10, §9 */
const BASE_TAGS: ReadonlySet<string> = new Set([
  ...['audio', 'automata', 'class', 'duplex', 'data', 'control', 'mobility', 'description', 'events', 'priority'],
  ...['methods', 'schemes', 'application', 'video', 'language', 'type', 'isfocus', 'actor', 'text', 'extensions'],
]);
/** Begins with `+`, and names a device, not what it can do. @see RFC 5626 §4.1 */
const INSTANCE = '+sip.instance';

const NONE: CallerPreferences = { accepts: () => true, forking: 'parallel' };

/**
 * Reads Accept-Contact, Reject-Contact and Request-Disposition. A contact that says nothing of what it can do is left alone.
 *
 * Deviation: RFC 3841 §7.2.4 orders contacts of one q by how well they fit; here they ring together, and only what is required counts.
 * @see TS 24.229 5.4.3.3, RFC 3841 §7.2, §9.1
 */
export function callerPreferences(message: SipRequest): CallerPreferences {
  const accepted = predicatesOf(message, 'Accept-Contact').filter(({ require }) => require);
  const rejected = predicatesOf(message, 'Reject-Contact').filter(({ features }) => features.size > 0);
  const directives = headerValues(message, 'Request-Disposition').map((value) => value.trim().toLowerCase());
  if (accepted.length + rejected.length + directives.length === 0) return NONE;
  return {
    accepts: ({ contact }) => {
      const can = featuresOf(contact.params);
      if (can.size === 0) return true;
      return !rejected.some((predicate) => describes(predicate, can)) && accepted.every((one) => fits(one, can));
    },
    forking: directives.includes('no-fork') ? 'no-fork' : directives.includes('sequential') ? 'sequential' : 'parallel',
  };
}

/** Values of `*;feature;feature="value";require;explicit`; one that cannot be read says nothing. */
function predicatesOf(message: SipRequest, name: 'Accept-Contact' | 'Reject-Contact'): readonly Predicate[] {
  return headerValues(message, name).flatMap((value) => {
    const params = value.startsWith('*') ? scanParams(value, 1) : undefined;
    if (params?.ok !== true) return [];
    const has = (flag: string) => params.value.some((param) => param.name.toLowerCase() === flag);
    return [{ features: featuresOf(params.value), require: has('require'), explicit: has('explicit') }];
  });
}

/** Feature tags in lower case with their values; a tag without a value is TRUE. @see RFC 3840 §9 */
function featuresOf(params: Params): ReadonlyMap<string, readonly string[]> {
  const features = new Map<string, readonly string[]>();
  for (const { name, value } of params) {
    const tag = name.toLowerCase();
    if (!BASE_TAGS.has(tag) && (!tag.startsWith('+') || tag === INSTANCE)) continue;
    const text = value === true || value === '' ? 'true' : value;
    // `<...>` is a string and counts as it is; everything else is a list of tokens in any case of letters.
    features.set(tag, text.startsWith('<') ? [text] : text.toLowerCase().split(/\s*,\s*/));
  }
  return features;
}

/** Whether the contact has all of the features: then a Reject-Contact means it. @see RFC 3841 §7.2.4 */
function describes({ features }: Predicate, can: ReadonlyMap<string, readonly string[]>): boolean {
  return [...features].every(([tag, wanted]) => agree(wanted, can.get(tag) ?? []));
}

/** A feature of which the contact says nothing is no reason against it, unless the caller wants it explicitly. @see RFC 3841 §7.2.4 */
function fits({ features, explicit }: Predicate, can: ReadonlyMap<string, readonly string[]>): boolean {
  return [...features].every(([tag, wanted]) => {
    const values = can.get(tag);
    return values === undefined ? !explicit : agree(wanted, values);
  });
}

/** One wanted value is among those of the contact; `!x` wants another one than x. */
function agree(wanted: readonly string[], values: readonly string[]): boolean {
  return wanted.some((one) =>
    one.startsWith('!') ? values.some((value) => value !== one.slice(1)) : values.includes(one),
  );
}
