import type { RegistrationView } from '@imslab/ims-core/api/lab-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { allOf, runSipp, type SippOptions } from './kit/sipp.ts';

const scenario = 'register-aka.xml';

describe.skipIf(!hasProgram('sipp'))('SIPp, a SIP stack that is not ours', () => {
  let lab: LabProcess;

  beforeAll(async () => {
    // Debian's SIPp 3.6.1 takes RES for text, so a 00 octet in it cuts its answer short. Our own card proves that case.
    lab = await LabProcess.start({ env: { IMSLAB_AUTHENTICATION_AVOID_ZERO_OCTET_IN_RES: 'true' } });
  });
  afterAll(() => lab?.close());

  const registrations = () => lab.json<RegistrationView[]>('/api/v1/registrations');

  it.each([
    ['UDP, ten subscribers on one socket', { sockets: 'u1' }, 10],
    ['UDP, each time from another port', { sockets: 'un' }, 10],
    ['TCP, each time on another connection', { sockets: 'tn' }, 10],
    // A connection is one UE's, so one subscriber registers again and again, at the rate that one UE may have.
    ['TCP, one subscriber on one connection', { sockets: 't1', subscribers: [1], atOnce: 1, ratePerS: 15 }, 1],
  ] satisfies readonly (readonly [string, Partial<SippOptions>, number])[])(
    'registers with AKAv1-MD5 100 times of 100: %s',
    async (_name, options, subscribers) => {
      expect(await runSipp(lab, { scenario, calls: 100, ...options })).toEqual(allOf(100));
      expect((await registrations()).length).toBeGreaterThanOrEqual(subscribers);
    },
  );

  it('registers ten subscribers on one socket and de-registers them again', async () => {
    const deregister = { scenario: 'deregister-aka.xml' };
    expect(await runSipp(lab, { scenario, calls: 10 })).toEqual(allOf(10));
    expect(await registrations()).toHaveLength(10);
    expect(await runSipp(lab, { ...deregister, calls: 4 })).toEqual(allOf(4));
    expect((await registrations()).map(({ impi }) => Number(impi.slice(13, 15)))).toEqual([5, 6, 7, 8, 9, 10]);
    expect(await runSipp(lab, { ...deregister, calls: 6, subscribers: [5, 6, 7, 8, 9, 10] })).toEqual(allOf(6));
    expect(await registrations()).toEqual([]);
  });
});
