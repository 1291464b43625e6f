import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { D, tcpHop } from '../../../test/kit/core-lab.ts';
import { criterion, method, sessionCase, setServices } from '../../../test/kit/filter-criterion.ts';
import { BOB, CAROL, IscLab, recordRoutes, TERM } from '../../../test/kit/isc-lab.ts';
import { proxies, retargets } from '../../../test/kit/scripted-as.ts';
import type { SipPeer } from '../../../test/kit/sip-peer.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import { request } from '../../protocols/sip/build.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';
import { ORIGINAL_DIALOG_LIFETIME_MS } from './config.ts';

let isc: IscLab;

beforeEach(async () => {
  isc = await IscLab.start();
});

afterEach(() => isc.close());

describe('retargeting by the called user', () => {
  it('makes the call to the new target one of the called user, with its history', async () => {
    const history = [`<${BOB}>;index=1`, `<${CAROL};cause=302>;index=1.1;mp=1`];
    const as = await isc.startAs(retargets(`${CAROL};cause=302`, history));
    const carol = new TestUe('Carol');
    await carol.registerAt(isc.core);
    await isc.register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await isc.call()).status).toBe(200);
    expect(as.requests).toHaveLength(1);
    expect(isc.only().uri).toBe('sip:carol@phone.invalid;transport=ws');
    expect(headerValues(isc.only(), 'History-Info')).toEqual(history);
    expect(headerValues(isc.only(), 'P-Asserted-Identity')[0]).toBe(`<${isc.alice.impu}>`);
    expect(headerValues(isc.only(), 'P-Asserted-Identity').join()).not.toContain('5550001002');
    expect(recordRoutes(isc.only())).toEqual([
      'term scscf',
      'orig.as-core scscf',
      'term.core-as scscf',
      'orig scscf',
      ' pcscf',
    ]);
  });

  it('meets the services that the called user has for diverted calls', async () => {
    await isc.startAs(retargets(CAROL));
    const diverting = await isc.startAs(proxies(), 'as2');
    await new TestUe('Carol').registerAt(isc.core);
    await isc.register({
      Bob: [
        criterion([method('INVITE'), sessionCase(TERM)], { priority: 1 }),
        criterion([sessionCase('ORIGINATING_CDIV')], { priority: 0, server: `sip:as2.${D}:5080` }),
      ],
    });
    expect((await isc.call()).status).toBe(200);
    expect(header(diverting.request, 'P-Served-User')).toBe(`<${BOB}>;orig-cdiv`);
  });

  it('is none when only a parameter or the kind of URI changes', async () => {
    const as = await isc.startAs(retargets(`${BOB};cause=302`));
    await isc.register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await isc.call()).status).toBe(200);
    expect(isc.only().uri).toBe('sip:bob@phone.invalid;transport=ws');
    expect(as.requests).toHaveLength(1);
  });

  it('ends in circles', async () => {
    const as = await isc.startAs(async (self, incoming) => {
      const other = incoming.message.uri === BOB ? CAROL : BOB;
      await retargets(other)(self, incoming);
    });
    const carol = new TestUe('Carol');
    const both = [criterion([method('INVITE')])];
    await setServices(isc.core, 'Carol', both);
    await carol.registerAt(isc.core);
    await isc.register({ Bob: both });
    await isc.core.send('scscf', isc.alice.initial('INVITE', BOB));
    await isc.core.clock.advance(1_000);
    expect(isc.core.pcscf.responses.at(-1)?.status).toBe(482);
    expect(as.requests).toHaveLength(2);
    expect(isc.arrived).toEqual([]);
  });
});

describe('the original dialog identifier', () => {
  /** A request that claims to come back from a server. */
  const returned = (odi: string): SipRequest =>
    request('INVITE', BOB, [
      ['Via', `SIP/2.0/TCP as.${D}:5080;branch=z9hG4bKreturned`],
      ['Max-Forwards', '69'],
      ['Route', odi],
      ['From', '<sip:as>;tag=1'],
      ['To', `<${BOB}>`],
      ['Call-ID', 'returned'],
      ['CSeq', '1 INVITE'],
      ['P-Served-User', `<${isc.alice.impu}>;sescase=orig;regstate=reg`],
    ]);

  async function dialogOfASilentServer(): Promise<{ as: SipPeer; odi: string }> {
    const as = await isc.startSilentAs();
    as.onMessage = (message) => message.kind === 'request' && message.method === 'INVITE' && as.answer(message, 180);
    await isc.register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    await isc.core.send('scscf', isc.alice.initial('INVITE', BOB));
    return { as, odi: headerValues(as.last('INVITE'), 'Route')[1] ?? '' };
  }

  async function ask(as: SipPeer, message: SipRequest): Promise<number | undefined> {
    await as.sendTo(tcpHop('scscf'), message);
    await isc.core.settle();
    return as.responses.filter(({ status }) => status >= 200).at(-1)?.status;
  }

  it('takes a request back also much later', async () => {
    const { as, odi } = await dialogOfASilentServer();
    await isc.core.clock.advance(ORIGINAL_DIALOG_LIFETIME_MS / 2);
    expect(await ask(as, returned(odi))).toBe(200);
    expect(isc.arrived).toHaveLength(1);
  });

  it('is refused when it is unknown', async () => {
    const { as } = await dialogOfASilentServer();
    const unknown = `<sip:odi-000000000000000000000000@scscf.${D}:6060;transport=tcp;lr>`;
    expect(await ask(as, returned(unknown))).toBe(403);
  });

  it('is refused when it was kept too long', async () => {
    const { as, odi } = await dialogOfASilentServer();
    await isc.core.clock.advance(ORIGINAL_DIALOG_LIFETIME_MS);
    expect(await ask(as, returned(odi))).toBe(403);
  });

  it('is of no use outside the trust domain', async () => {
    const { odi } = await dialogOfASilentServer();
    expect((await isc.core.ask('scscf', returned(odi), 'stranger')).status).toBe(403);
  });

  it('leads a request that comes twice behind the same server each time', async () => {
    const as = await isc.startAs(async (self, incoming) => {
      await self.stack.forward(incoming, [
        { request: self.edit(incoming).done() },
        { request: self.edit(incoming).append('Priority', 'urgent', 'other').done() },
      ]);
    });
    await isc.register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await isc.call()).status).toBe(200);
    expect(as.requests).toHaveLength(1);
    expect(isc.arrived.filter(({ method: name }) => name === 'INVITE').length).toBeGreaterThanOrEqual(1);
  });

  it('is lost with a server that forgets it: the loop ends', async () => {
    const as = await isc.startAs(async (self, incoming) => {
      const edit = self.edit(incoming);
      edit.set('Route', `<sip:scscf.${D}:6060;transport=tcp;lr>`, 'forgets the identifier');
      await self.stack.forward(incoming, [{ request: edit.done() }]);
    });
    await isc.register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await isc.call()).status).toBe(482);
    expect(as.requests.length).toBeLessThan(3);
  });
});
