/** How many full AKA registrations the lab does a second, through P-, I- and S-CSCF and HSS on real sockets. */
import { performance } from 'node:perf_hooks';
import { seededSubscribers } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import { Gateway } from './gateway-process.ts';
import { Phone } from './phone.ts';
import { percentile } from './sipp-load.ts';

const WARM_UP_MS = 3_000;
const MEASURED_MS = 8_000;
/** A UE may send 50 requests a second on one flow, so each phone takes its turns on several sockets. */
const SOCKETS_PER_UE = 16;
const MESSAGES_PER_REGISTRATION = 20;

interface Load {
  /** Milliseconds that each registration took, shortest first. */
  readonly times: readonly number[];
  readonly failed: number;
  readonly seconds: number;
}

/** Every phone registers again as soon as it is registered. */
async function load(phones: readonly Phone[], durationMs: number): Promise<Load> {
  const times: number[] = [];
  let failed = 0;
  const began = performance.now();
  const one = async (phone: Phone) => {
    while (performance.now() - began < durationMs) {
      const start = performance.now();
      if (await phone.register()) times.push(performance.now() - start);
      else failed += 1;
    }
  };
  await Promise.all(phones.map(one));
  return { times: times.sort((a, b) => a - b), failed, seconds: (performance.now() - began) / 1_000 };
}

/** Prints one line of the lab; `sipp-registrations` compares with a peer. */
export async function run(): Promise<void> {
  const gateway = await Gateway.start();
  const phones = seededSubscribers().map((seeded) => new Phone(seeded, { host: gateway.host, port: 5060 }));
  try {
    for (const phone of phones) await phone.open(SOCKETS_PER_UE);
    await load(phones, WARM_UP_MS);
    const cpuBefore = gateway.cpuMs();
    const { times, failed, seconds } = await load(phones, MEASURED_MS);
    const cpuAfter = gateway.cpuMs();
    const cpu =
      cpuBefore === undefined || cpuAfter === undefined
        ? ''
        : `, ${((cpuAfter - cpuBefore) / times.length).toFixed(2)} ms CPU of the gateway each`;
    console.log(
      `AKA registrations (${MESSAGES_PER_REGISTRATION} messages, ${phones.length} outstanding): ` +
        `${(times.length / seconds).toFixed(0)} registrations/s, p50 ${percentile(times, 0.5).toFixed(1)} ms, ` +
        `p99 ${percentile(times, 0.99).toFixed(1)} ms${cpu}, ${failed} of ${times.length + failed} failed`,
    );
  } finally {
    for (const phone of phones) phone.close();
    await gateway.close();
  }
}
