/**
 * A copy of plain data whose texts are in memory of their own: for what outlives the message that it was read from, since a part
 * of a text keeps the whole of it alive.
 */
export function detached<Value extends string | object>(value: Value): Value {
  const copy: Value = JSON.parse(JSON.stringify(value));
  return copy;
}
