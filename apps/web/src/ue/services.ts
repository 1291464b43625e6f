import type { ServiceSettings, SubscriberView } from '@imslab/ims-core/api/lab-api';

/** Seconds of ringing before a call goes on, when nobody says otherwise. */
export const DEFAULT_NO_ANSWER_S = 20;
export const MIN_NO_ANSWER_S = 1;
export const MAX_NO_ANSWER_S = 180;

/** The HSS has the settings, but the S-CSCF did not take the new profile. */
const KEPT_STATUSES: ReadonlySet<number> = new Set([502, 503]);

/** The services as the form has them; an empty target means that the service is off. */
export interface ServicesForm {
  readonly unconditional: string;
  readonly busy: string;
  readonly noAnswer: string;
  readonly noAnswerAfterS: number;
  readonly notReachable: string;
  readonly greeting: boolean;
}

export type ServicesResult =
  | { readonly ok: true; readonly settings: ServiceSettings }
  /** `stored`: the settings are kept, but the network did not take them yet. */
  | { readonly ok: false; readonly text: string; readonly stored: boolean };

export function loadServices(imsi: string): Promise<ServicesResult> {
  return exchange(imsi, {});
}

export function saveServices(imsi: string, form: ServicesForm): Promise<ServicesResult> {
  return exchange(imsi, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settingsOf(form)),
  });
}

async function exchange(imsi: string, init: RequestInit): Promise<ServicesResult> {
  try {
    const response = await fetch(`/api/v1/subscribers/${imsi}/services`, init);
    const body: unknown = await response.json();
    if (response.ok && isServiceSettings(body)) return { ok: true, settings: body };
    const detail = typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : '';
    const stored = KEPT_STATUSES.has(response.status);
    return { ok: false, text: detail || `The lab answered ${response.status}.`, stored };
  } catch {
    return { ok: false, text: 'The lab does not answer.', stored: false };
  }
}

function isServiceSettings(value: unknown): value is ServiceSettings {
  return typeof value === 'object' && value !== null && 'forwarding' in value && 'greeting' in value;
}

function settingsOf(form: ServicesForm): ServiceSettings {
  const target = (name: 'unconditional' | 'busy' | 'notReachable') =>
    form[name].trim() === '' ? {} : { [name]: form[name].trim() };
  const noAnswer = form.noAnswer.trim();
  return {
    forwarding: {
      ...target('unconditional'),
      ...target('busy'),
      ...(noAnswer !== '' && { noAnswer: { target: noAnswer, afterS: form.noAnswerAfterS } }),
      ...target('notReachable'),
    },
    greeting: form.greeting,
  };
}

/** The form of these settings, with the people of the lab by their names. */
export function formOf({ forwarding, greeting }: ServiceSettings, people: readonly SubscriberView[]): ServicesForm {
  const named = (uri: string | undefined): string => {
    if (uri === undefined) return '';
    const person = people.find(({ identities }) => identities.includes(uri.replace(/;.*$/, '')));
    return person?.name.toLowerCase() ?? uri;
  };
  return {
    unconditional: named(forwarding.unconditional),
    busy: named(forwarding.busy),
    noAnswer: named(forwarding.noAnswer?.target),
    noAnswerAfterS: forwarding.noAnswer?.afterS ?? DEFAULT_NO_ANSWER_S,
    notReachable: named(forwarding.notReachable),
    greeting,
  };
}
