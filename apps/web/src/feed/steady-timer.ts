/**
 * Timers that keep their time in a hidden tab, where browsers slow the page's own ones down to one a minute:
 * they run in a worker, whose timers are not slowed.
 */
const source = `onmessage = ({ data }) => { setTimeout(() => postMessage(data.id), data.delayMs); };`;

let worker: Worker | undefined;
let nextId = 1;
const waiting = new Map<number, () => void>();

function start(): Worker {
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const made = new Worker(url);
  URL.revokeObjectURL(url);
  made.onmessage = ({ data }: MessageEvent<number>) => {
    const fire = waiting.get(data);
    waiting.delete(data);
    fire?.();
  };
  return made;
}

/** Calls `fire` once after `delayMs`. Returns how to stop it. */
export function steadyTimeout(delayMs: number, fire: () => void): () => void {
  worker ??= start();
  const id = nextId++;
  waiting.set(id, fire);
  worker.postMessage({ id, delayMs });
  return () => {
    waiting.delete(id);
  };
}
