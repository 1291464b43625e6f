import path from 'node:path';
import type { RegistrationView, SubscriberView } from '@imslab/ims-core/api/lab-api';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasKamailio, KamailioCscfs } from './kit/kamailio.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { allOf, impu, runSipp, type SippOptions } from './kit/sipp.ts';
import { waitUntil } from './kit/wait-until.ts';

const folder = path.resolve(import.meta.dirname, 'kamailio');
const UE_PORT = 5070;
const SUBSCRIBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const CALLERS = [1, 2, 3, 4, 5];
const CALLED = [6, 7, 8, 9, 10];
const CALLED_PORT = 5091;

type DiameterEvent = Extract<TraceEvent, { kind: 'diameter' }>;

/** The next address of the same network: Kamailio's, beside the lab's. */
function beside(host: string): string {
  const [a, b, c, d] = host.split('.').map(Number);
  return `${a}.${b}.${((c ?? 0) % 250) + 1}.${d}`;
}

const count = (all: readonly string[], wanted: string) => all.filter((one) => one === wanted).length;

/** The answers between the boxes of a lab and Kamailio's to a SUBSCRIBE or NOTIFY: `200 NOTIFY`. */
async function watching(lab: LabProcess): Promise<readonly string[]> {
  const { events } = await lab.json<{ events: TraceEvent[] }>('/api/v1/trace');
  return events.flatMap(({ from, to, ...event }) => {
    if (event.kind !== 'sip' || event.sip.status === 0 || ![from, to].some(({ node }) => node === 'other')) return [];
    const method = event.sip.cseq.split(' ')[1] ?? '';
    return method === 'SUBSCRIBE' || method === 'NOTIFY' ? [`${event.sip.status} ${method}`] : [];
  });
}

describe.skipIf(!hasProgram('sipp') || !hasKamailio())('the CSCFs of Kamailio, with our HSS', () => {
  let lab: LabProcess;
  let kamailio: KamailioCscfs;

  beforeAll(async () => {
    lab = await LabProcess.start({ env: { IMSLAB_AUTHENTICATION_AVOID_ZERO_OCTET_IN_RES: 'true' } });
    const hss = { host: lab.host, url: lab.url };
    kamailio = await KamailioCscfs.start({ folder, hss, address: beside(lab.host) });
  });
  afterAll(async () => {
    await kamailio?.close();
    await lab?.close();
  });
  beforeEach(async () => {
    await fetch(new URL('/api/v1/trace', lab.url), { method: 'DELETE' });
  });

  const sipp = (options: Pick<SippOptions, 'scenario' | 'calls'> & Partial<SippOptions>) =>
    runSipp(lab, { ownAddressesPort: UE_PORT, target: { host: kamailio.address, port: 5060 }, ...options });
  const register = (subscribers: readonly number[], expires = '600') =>
    sipp({
      scenario: 'register-from-own-address.xml',
      calls: subscribers.length,
      subscribers,
      keys: { expires },
    });

  const subscribers = async () =>
    (await lab.json<SubscriberView[]>('/api/v1/subscribers')).slice(0, SUBSCRIBERS.length);
  /** What Kamailio asked and what it was told: `UAR`, `UAA 2001`. */
  const cx = async () => {
    const { events } = await lab.json<{ events: TraceEvent[] }>('/api/v1/trace');
    return events
      .filter((event): event is DiameterEvent => event.kind === 'diameter')
      .filter(({ from, to }) => [from, to].some(({ label }) => label.startsWith('kamailio-')))
      .filter(({ diameter }) => diameter.applicationId !== 0)
      .map(({ diameter }) => (diameter.request ? diameter.command : `${diameter.command} ${diameter.resultCode}`));
  };
  it('register ten users with AKA, and the HSS knows which S-CSCF serves them', async () => {
    expect(await register(SUBSCRIBERS)).toEqual(allOf(10));
    for (const { state, serverName } of await subscribers())
      expect({ state, serverName }).toEqual({ state: 'REGISTERED', serverName: `sip:${kamailio.address}:6060` });
    const asked = await cx();
    expect({
      first: count(asked, 'UAA 2001'),
      subsequent: count(asked, 'UAA 2002'),
      vectors: count(asked, 'MAA 2001'),
      assigned: count(asked, 'SAA 2001'),
    }).toEqual({ first: 10, subsequent: 10, vectors: 10, assigned: 10 });
    expect(kamailio.running, kamailio.output).toBe(true);
  });

  it('register them again and de-register them: nobody is left at the HSS', async () => {
    expect(await register(SUBSCRIBERS)).toEqual(allOf(10));
    expect(await register(SUBSCRIBERS, '0')).toEqual(allOf(10));
    expect((await subscribers()).map(({ state }) => state)).toEqual(SUBSCRIBERS.map(() => 'NOT_REGISTERED'));
    expect(kamailio.running, kamailio.output).toBe(true);
  });

  it('find the called user with LIR: ten calls of ten are answered', async () => {
    expect(await register(CALLERS)).toEqual(allOf(CALLERS.length));
    const called = { ownAddressesPort: CALLED_PORT, subscribers: CALLED };
    expect(
      await sipp({
        scenario: 'register-from-own-address.xml',
        calls: CALLED.length,
        keys: { expires: '600' },
        ...called,
      }),
    ).toEqual(allOf(CALLED.length));
    const [answering, calling] = await Promise.all([
      sipp({ scenario: 'answer-anyone.xml', calls: 10, ...called }),
      sipp({
        scenario: 'call-from-own-address.xml',
        calls: 10,
        ratePerS: 5,
        subscribers: CALLERS,
        callees: CALLED,
      }),
    ]);
    expect({ calling, answering }).toEqual({ calling: allOf(10), answering: allOf(10) });
    // One for each call, and one for each SUBSCRIBE of its P-CSCF to a registration.
    expect(count(await cx(), 'LIA 2001')).toBe(20);
    expect(kamailio.running, kamailio.output).toBe(true);
  });

  it('end a registration when our HSS asks with RTR', async () => {
    expect(await register([1])).toEqual(allOf(1));
    const init = { method: 'DELETE' };
    const ended = await fetch(new URL(`/api/v1/registrations/${encodeURIComponent(impu(1))}`, lab.url), init);
    expect([ended.status, await ended.text()]).toEqual([204, '']);
    expect((await subscribers())[0]?.state).toBe('NOT_REGISTERED');
    expect(await cx()).toEqual(expect.arrayContaining(['RTR', 'RTA 2001']));
    expect(kamailio.running, kamailio.output).toBe(true);
  });

  it('serve, as S-CSCF, users who come back by our P- and I-CSCF', async () => {
    expect(await register(SUBSCRIBERS)).toEqual(allOf(10));
    const lab5060 = { host: lab.host, port: 5060 };
    const scenario = 'register-from-own-address.xml';
    expect(await sipp({ scenario, calls: 10, target: lab5060, keys: { expires: '600' } })).toEqual(allOf(10));
    for (const { state, serverName } of await subscribers())
      expect({ state, serverName }).toEqual({ state: 'REGISTERED', serverName: `sip:${kamailio.address}:6060` });
    // Kamailio's S-CSCF takes the subscriptions of our P-CSCF; its NOTIFYs would need a DNS to find the P-CSCF's name.
    await waitUntil('all are watched', async () => count(await watching(lab), '200 SUBSCRIBE') >= SUBSCRIBERS.length);
    expect(await sipp({ scenario, calls: 10, target: lab5060, keys: { expires: '0' } })).toEqual(allOf(10));
    expect(kamailio.running, kamailio.output).toBe(true);
  });
});

describe.skipIf(!hasProgram('sipp') || !hasKamailio())('the P-CSCF of Kamailio before our I-CSCF and S-CSCF', () => {
  let lab: LabProcess;
  let kamailio: KamailioCscfs;

  beforeAll(async () => {
    lab = await LabProcess.start({
      env: { IMSLAB_PCSCF_PORT: '5061', IMSLAB_AUTHENTICATION_AVOID_ZERO_OCTET_IN_RES: 'true' },
    });
    const hss = { host: lab.host, url: lab.url };
    kamailio = await KamailioCscfs.start({ folder, hss, address: lab.host, boxes: ['pcscf'] });
  });
  afterAll(async () => {
    await kamailio?.close();
    await lab?.close();
  });

  it('registers ten users and de-registers them', async () => {
    const run = (expires: string) =>
      runSipp(lab, {
        scenario: 'register-from-own-address.xml',
        calls: 10,
        ownAddressesPort: UE_PORT,
        keys: { expires },
      });
    const registered = async () => (await lab.json<RegistrationView[]>('/api/v1/registrations')).length;
    expect(await run('600')).toEqual(allOf(10));
    expect(await registered()).toBe(10);
    // Kamailio's P-CSCF watches the registrations at our S-CSCF, and understands what it is told.
    await waitUntil('all are watched', async () => count(await watching(lab), '200 NOTIFY') >= SUBSCRIBERS.length);
    expect(await run('0')).toEqual(allOf(10));
    expect(await registered()).toBe(0);
    expect(kamailio.running, kamailio.output).toBe(true);
  });
});
