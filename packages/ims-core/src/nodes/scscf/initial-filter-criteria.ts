import type {
  InitialFilterCriterion,
  ProfilePart,
  RegistrationType,
  ServicePointTrigger,
  SessionCase,
  TriggerCondition,
  TriggerPoint,
} from '../../ports/service-profile.ts';
import { canonicalName } from '../../protocols/sip/header-registry.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { headerValues } from '../../protocols/sip/read.ts';
import { sessionDescription } from '../../protocols/sip/session-description.ts';
import { parseUri, serializeUri } from '../../protocols/sip/uri.ts';
import { type EreOptions, posixEre } from './posix-ere.ts';

/** A request as the service point triggers see it. */
export interface TriggeringRequest {
  /** As it is now: an application server before may have changed it. */
  readonly message: SipRequest;
  /** What a REGISTER has in place of a session case. */
  readonly event: { readonly sessionCase: SessionCase } | { readonly registrationType: RegistrationType };
  /** Of the served user. */
  readonly profilePart: ProfilePart;
}

/** What became of one service point trigger. */
export interface TriggerEvaluation {
  readonly trigger: ServicePointTrigger;
  /** Whether it holds, its negation counted; `not evaluated`: it says nothing about such a request. */
  readonly result: boolean | 'not evaluated';
  /** Why its pattern can not be used: it never matches then, negated or not. */
  readonly unusable?: string;
}

/** What became of one criterion. */
export interface CriterionEvaluation {
  readonly criterion: InitialFilterCriterion;
  readonly fulfilled: boolean;
  /** In the order of the profile; empty without a trigger point or when the criterion is for the other part of the profile. */
  readonly triggers: readonly TriggerEvaluation[];
}

/** Which application server is next, and how that was found out. */
export interface ServiceSelection {
  /** The first criterion that is fulfilled; undefined when none is left. */
  readonly selected: InitialFilterCriterion | undefined;
  /** Every criterion that was looked at, in order of priority. */
  readonly evaluations: readonly CriterionEvaluation[];
}

/**
 * Finds the first fulfilled criterion behind the priority that was tried last.
 * @param after undefined: none was tried
 * @see TS 24.229 5.4.3.2, TS 23.218 §6.9.2
 */
export function selectService(
  criteria: readonly InitialFilterCriterion[],
  request: TriggeringRequest,
  after: number | undefined,
): ServiceSelection {
  const evaluations: CriterionEvaluation[] = [];
  for (const criterion of criteria.toSorted((a, b) => a.priority - b.priority)) {
    if (after !== undefined && criterion.priority <= after) continue;
    const evaluation = evaluateCriterion(criterion, request);
    evaluations.push(evaluation);
    if (evaluation.fulfilled) return { selected: criterion, evaluations };
  }
  return { selected: undefined, evaluations };
}

/** Whether one criterion is fulfilled, and which of its triggers hold. @see TS 29.228 Annex B.2.2, C */
export function evaluateCriterion(criterion: InitialFilterCriterion, request: TriggeringRequest): CriterionEvaluation {
  const { profilePart, triggerPoint } = criterion;
  if (profilePart !== undefined && profilePart !== request.profilePart) {
    return { criterion, fulfilled: false, triggers: [] };
  }
  if (triggerPoint === undefined) return { criterion, fulfilled: true, triggers: [] };
  const triggers = triggerPoint.servicePointTriggers.map((trigger) => evaluateTrigger(trigger, request));
  return { criterion, fulfilled: isFulfilled(triggerPoint, triggers), triggers };
}

/**
 * CNF: each group has a trigger that holds. DNF: all triggers of some group hold. What was not evaluated counts as if it were not written; a trigger
 * point of which nothing is left is not fulfilled.
 * @see TS 29.228 Annex C
 */
function isFulfilled({ conditionTypeCnf }: TriggerPoint, triggers: readonly TriggerEvaluation[]): boolean {
  const groups = new Map<number, boolean[]>();
  for (const { trigger, result } of triggers) {
    if (result === 'not evaluated') continue;
    for (const group of trigger.groups) groups.set(group, [...(groups.get(group) ?? []), result]);
  }
  const all = [...groups.values()];
  if (all.length === 0) return false;
  return conditionTypeCnf
    ? all.every((group) => group.some((holds) => holds))
    : all.some((group) => group.every((holds) => holds));
}

function evaluateTrigger(trigger: ServicePointTrigger, request: TriggeringRequest): TriggerEvaluation {
  const { condition, conditionNegated } = trigger;
  if (condition.kind === 'SessionCase' && !('sessionCase' in request.event)) {
    return { trigger, result: 'not evaluated' };
  }
  const patterns = new Patterns();
  const holds = matches(condition, request, patterns);
  return patterns.unusable === undefined
    ? { trigger, result: holds !== conditionNegated }
    : { trigger, result: false, unusable: patterns.unusable };
}

/** @see TS 29.228 Annex B.2.3, F */
function matches(condition: TriggerCondition, { message, event }: TriggeringRequest, patterns: Patterns): boolean {
  switch (condition.kind) {
    case 'Method': {
      const types = condition.registrationTypes;
      const isOfType = types.length === 0 || !('registrationType' in event) || types.includes(event.registrationType);
      return condition.method === message.method && isOfType;
    }
    case 'SessionCase':
      return 'sessionCase' in event && event.sessionCase === condition.sessionCase;
    case 'RequestURI':
      return patterns.test(condition.pattern, triggeringPartOf(message.uri));
    case 'SIPHeader':
      return headerMatches(condition, message, patterns);
    case 'SessionDescription':
      return sessionDescriptionMatches(condition, message, patterns);
  }
}

/** Host and port of a SIP URI, the number with its parameters of a tel URI, the whole of another. */
function triggeringPartOf(requestUri: string): string {
  const uri = parseUri(requestUri);
  if (!uri.ok) return requestUri;
  if (uri.value.kind === 'tel') return serializeUri(uri.value).slice('tel:'.length);
  if (uri.value.kind !== 'sip') return requestUri;
  const { host, port } = uri.value;
  return port === undefined ? host : `${host}:${port}`;
}

/**
 * Some value of some header of this name; without a content, its presence.
 *
 * Deviation: TS 29.228 Annex B.2.3 does not bind the pattern of the name to its ends; here it has to match the whole long name, in any case of
 * letters: `To` would else be found in History-Info.
 */
function headerMatches(
  { header, content }: TriggerCondition & { readonly kind: 'SIPHeader' },
  message: SipRequest,
  patterns: Patterns,
): boolean {
  const names = new Set(message.headers.map((field) => canonicalName(field.name)));
  const named = [...names].filter((name) => patterns.test(header, name, { whole: true, ignoreCase: true }));
  if (content === undefined) return named.length > 0;
  // The pattern is compiled also when there is no such header: an unusable one is to be told.
  patterns.compile(content);
  return named.some((name) =>
    headerValues(message, name).some((value) => patterns.test(content, value.replace(/[ \t\r\n]+/g, ' '))),
  );
}

/** Some line of this type; without a content, its presence. */
function sessionDescriptionMatches(
  { line, content }: TriggerCondition & { readonly kind: 'SessionDescription' },
  message: SipRequest,
  patterns: Patterns,
): boolean {
  patterns.compile(line);
  if (content !== undefined) patterns.compile(content);
  const description = sessionDescription(message) ?? '';
  return description.split(/\r?\n/).some((text) => {
    const [type = '', value = ''] = splitAtFirst(text, '=');
    return type !== '' && patterns.test(line, type) && (content === undefined || patterns.test(content, value));
  });
}

function splitAtFirst(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** The patterns of one trigger, and whether one of them can not be used. */
class Patterns {
  /** Why a pattern can not be used. */
  unusable: string | undefined;

  compile(pattern: string, options?: EreOptions): { test(text: string): boolean } {
    const compiled = posixEre(pattern, options);
    if (compiled.ok) return compiled.value;
    this.unusable ??= `${pattern.slice(0, MAX_TOLD_CHARACTERS)}: ${compiled.error.text}`;
    return { test: () => false };
  }

  test(pattern: string, text: string, options?: EreOptions): boolean {
    return this.compile(pattern, options).test(text);
  }
}

/** How much of an unusable pattern is told. */
const MAX_TOLD_CHARACTERS = 80;
