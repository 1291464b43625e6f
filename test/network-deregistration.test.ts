import type { Problem, RegistrationView, SubscriberView } from '@imslab/ims-core/api/lab-api';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { allOf, DOMAIN, runSipp } from './kit/sipp.ts';

const BOB = { imsi: '001010000000002', impi: `001010000000002@${DOMAIN}`, number: '+15550001002' };

describe.skipIf(!hasProgram('sipp'))('the operator of a running lab', () => {
  let lab: LabProcess;

  beforeAll(async () => {
    lab = await LabProcess.start({ env: { IMSLAB_AUTHENTICATION_AVOID_ZERO_OCTET_IN_RES: 'true' } });
  });
  afterAll(() => lab?.close());

  const register = async () => {
    const run = { scenario: 'register-aka.xml', calls: 1, atOnce: 1, subscribers: [2] };
    expect(await runSipp(lab, run)).toEqual(allOf(1));
    expect((await lab.json<RegistrationView[]>('/api/v1/registrations')).map(({ impi }) => impi)).toEqual([BOB.impi]);
  };
  const end = (query = '') =>
    fetch(new URL(`/api/v1/registrations/${encodeURIComponent(`tel:${BOB.number}`)}${query}`, lab.url), {
      method: 'DELETE',
    });
  const bob = () => lab.json<SubscriberView>(`/api/v1/subscribers/${BOB.imsi}`);
  /** The Diameter messages after this event. */
  const diameterAfter = async (seq: number) => {
    const { events } = await lab.json<{ events: TraceEvent[] }>(`/api/v1/trace?after=${seq}`);
    return events.flatMap((event) =>
      event.kind === 'diameter'
        ? [`${event.diameter.command} ${event.diameter.resultCode} ${event.from.label} to ${event.to.label}`]
        : [],
    );
  };
  const lastSeq = async () => {
    const { events } = await lab.json<{ events: TraceEvent[] }>('/api/v1/trace');
    return events.at(-1)?.seq ?? 0;
  };

  it.each(['', '?reason=SERVER_CHANGE&info=maintenance'])(
    'ends a registration by RTR (%j): HSS and S-CSCF have it no more, and the UE can register again',
    async (query) => {
      await register();
      const before = await lastSeq();
      expect((await end(query)).status).toBe(204);
      expect(await diameterAfter(before)).toEqual(['RTR 0 HSS to S-CSCF', 'RTA 2001 S-CSCF to HSS']);
      expect(await lab.json('/api/v1/registrations')).toEqual([]);
      expect(await bob()).toMatchObject({ state: 'NOT_REGISTERED', serverName: '' });
      const again = await end(query);
      expect([again.status, ((await again.json()) as Problem).code]).toEqual([404, 'REGISTRATION_UNKNOWN']);
    },
  );

  it('brings changed services to the S-CSCF that serves the user', async () => {
    await register();
    const before = await lastSeq();
    const url = new URL(`/api/v1/subscribers/${BOB.imsi}/initial-filter-criteria`, lab.url);
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(url, { method: 'PUT', headers, body: '[]' })).status).toBe(200);
    expect(await diameterAfter(before)).toEqual(['PPR 0 HSS to S-CSCF', 'PPA 2001 S-CSCF to HSS']);
    expect(await bob()).toMatchObject({ state: 'REGISTERED' });
  });

  it('removes a subscriber who is registered', async () => {
    const before = await lastSeq();
    const url = new URL(`/api/v1/subscribers/${BOB.imsi}`, lab.url);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
    expect(await diameterAfter(before)).toEqual(['RTR 0 HSS to S-CSCF', 'RTA 2001 S-CSCF to HSS']);
    expect(await lab.json('/api/v1/registrations')).toEqual([]);
    expect((await fetch(url)).status).toBe(404);
  });
});
