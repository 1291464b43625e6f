import type { TraceHistory } from '@imslab/ims-core/trace/history';

/** Events that are made and written at once. */
const EVENTS_PER_PORTION = 200;

/**
 * `{ epoch, events }` with the events of now above `after`, in portions of JSON text: a full history is some 40 MB, and made all at
 * once it would stop the boxes meanwhile.
 */
export function* historyJson(epoch: string, history: TraceHistory, after: number): Generator<string> {
  const { nextSeq } = history;
  let text = `{"epoch":${JSON.stringify(epoch)},"events":[`;
  let events = history.after(after, EVENTS_PER_PORTION);
  for (let last = events.at(-1); last !== undefined; last = events.at(-1)) {
    text += JSON.stringify(events).slice(1, -1);
    yield text;
    text = ',';
    events = history.after(last.seq, Math.min(EVENTS_PER_PORTION, nextSeq - 1 - last.seq));
  }
  yield text === ',' ? ']}' : `${text}]}`;
}
