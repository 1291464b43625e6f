import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BoxName, D, tcpHop } from '../../../test/kit/core-lab.ts';
import { criterion, sessionCase, setServices } from '../../../test/kit/filter-criterion.ts';
import { BOB, IscLab, ORIG, recordRoutes, vector } from '../../../test/kit/isc-lab.ts';
import { proxies } from '../../../test/kit/scripted-as.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { request } from '../../protocols/sip/build.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';

let isc: IscLab;

beforeEach(async () => {
  isc = await IscLab.start();
});

afterEach(() => isc.close());

describe('a request that an application server makes for a user', () => {
  const made = (headers: readonly (readonly [string, string])[], from: BoxName = 'as'): SipRequest =>
    request('INVITE', BOB, [
      ['Via', `SIP/2.0/TCP ${from}.${D}:5080;branch=z9hG4bKmade${headers.length}`],
      ['Max-Forwards', '69'],
      ['Route', `<sip:scscf.${D}:6060;transport=tcp;lr;orig>`],
      ['From', `<${isc.alice.impu}>;tag=made`],
      ['To', `<${BOB}>`],
      ['Call-ID', 'made'],
      ['CSeq', '1 INVITE'],
      ['Contact', `<sip:as.${D}:5080>`],
      ...headers,
    ]);
  const served = (regstate = 'reg'): readonly [string, string] => [
    'P-Served-User',
    `<${isc.alice.impu}>;sescase=orig;regstate=${regstate}`,
  ];

  async function fromAs(message: SipRequest): Promise<SipResponse> {
    const as = await isc.startSilentAs();
    await as.sendTo(tcpHop('scscf'), message);
    await isc.core.settle();
    await as.close();
    return as.responses.find(({ status }) => status >= 200) ?? expect.fail(`got ${as.log.join(' ')}`);
  }

  it('meets the services of the user and reaches the called one, with a charging identity', async () => {
    const second = await isc.startAs(proxies(), 'as2');
    const services = [criterion([sessionCase(ORIG)], { server: `sip:as2.${D}:5080` })];
    await isc.register({ Alice: services });
    expect((await fromAs(made([served()]))).status).toBe(200);
    expect(header(second.request, 'P-Served-User')).toBe(`<${isc.alice.impu}>;sescase=orig;regstate=reg`);
    expect(vector(isc.only())).toMatch(/^icid-value="[0-9a-f-]{36}";orig-ioi="Type 1/);
    expect(vector(second.request).slice(0, 50)).toBe(vector(isc.only()).slice(0, 50));
    expect(recordRoutes(isc.only())).toEqual(['term scscf', 'orig.as-core scscf', 'orig.as-as scscf']);
  });

  it('names the user by P-Asserted-Identity where there is no P-Served-User', async () => {
    await isc.register();
    expect((await fromAs(made([['P-Asserted-Identity', `<${isc.alice.impu}>`]]))).status).toBe(200);
    expect(headerValues(isc.only(), 'P-Asserted-Identity')).toEqual([`<${isc.alice.impu}>`, `<${isc.alice.number}>`]);
  });

  it('is ORIGINATING_UNREGISTERED for a user who is not registered', async () => {
    const second = await isc.startAs(proxies(), 'as2');
    await setServices(isc.core, 'Alice', [
      criterion([sessionCase('ORIGINATING_UNREGISTERED')], { server: `sip:as2.${D}:5080` }),
    ]);
    await isc.bob.registerAt(isc.core);
    expect((await fromAs(made([served('unreg')]))).status).toBe(200);
    expect(header(second.request, 'P-Served-User')).toBe(`<${isc.alice.impu}>;sescase=orig;regstate=unreg`);
    expect(isc.core.scscfCx.sars.at(-1)?.serverAssignmentType).toBe(ServerAssignmentType.UNREGISTERED_USER);
  });

  it('is refused when it names nobody or somebody unknown', async () => {
    await isc.register();
    expect((await fromAs(made([]))).status).toBe(403);
    expect((await fromAs(made([['P-Served-User', `<sip:nobody@${D}>;sescase=orig`]]))).status).toBe(404);
  });

  it('is refused outside the trust domain', async () => {
    await isc.register();
    expect((await isc.core.ask('scscf', made([served()], 'stranger'), 'stranger')).status).toBe(403);
  });

  it('finds the S-CSCF of the user by way of the I-CSCF', async () => {
    await isc.register();
    const message = made([served()]);
    const viaIcscf = request(
      message.method,
      message.uri,
      message.headers
        .filter(({ key }) => key !== 'content-length')
        .map(({ name, value, key }) => [name, key === 'route' ? `<sip:icscf.${D}:4060;transport=tcp;lr;orig>` : value]),
    );
    const as = await isc.startSilentAs();
    await as.sendTo(tcpHop('icscf'), viaIcscf);
    await isc.core.settle();
    expect(as.responses.at(-1)?.status).toBe(200);
    expect(isc.core.icscfCx.lirs[0]).toMatchObject({ publicIdentity: isc.alice.impu, originatingRequest: true });
    expect(recordRoutes(isc.only())).toEqual(['term scscf', 'orig.as-core scscf']);
  });

  it('is never what a UE makes: P-Served-User from the side of the P-CSCF is not believed', async () => {
    const as = await isc.startAs(proxies());
    await isc.register({
      Alice: [criterion([{ kind: 'SIPHeader', header: 'P-Served-User' }])],
    });
    const forged = isc.alice.initial('INVITE', BOB, [['P-Served-User', `<${BOB}>;sescase=orig;regstate=reg`]]);
    expect((await isc.core.ask('scscf', forged)).status).toBe(200);
    expect(as.requests).toEqual([]);
    expect(headerValues(isc.only(), 'P-Asserted-Identity')[0]).toBe(`<${isc.alice.impu}>`);
    expect(header(isc.only(), 'P-Served-User')).toBeUndefined();
  });
});
