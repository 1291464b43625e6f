import { randomInt } from 'node:crypto';
import type { RegistrationView } from '@imslab/ims-core/api/lab-api';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FreeDiameter } from './kit/freediameter.ts';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { allOf, DOMAIN, impu, runSipp } from './kit/sipp.ts';
import { waitUntil } from './kit/wait-until.ts';

const AGENT = `agent.${DOMAIN}`;
const UE_PORT = 5070;

type DiameterEvent = Extract<TraceEvent, { kind: 'diameter' }>;

const hasAll = ['sipp', 'freeDiameterd', 'openssl'].map(hasProgram).every(Boolean);

describe.skipIf(!hasAll)('freeDiameter as relay agent between our CSCFs and our HSS', () => {
  let lab: LabProcess;
  let agent: FreeDiameter;

  beforeAll(async () => {
    const host = `127.${randomInt(2, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
    agent = await FreeDiameter.start(host);
    lab = await LabProcess.start({
      host,
      env: {
        IMSLAB_CX_HOST: '127.0.0.1',
        IMSLAB_CX_PORT: String(agent.port),
        IMSLAB_AUTHENTICATION_AVOID_ZERO_OCTET_IN_RES: 'true',
      },
    });
    await agent.connected();
  });
  afterAll(async () => {
    await lab?.close();
    await agent?.close();
  });

  const diameter = async () => {
    const { events } = await lab.json<{ events: TraceEvent[] }>('/api/v1/trace');
    return events.filter((event): event is DiameterEvent => event.kind === 'diameter');
  };
  const run = (expires: string) =>
    runSipp(lab, {
      scenario: 'register-from-own-address.xml',
      calls: 10,
      ownAddressesPort: UE_PORT,
      keys: { expires },
    });

  it('exchanges capabilities with our client and with our server', async () => {
    const capabilities = (await diameter()).filter(({ diameter: { command } }) => command === 'CEA');
    const ends = capabilities.map(({ from, to, diameter: { resultCode } }) => [from.label, to.label, resultCode]);
    expect(ends.sort()).toEqual(
      [
        ['HSS', AGENT, 2001],
        [AGENT, 'I-CSCF', 2001],
        [AGENT, 'S-CSCF', 2001],
      ].sort(),
    );
  });

  it('carries the registration and the de-registration of ten users', async () => {
    const registered = async () => (await lab.json<RegistrationView[]>('/api/v1/registrations')).length;
    expect(await run('600')).toEqual(allOf(10));
    expect(await registered()).toBe(10);
    expect(await run('0')).toEqual(allOf(10));
    expect(await registered()).toBe(0);
    expect(agent.complaints).toEqual([]);
  });

  it('gives each request other hop-by-hop ids, the same end-to-end id and a Route-Record, and takes our answers back', async () => {
    const cx = (await diameter()).filter((event) => event.diameter.applicationId !== 0);
    const asked = cx.filter((event) => event.diameter.request && event.to.label === AGENT);
    expect(asked.length).toBeGreaterThanOrEqual(80);
    for (const { from, diameter: sent } of asked) {
      const same = cx.filter((event) => event.diameter.endToEnd === sent.endToEnd);
      expect(same).toHaveLength(4);
      const relayed = same.find((event) => event.from.label === AGENT && event.to.label === 'HSS');
      const answer = same.find((event) => event.from.label === 'HSS');
      const back = same.find((event) => event.to.label === from.label);
      expect(relayed?.diameter.hopByHop).not.toBe(sent.hopByHop);
      expect(relayed?.diameter.avps.filter(({ name }) => name === 'Route-Record')).toHaveLength(1);
      expect(answer?.diameter.hopByHop).toBe(relayed?.diameter.hopByHop);
      expect(back?.diameter.hopByHop).toBe(sent.hopByHop);
      expect(back?.diameter.resultCode).toBe(answer?.diameter.resultCode);
    }
  });

  it('carries RTR the other way, to the S-CSCF that registered the user', async () => {
    expect(await run('600')).toEqual(allOf(10));
    const url = new URL(`/api/v1/registrations/${encodeURIComponent(impu(1))}`, lab.url);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
    const hops = (await diameter())
      .filter(({ diameter: { command } }) => command === 'RTR' || command === 'RTA')
      .map(({ from, to, diameter: { command } }) => `${command} ${from.label} > ${to.label}`);
    expect(hops).toEqual([
      `RTR HSS > ${AGENT}`,
      `RTR ${AGENT} > S-CSCF`,
      `RTA S-CSCF > ${AGENT}`,
      `RTA ${AGENT} > HSS`,
    ]);
    expect(agent.complaints).toEqual([]);
  });

  it('is watched and watches: DWR is answered in both directions', async () => {
    const answered = async (from: string, to: string) =>
      (await diameter()).some(
        (event) => event.from.label === from && event.to.label === to && event.diameter.command === 'DWA',
      );
    // The agent asks each peer at a time of its own.
    await waitUntil('the HSS has answered a DWR', () => answered('HSS', AGENT));
    await waitUntil('the I-CSCF has answered a DWR', () => answered('I-CSCF', AGENT));
    expect(agent.complaints).toEqual([]);
  });

  it('says goodbye with DPR, and our ends answer', async () => {
    await agent.close();
    const farewells = (await diameter()).filter(({ diameter: { command } }) => command === 'DPR' || command === 'DPA');
    const ends = farewells.map(({ from, to, diameter: { command } }) => `${command} ${from.label} > ${to.label}`);
    for (const box of ['HSS', 'I-CSCF', 'S-CSCF'])
      expect(ends).toEqual(expect.arrayContaining([`DPR ${AGENT} > ${box}`, `DPA ${box} > ${AGENT}`]));
  });
});
