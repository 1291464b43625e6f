import type { RegistrationView } from '@imslab/ims-core/api/lab-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { allOf, DOMAIN, runSipp } from './kit/sipp.ts';

const PASSWORD = 'desk-phone';
/** Numbers of subscribers whom the lab is given: no card, a password. */
const DESKS = [41, 42, 43];

describe.skipIf(!hasProgram('sipp'))('SIPp as a phone without a card', () => {
  let lab: LabProcess;

  beforeAll(async () => {
    lab = await LabProcess.start();
    const subscribers = DESKS.map((n) => ({
      imsi: `0010100000000${n}`,
      name: `Desk ${n}`,
      digest: { password: PASSWORD },
    }));
    const added = await fetch(new URL('/api/v1/subscribers', lab.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(subscribers),
    });
    expect(added.status).toBe(201);
  });
  afterAll(() => lab?.close());

  const registered = async () =>
    (await lab.json<RegistrationView[]>('/api/v1/registrations')).map(({ impi }) => impi).sort();
  const scenario = 'register-digest.xml';

  it('registers by SIP Digest, 30 times of 30, and the 200 proves the network', async () => {
    const proof = 'Authentication-Info: qop=auth, rspauth=&quot;[0-9a-f]{32}&quot;';
    const run = { scenario, values: { proof }, password: PASSWORD, subscribers: DESKS, atOnce: 2 };
    expect(await runSipp(lab, { ...run, calls: 30 })).toEqual(allOf(30));
    expect(await registered()).toEqual(DESKS.map((n) => `0010100000000${n}@${DOMAIN}`));
  });

  it('is refused with 403 when its password is wrong, and stays registered', async () => {
    const run = { scenario, values: { status: '403' }, password: 'wrong', subscribers: DESKS, atOnce: 2 };
    expect(await runSipp(lab, { ...run, calls: 6 })).toEqual(allOf(6));
    expect(await registered()).toHaveLength(DESKS.length);
  });
});
