import type { RegistrationView } from '@imslab/ims-core/api/lab-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabProcess } from './kit/lab-process.ts';
import { hasProgram } from './kit/programs.ts';
import { runSipp } from './kit/sipp.ts';

describe.skipIf(!hasProgram('sipp'))('SIPp, a SIP stack that is not ours', () => {
  let lab: LabProcess;

  beforeAll(async () => {
    // Debian's SIPp 3.6.1 takes RES for text, so a 00 octet in it cuts its answer short. Our own card proves that case.
    lab = await LabProcess.start({ env: { IMSLAB_AUTHENTICATION_AVOID_ZERO_OCTET_IN_RES: 'true' } });
  });
  afterAll(() => lab?.close());

  it('registers with AKAv1-MD5 over UDP 100 times of 100', async () => {
    const run = await runSipp(lab, 'register-aka.xml', 100, 20);
    expect(run.stderr).toBe('');
    expect({ successful: run.successful, failed: run.failed, status: run.status }).toEqual({
      successful: 100,
      failed: 0,
      status: 0,
    });
    const registrations = await lab.json<RegistrationView[]>('/api/v1/registrations');
    expect(registrations).toHaveLength(10);
  });
});
