/** What a tab must still know after a reload. It lives in sessionStorage, so a closed tab forgets it. */
export interface TabMemory {
  readonly lease: string;
  readonly imsi: string;
  /** The person registered this phone and has not de-registered it since. */
  readonly registered: boolean;
}

const KEY = 'imslab.tab';

export function recallTab(storage: Storage = sessionStorage): TabMemory | null {
  const text = storage.getItem(KEY);
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isTabMemory(value) ? value : null;
  } catch {
    return null;
  }
}

export function rememberTab(memory: TabMemory, storage: Storage = sessionStorage): void {
  storage.setItem(KEY, JSON.stringify(memory));
}

function isTabMemory(value: unknown): value is TabMemory {
  return (
    typeof value === 'object' &&
    value !== null &&
    'lease' in value &&
    typeof value.lease === 'string' &&
    'imsi' in value &&
    typeof value.imsi === 'string' &&
    'registered' in value &&
    typeof value.registered === 'boolean'
  );
}
