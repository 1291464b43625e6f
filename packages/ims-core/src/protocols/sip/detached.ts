/**
 * A copy of plain data whose texts are in memory of their own: for what outlives the message that it was read from, since a part
 * of a text keeps the whole of it alive.
 */
export function detached<Value extends string | object>(value: Value): Value {
  const copy: Value = JSON.parse(JSON.stringify(value));
  return copy;
}

/** What is kept already when it says the same, else a detached copy: what comes anew with each refresh most often says the same. */
export function keptOrDetached<Value extends string | object>(kept: Value | undefined, value: Value): Value {
  return kept !== undefined && isSame(kept, value) ? kept : detached(value);
}

/** Compares plain data; a property that is undefined counts as absent, as in a detached copy. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  for (const key in b) if (!isSame(Reflect.get(a, key), Reflect.get(b, key))) return false;
  for (const key in a) if (!(key in b) && Reflect.get(a, key) !== undefined) return false;
  return true;
}
