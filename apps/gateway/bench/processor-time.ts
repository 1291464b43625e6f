import { readdirSync, readFileSync } from 'node:fs';

/** Unit of the times in /proc/<pid>/stat. @see proc_pid_stat(5) */
const MS_PER_TICK = 10;

interface Times {
  readonly parent: number;
  readonly ms: number;
}

function timesOf(pid: number): Times | undefined {
  try {
    // What follows the program's name, which may hold blanks: state, parent, ...
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return { parent: Number(fields[1]), ms: (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK };
  } catch {
    return undefined;
  }
}

/** CPU time that these processes and all processes below them have used until now, milliseconds; undefined where there is no /proc. */
export function processorTimeMs(pids: readonly number[]): number | undefined {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return undefined;
  }
  const all = new Map<number, Times>();
  for (const name of names) {
    const pid = Number(name);
    const times = Number.isInteger(pid) ? timesOf(pid) : undefined;
    if (times !== undefined) all.set(pid, times);
  }
  const counted = new Set(pids);
  const belongs = (pid: number): boolean => {
    const parent = all.get(pid)?.parent ?? 0;
    return counted.has(pid) || (parent > 1 && belongs(parent));
  };
  return [...all].filter(([pid]) => belongs(pid)).reduce((sum, [, { ms }]) => sum + ms, 0);
}
