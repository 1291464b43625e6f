import type { SubscriberView } from '@imslab/ims-core/api/lab-api';
import { createStore } from 'zustand/vanilla';
import { identityKey } from './identity.ts';

/** The lab's subscribers, to name peers and to choose whom to call. Empty until the gateway answered. */
export const people = createStore<{ readonly list: readonly SubscriberView[] }>()(() => ({ list: [] }));

/** What the person with this identity is called; undefined when nobody in the lab has it. */
export function nameOf(identity: string): string | undefined {
  const key = identityKey(identity);
  return people.getState().list.find(({ identities }) => identities.some((each) => identityKey(each) === key))?.name;
}

/** Asks the gateway who lives in the lab; keeps what was known when it does not answer. */
export async function loadPeople(): Promise<void> {
  try {
    const response = await fetch('/api/v1/subscribers');
    const body: unknown = await response.json();
    if (response.ok && Array.isArray(body)) people.setState({ list: body.filter(isSubscriber) });
  } catch {
    // A peer is then shown with what the signalling says.
  }
}

function isSubscriber(value: unknown): value is SubscriberView {
  return (
    typeof value === 'object' &&
    value !== null &&
    'imsi' in value &&
    'name' in value &&
    'number' in value &&
    'identities' in value &&
    Array.isArray(value.identities)
  );
}
