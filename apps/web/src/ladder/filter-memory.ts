import { allShown, type LadderFilters, trace } from './trace-store.ts';

const KEY = 'imslab.ladder';

/** The filters that this tab had before a reload; everything shown when there are none. */
export function recallFilters(storage: Storage = sessionStorage): LadderFilters {
  try {
    const value: unknown = JSON.parse(storage.getItem(KEY) ?? '');
    return isLadderFilters(value) ? value : allShown;
  } catch {
    return allShown;
  }
}

export function rememberFilters(
  { protocols, ue, housekeeping }: LadderFilters,
  storage: Storage = sessionStorage,
): void {
  storage.setItem(KEY, JSON.stringify({ protocols, ue, housekeeping }));
}

/** Puts the remembered filters on the ladder and keeps them in this tab. */
export function startFilterMemory(): void {
  trace.setState(recallFilters());
  trace.subscribe((now, before) => {
    if (now.protocols !== before.protocols || now.ue !== before.ue || now.housekeeping !== before.housekeeping) {
      rememberFilters(now);
    }
  });
}

function isLadderFilters(value: unknown): value is LadderFilters {
  return (
    typeof value === 'object' &&
    value !== null &&
    'ue' in value &&
    typeof value.ue === 'string' &&
    'housekeeping' in value &&
    typeof value.housekeeping === 'boolean' &&
    'protocols' in value &&
    isProtocolFilter(value.protocols)
  );
}

function isProtocolFilter(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    (['sip', 'diameter', 'media'] as const).every((key) => key in value && typeof Reflect.get(value, key) === 'boolean')
  );
}
