import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoreLab } from '../../../test/kit/core-lab.ts';
import { cxAnswer, hssDown, hssSilent } from '../../../test/kit/direct-cx.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import type { CxFailure } from '../../ports/cx-client.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import type { SipResponse } from '../../protocols/sip/message.ts';
import { header } from '../../protocols/sip/read.ts';

let lab: CoreLab;
let alice: TestUe;

beforeEach(async () => {
  lab = await CoreLab.start();
  alice = new TestUe('Alice');
});

afterEach(async () => {
  expect(lab.errors).toEqual([]);
  await lab.close();
});

const sarTypes = (): number[] => lab.scscfCx.sars.map((sar) => sar.serverAssignmentType);
const challenge = (options = {}): Promise<SipResponse> => lab.ask('scscf', alice.register(options));

describe('the HSS says no, or nothing', () => {
  it.each([
    ['MAR', 10415, 5001, 403],
    ['MAR', 10415, 5002, 403],
    ['MAR', 10415, 5004, 403],
    ['MAR', 10415, 5006, 403],
    ['MAR', 0, 5012, 480],
    ['MAR', 0, 3004, 480],
    ['MAR', 0, 2001, 480], // without a vector
  ] as const)('%s %i/%i becomes %i', async (command, vendor, code, status) => {
    lab.scscfCx.answer({ [command]: cxAnswer(vendor, code) });
    const refused = await challenge();
    expect([refused.status, header(refused, 'Retry-After')]).toEqual([status, status === 480 ? '10' : undefined]);
  });

  it.each([
    [10415, 5001, 403, undefined],
    [10415, 5002, 403, undefined],
    [10415, 5005, 480, undefined],
    [10415, 5007, 500, undefined],
    [10415, 5008, 480, undefined],
    [0, 5012, 480, '10'],
    [0, 2001, 480, '10'], // without a profile
  ])('SAR %i/%i becomes %i', async (vendor, code, status, retryAfter) => {
    const unauthorized = await challenge();
    lab.scscfCx.answer({ SAR: cxAnswer(vendor, code) });
    const refused = await challenge({ authorization: alice.answer(unauthorized) });
    expect([refused.status, header(refused, 'Retry-After')]).toEqual([status, retryAfter]);
    expect(lab.scscf.registrations()).toEqual([]);
  });

  it('SAR 10415/5008 is followed by SAR DEREGISTRATION_TOO_MUCH_DATA', async () => {
    const unauthorized = await challenge();
    lab.scscfCx.answer({ SAR: cxAnswer(10415, 5008) });
    await challenge({ authorization: alice.answer(unauthorized) });
    expect(sarTypes()).toEqual([ServerAssignmentType.REGISTRATION, ServerAssignmentType.DEREGISTRATION_TOO_MUCH_DATA]);
  });

  it.each<[CxFailure, typeof hssDown | typeof hssSilent]>([
    ['timeout', hssSilent],
    ['peer-down', hssDown],
  ])('MAR and SAR without an answer (%s) become 480 with Retry-After', async (_name, outcome) => {
    lab.scscfCx.answer({ MAR: outcome });
    const noVector = await challenge();
    lab.scscfCx.answer({});
    const unauthorized = await challenge();
    lab.scscfCx.answer({ SAR: outcome });
    const noAssignment = await challenge({ authorization: alice.answer(unauthorized) });
    for (const refused of [noVector, noAssignment]) {
      expect([refused.status, header(refused, 'Retry-After')]).toEqual([480, '10']);
    }
  });

  it('a profile that cannot be read becomes 480 and a note', async () => {
    const unauthorized = await challenge();
    lab.scscfCx.answer({
      SAR: { ok: true, answer: { result: { vendor: 0, code: 2001 }, userData: '<IMSSubscription/>' } },
    });
    expect((await challenge({ authorization: alice.answer(unauthorized) })).status).toBe(480);
    expect(lab.trace.notes()).toEqual(['CX_USER_DATA_UNUSABLE']);
  });

  it('a user of whom all identities are barred is refused with 403', async () => {
    const unauthorized = await challenge();
    const userData = [
      '<IMSSubscription><PrivateID>x</PrivateID><ServiceProfile><PublicIdentity><BarringIndication>1</BarringIndication>',
      `<Identity>${alice.impu}</Identity></PublicIdentity></ServiceProfile></IMSSubscription>`,
    ].join('');
    lab.scscfCx.answer({ SAR: { ok: true, answer: { result: { vendor: 0, code: 2001 }, userData } } });
    expect((await challenge({ authorization: alice.answer(unauthorized) })).status).toBe(403);
    expect(sarTypes()).toEqual([ServerAssignmentType.REGISTRATION, ServerAssignmentType.ADMINISTRATIVE_DEREGISTRATION]);
    expect(lab.scscf.registrations()).toEqual([]);
  });
});
