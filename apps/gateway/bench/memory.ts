/** What the lab's process holds with 10 000 registered users. */
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Gateway } from './gateway-process.ts';
import { manySubscribers } from './many-subscribers.ts';
import { Phone } from './phone.ts';

const USERS = 10_000;
const OUTSTANDING = 20;
/** Longer than the P-CSCF keeps an answered transaction (64*T1, 32 s): what is left belongs to the registrations and the history. */
const SETTLED_AFTER_MS = 45_000;
const LIMIT_MB = 300;

/** Resident memory of a process, MB; undefined where there is no /proc. */
function residentMb(pid: number): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1_024;
  } catch {
    return undefined;
  }
}

/** Registers each user once, from a socket of its own. Returns how many were refused. */
async function registerAll(phones: Iterator<Phone>): Promise<number> {
  let failed = 0;
  const one = async () => {
    for (let next = phones.next(); !next.done; next = phones.next()) {
      const phone = next.value;
      await phone.open(1);
      if (!(await phone.register())) failed += 1;
      phone.close();
    }
  };
  await Promise.all(Array.from({ length: OUTSTANDING }, one));
  return failed;
}

/** Prints what the process holds before, right after, and when the transactions are over. */
export async function run(): Promise<void> {
  const ues = manySubscribers(USERS);
  const gateway = await Gateway.start({ subscribers: ues.map(({ seeded }) => seeded) });
  try {
    const before = residentMb(gateway.pid);
    if (before === undefined) {
      console.log('memory: there is no /proc here to read it from');
      return;
    }
    const phones = ues.map(({ seeded }) => new Phone(seeded, { host: gateway.host, port: 5060 }));
    const failed = await registerAll(phones.values());
    const after = residentMb(gateway.pid) ?? 0;
    await wait(SETTLED_AFTER_MS);
    const settled = residentMb(gateway.pid) ?? 0;
    console.log(
      `memory with ${USERS - failed} of ${USERS} users registered: ${before.toFixed(0)} MB before, ${after.toFixed(0)} MB ` +
        `right after, ${settled.toFixed(0)} MB when it is quiet again (target ${LIMIT_MB} MB), ` +
        `${(((settled - before) * 1_024) / USERS).toFixed(1)} KB a user`,
    );
  } finally {
    await gateway.close();
  }
}
