import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoreLab, D } from '../../../test/kit/core-lab.ts';
import { cxAnswer, hssDown } from '../../../test/kit/direct-cx.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';

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
const hssState = async (): Promise<string | undefined> => (await lab.store.byImpi(alice.impi))?.state;
const flowContact = (device: string): string =>
  `<sip:${device}@phone.invalid;transport=ws>;+sip.instance="<urn:uuid:${device}>";reg-id=1`;

describe('a de-registration', () => {
  it('ends at the HSS with SAR USER_DEREGISTRATION', async () => {
    await alice.registerAt(lab);
    const ok = await alice.registerAt(lab, { expires: 0 });
    expect(ok.status).toBe(200);
    expect(header(ok, 'Contact')).toBe('<sip:alice@phone.invalid;transport=ws>;expires=0');
    expect(header(ok, 'P-Charging-Vector')).toContain('term-ioi');
    expect(lab.icscfCx.uars.map((uar) => uar.userAuthorizationType)).toEqual([0, 0, 1, 1]);
    expect(sarTypes()).toEqual([ServerAssignmentType.REGISTRATION, ServerAssignmentType.USER_DEREGISTRATION]);
    expect(await hssState()).toBe('NOT_REGISTERED');
    expect(lab.trace.notes()).toEqual(['REGISTRATION_CREATED', 'REGISTRATION_REMOVED']);
  });

  it('takes all contacts with "*"', async () => {
    await alice.registerAt(lab, { contact: [flowContact('a'), flowContact('b')] });
    const ok = await alice.registerAt(lab, { contact: ['*'], expires: 0 });
    expect(headerValues(ok, 'Contact')).toHaveLength(2);
    expect(headerValues(ok, 'Contact').every((contact) => contact.endsWith('expires=0'))).toBe(true);
    expect(lab.scscf.registrations()).toEqual([]);
  });

  it('of one contact leaves the others and the assignment', async () => {
    await alice.registerAt(lab, { contact: [flowContact('a'), flowContact('b')] });
    const ok = await alice.registerAt(lab, { contact: [`${flowContact('a')};expires=0`] });
    expect(headerValues(ok, 'Contact').map((contact) => /expires=\d+/.exec(contact)?.[0])).toEqual([
      'expires=0',
      'expires=3600',
    ]);
    expect(sarTypes()).toEqual([ServerAssignmentType.REGISTRATION]);
    expect(lab.scscf.registrations().map((view) => view.contact)).toEqual(['sip:b@phone.invalid;transport=ws']);
  });

  it('of a contact that is not registered is answered with 481', async () => {
    await alice.registerAt(lab);
    const refused = await alice.registerAt(lab, { contact: ['<sip:else@phone.invalid>'], expires: 0 });
    expect(refused.status).toBe(481);
    expect(lab.scscf.registrations()).toHaveLength(1);
  });

  it('after a restart is answered with 481 and puts the HSS right', async () => {
    await alice.registerAt(lab);
    await lab.restartScscf();
    expect((await alice.registerAt(lab, { expires: 0 })).status).toBe(481);
    expect(await hssState()).toBe('NOT_REGISTERED');
  });

  it('changes nothing while the HSS is away, and says when to come back', async () => {
    await alice.registerAt(lab);
    const unauthorized = await lab.ask('icscf', alice.register({ expires: 0 }));
    lab.scscfCx.answer({ SAR: hssDown });
    const refused = await lab.ask('icscf', alice.register({ expires: 0, authorization: alice.answer(unauthorized) }));
    expect([refused.status, header(refused, 'Retry-After')]).toEqual([480, '10']);
    expect(lab.scscf.registrations()).toHaveLength(1);
  });

  it('is done also when the HSS knows nothing of it any more', async () => {
    await alice.registerAt(lab);
    lab.scscfCx.answer({ SAR: cxAnswer(0, 5012) });
    expect((await alice.registerAt(lab, { expires: 0 })).status).toBe(200);
    expect(lab.scscf.registrations()).toEqual([]);
  });
});

describe('the P-CSCF that lost a UE', () => {
  const vouched = (path: string) => ({
    expires: 0,
    path: [path],
    callId: 'from-pcscf',
    authorization: `Digest username="${alice.impi}", realm="${D}", uri="sip:${D}", nonce="", response="", integrity-protected="auth-done"`,
  });

  it('de-registers its contact without a challenge', async () => {
    await alice.registerAt(lab);
    expect((await lab.ask('icscf', alice.register(vouched(alice.path)))).status).toBe(200);
    expect(sarTypes()).toEqual([ServerAssignmentType.REGISTRATION, ServerAssignmentType.USER_DEREGISTRATION]);
    expect(lab.scscf.registrations()).toEqual([]);
  });

  it.each([
    [
      'shows another Path than the one that is stored',
      { path: [`<sip:flow-guess@pcscf.${D}:5060;transport=tcp;lr;ob>`] },
    ],
    ['registers instead of de-registering', { expires: 3600 }],
  ])('is refused when it %s', async (_name, wrong) => {
    await alice.registerAt(lab);
    const refused = await lab.ask('icscf', alice.register({ ...vouched(alice.path), ...wrong }));
    expect(refused.status).toBe(403);
    expect(lab.scscf.registrations()).toHaveLength(1);
  });
});

describe('a registration that is not renewed', () => {
  it('ends with SAR TIMEOUT_DEREGISTRATION, caused by the timer', async () => {
    await alice.registerAt(lab, { expires: 600 });
    await lab.clock.advance(599_000);
    expect(lab.scscf.registrations().map((view) => view.expiresInS)).toEqual([1]);
    await lab.clock.advance(1_000);
    expect(lab.scscf.registrations()).toEqual([]);
    expect(sarTypes()).toEqual([ServerAssignmentType.REGISTRATION, ServerAssignmentType.TIMEOUT_DEREGISTRATION]);
    expect(await hssState()).toBe('NOT_REGISTERED');
    const sar = lab.trace.events.findLast((event) => event.kind === 'diameter' && event.diameter.command === 'SAR');
    const cause = lab.trace.get(sar?.cause ?? 0);
    expect(cause).toMatchObject({ kind: 'note', cause: null, note: { code: 'REGISTRATION_EXPIRED' } });
    expect(cause?.kind === 'note' && cause.note.text).toContain('Alice');
  });

  it('ends here also when the HSS is away', async () => {
    await alice.registerAt(lab, { expires: 600 });
    lab.scscfCx.answer({ SAR: hssDown });
    await lab.clock.advance(600_000);
    expect(lab.scscf.registrations()).toEqual([]);
  });

  it('loses only the contact whose time is over', async () => {
    await alice.registerAt(lab, { contact: [`${flowContact('a')};expires=60`, `${flowContact('b')};expires=120`] });
    await lab.clock.advance(60_000);
    expect(lab.scscf.registrations().map((view) => view.contact)).toEqual(['sip:b@phone.invalid;transport=ws']);
    expect(sarTypes()).toEqual([ServerAssignmentType.REGISTRATION]);
    await lab.clock.advance(60_000);
    expect(lab.scscf.registrations()).toEqual([]);
  });

  it('goes on when it is renewed in time', async () => {
    await alice.registerAt(lab, { expires: 600 });
    await lab.clock.advance(500_000);
    await alice.registerAt(lab, { expires: 600 });
    await lab.clock.advance(500_000);
    expect(lab.scscf.registrations()).toHaveLength(1);
  });
});

describe('a new contact', () => {
  it('without a flow takes the place of the one before', async () => {
    await alice.registerAt(lab);
    await alice.registerAt(lab, { contact: ['<sip:reloaded@phone.invalid;transport=ws>'] });
    expect(lab.scscf.registrations().map((view) => view.contact)).toEqual(['sip:reloaded@phone.invalid;transport=ws']);
    expect(lab.trace.notes()).toEqual(['REGISTRATION_CREATED', 'REGISTRATION_REMOVED']);
  });

  it('is refused when there are more than ten', async () => {
    const contact = Array.from({ length: 11 }, (_none, index) => flowContact(`d${index}`));
    expect((await alice.registerAt(lab, { contact })).status).toBe(403);
    expect(lab.scscf.registrations()).toEqual([]);
  });
});

it('leaves no timer behind when it closes', async () => {
  const closing = await CoreLab.start();
  await alice.registerAt(closing);
  await closing.ask('scscf', new TestUe('Bob').register());
  await closing.close();
  await closing.clock.advance(64_000);
  expect(closing.clock.pending).toBe(0);
});
