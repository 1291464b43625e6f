import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { D } from '../../../test/kit/core-lab.ts';
import { cxAnswer, hssDown } from '../../../test/kit/direct-cx.ts';
import { criterion, method, sessionCase, setServices } from '../../../test/kit/filter-criterion.ts';
import { BOB, CAROL, IscLab, UNREGISTERED } from '../../../test/kit/isc-lab.ts';
import { answers, proxies, retargets } from '../../../test/kit/scripted-as.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { DeregistrationReason } from '../../ports/cx-push.ts';
import { header } from '../../protocols/sip/read.ts';
import { userDataOf } from '../hss/user-data.ts';
import { UNREGISTERED_USER_LIFETIME_MS } from './config.ts';

let isc: IscLab;

beforeEach(async () => {
  isc = await IscLab.start();
});

afterEach(() => isc.close());

describe('a call to a user who is not registered', () => {
  const voicemail = [criterion([method('INVITE'), sessionCase(UNREGISTERED)], { handling: 'SESSION_TERMINATED' })];

  it('is taken by a service, and the HSS knows who serves the user', async () => {
    const as = await isc.startAs(answers(200));
    await setServices(isc.core, 'Bob', voicemail);
    await isc.alice.registerAt(isc.core);
    expect((await isc.call()).status).toBe(200);
    expect(header(as.request, 'P-Served-User')).toBe(`<${BOB}>;sescase=term;regstate=unreg`);
    expect(await isc.core.store.byImpu(BOB)).toMatchObject({
      state: 'UNREGISTERED',
      serverName: `sip:scscf.${D}:6060`,
    });
  });

  it('asks the HSS for the profile once while it is held, and gives it back at the end', async () => {
    await isc.startAs(answers(200));
    await setServices(isc.core, 'Bob', voicemail);
    await isc.alice.registerAt(isc.core);
    const types = () =>
      isc.core.scscfCx.sars.map(({ serverAssignmentType }) => serverAssignmentType).filter((type) => type > 2);
    await isc.call();
    await isc.call();
    expect(types()).toEqual([ServerAssignmentType.UNREGISTERED_USER]);
    await isc.core.clock.advance(UNREGISTERED_USER_LIFETIME_MS);
    expect(types()).toEqual([ServerAssignmentType.UNREGISTERED_USER, ServerAssignmentType.TIMEOUT_DEREGISTRATION]);
    expect(await isc.core.store.byImpu(BOB)).toMatchObject({ state: 'NOT_REGISTERED', serverName: '' });
    expect(isc.notes('UNREGISTERED_USER_RELEASED')).toHaveLength(1);
  });

  it('leaves a user alone who registers in the meantime', async () => {
    await isc.startAs(answers(200));
    await setServices(isc.core, 'Bob', voicemail);
    await isc.alice.registerAt(isc.core);
    await isc.call();
    await isc.bob.registerAt(isc.core);
    await isc.core.clock.advance(UNREGISTERED_USER_LIFETIME_MS);
    expect(await isc.core.store.byImpu(BOB)).toMatchObject({ state: 'REGISTERED' });
    expect((await isc.call()).status).toBe(200);
    expect(isc.only().uri).toBe('sip:bob@phone.invalid;transport=ws');
  });

  it.each([
    ['proxies the call', proxies()],
    ['fails', answers(503)],
  ])('is 480 when the service %s', async (_, behaviour) => {
    await isc.startAs(behaviour);
    await setServices(isc.core, 'Bob', [criterion([method('INVITE')])]);
    await isc.alice.registerAt(isc.core);
    expect((await isc.call()).status).toBe(480);
  });

  it('may go elsewhere', async () => {
    await isc.startAs(retargets(CAROL));
    await setServices(isc.core, 'Bob', [criterion([method('INVITE'), sessionCase(UNREGISTERED)])]);
    await new TestUe('Carol').registerAt(isc.core);
    await isc.alice.registerAt(isc.core);
    expect((await isc.call()).status).toBe(200);
    expect(isc.only().uri).toBe('sip:carol@phone.invalid;transport=ws');
  });

  it('meets the services that the HSS pushes in the meantime', async () => {
    const as = await isc.startAs(answers(200));
    await isc.alice.registerAt(isc.core);
    await setServices(isc.core, 'Bob', [criterion([method('MESSAGE')])]);
    expect((await isc.call()).status).toBe(480);
    await setServices(isc.core, 'Bob', voicemail);
    const stored = (await isc.core.store.byImpu(BOB)) ?? expect.fail('Bob is known');
    expect(await isc.core.scscfCx.pushProfile({ userName: stored.impi, userData: userDataOf(stored) })).toEqual({
      result: { vendor: 0, code: 2001 },
    });
    expect((await isc.call()).status).toBe(200);
    expect(as.requests).toHaveLength(1);
  });

  it('ends when the HSS takes the user away', async () => {
    await isc.startAs(answers(200));
    await setServices(isc.core, 'Bob', voicemail);
    await isc.alice.registerAt(isc.core);
    await isc.call();
    const end = {
      userName: isc.bob.impi,
      publicIdentities: [],
      reason: DeregistrationReason.REMOVE_S_CSCF,
    };
    expect(await isc.core.scscfCx.registrationTermination(end)).toEqual({ result: { vendor: 0, code: 2001 } });
    expect(await isc.core.scscfCx.registrationTermination(end)).toEqual({ result: { vendor: 10415, code: 5001 } });
    await isc.core.clock.advance(UNREGISTERED_USER_LIFETIME_MS);
    expect(isc.core.scscfCx.sars.at(-1)?.serverAssignmentType).toBe(ServerAssignmentType.UNREGISTERED_USER);
  });

  it('looks at the unregistered part of the profile only', async () => {
    const as = await isc.startAs(answers(200));
    await setServices(isc.core, 'Bob', [
      criterion([method('INVITE')], { priority: 1, part: 'REGISTERED', server: `sip:as2.${D}:5080` }),
      criterion([method('INVITE')], { priority: 2, part: 'UNREGISTERED' }),
    ]);
    await isc.alice.registerAt(isc.core);
    expect((await isc.call()).status).toBe(200);
    expect(as.requests).toHaveLength(1);
  });

  it('is 480 when the HSS is away and 404 when it knows nobody', async () => {
    await setServices(isc.core, 'Bob', voicemail);
    await isc.alice.registerAt(isc.core);
    isc.core.scscfCx.answer({ SAR: hssDown });
    expect((await isc.call()).status).toBe(480);
    isc.core.scscfCx.answer({ SAR: cxAnswer(10415, 5001) });
    expect((await isc.call()).status).toBe(404);
  });

  it('reaches a public service identity, which never registers', async () => {
    const as = await isc.startAs(answers(200));
    await isc.alice.registerAt(isc.core);
    expect((await isc.call(`sip:echo@${D}`)).status).toBe(200);
    expect(as.request.uri).toBe(`sip:echo@${D}`);
    expect(header(as.request, 'P-Served-User')).toBe(`<sip:echo@${D}>;sescase=term;regstate=unreg`);
  });
});
