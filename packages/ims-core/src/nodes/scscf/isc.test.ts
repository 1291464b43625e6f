import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { D, tcpHop } from '../../../test/kit/core-lab.ts';
import { criterion, method, sessionCase } from '../../../test/kit/filter-criterion.ts';
import { AS_ROUTE, BOB, CAROL, IscLab, ODI, ORIG, recordRoutes, TERM, vector } from '../../../test/kit/isc-lab.ts';
import { actsAsB2bua, answers, proxies, retargets } from '../../../test/kit/scripted-as.ts';
import { request } from '../../protocols/sip/build.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';

let isc: IscLab;

beforeEach(async () => {
  isc = await IscLab.start();
});

afterEach(() => isc.close());

describe("the caller's application server", () => {
  it('gets the request with the way back, the served user and a type 3 IOI', async () => {
    const as = await isc.startAs(proxies());
    await isc.register({ Alice: [criterion([method('INVITE'), sessionCase(ORIG)])] });
    expect((await isc.call()).status).toBe(200);
    const [server, back] = headerValues(as.request, 'Route');
    expect(server).toBe(AS_ROUTE);
    expect(back).toMatch(new RegExp(`^${ODI}$`));
    expect(as.request.uri).toBe(BOB);
    expect(header(as.request, 'P-Served-User')).toBe(`<${isc.alice.impu}>;sescase=orig;regstate=reg`);
    expect(vector(as.request)).toBe(`icid-value="icid-call";orig-ioi="Type 3${D}"`);
    expect(recordRoutes(as.request)).toEqual(['orig.pcscf-as scscf', ' pcscf']);
  });

  it('returns it, and the call goes on as if the server had not been there', async () => {
    await isc.startAs(proxies());
    await isc.register({ Alice: [criterion([method('INVITE'), sessionCase(ORIG)])] });
    await isc.call();
    expect(header(isc.only(), 'P-Served-User')).toBeUndefined();
    expect(vector(isc.only())).toBe(`icid-value="icid-call";orig-ioi="Type 1${D}"`);
    expect(headerValues(isc.only(), 'P-Asserted-Identity')).toEqual([`<${isc.alice.impu}>`, `<${isc.alice.number}>`]);
    expect(recordRoutes(isc.only())).toEqual(['term scscf', 'orig.as-core scscf', 'orig.pcscf-as scscf', ' pcscf']);
  });

  it('answers with the IOI that each side asked with', async () => {
    await isc.startAs(proxies());
    await isc.register({ Alice: [criterion([])] });
    const answer = await isc.call();
    expect(header(answer, 'P-Charging-Vector')).toBe(
      `icid-value="icid-call";orig-ioi="Type 1${D}";term-ioi="Type 1${D}"`,
    );
    const toAs = isc.core.network.packets.filter(
      ({ to, text }) => to.host === tcpHop('as').host && text.includes(' 200 OK'),
    );
    expect(toAs.map(({ text }) => /^P-Charging-Vector: (.*)\r$/m.exec(text)?.[1])).toEqual([
      `icid-value="icid-call";orig-ioi="Type 3${D}";term-ioi="Type 3${D}"`,
    ]);
  });

  it('stays on the path of the dialog when it wants, each pass with the IOI of its side', async () => {
    await isc.startAs(proxies({ record: true }));
    await isc.register({ Alice: [criterion([method('INVITE')])] });
    const answer = await isc.call();
    const routes = headerValues(answer, 'Record-Route').toReversed().slice(1);
    const bye = request('BYE', `sip:bob@pcscf.${D}:5060;transport=tcp`, [
      ['Via', isc.alice.via()],
      ['Max-Forwards', '69'],
      ...routes.map((route) => ['Route', route] as const),
      ['From', header(answer, 'From') ?? ''],
      ['To', header(answer, 'To') ?? ''],
      ['Call-ID', header(answer, 'Call-ID') ?? ''],
      ['CSeq', '2 BYE'],
      ['P-Charging-Vector', `icid-value="icid-call";orig-ioi="Type 1${D}"`],
    ]);
    isc.core.network.packets.splice(0);
    expect((await isc.core.ask('scscf', bye)).status).toBe(200);
    const byes = isc.core.network.packets.filter(({ text }) => text.startsWith('BYE')).slice(1);
    expect(byes.map(({ to, text }) => [to.port, /orig-ioi="(.*)"/.exec(text)?.[1]])).toEqual([
      [5080, `Type 3${D}`],
      [6060, `Type 3${D}`],
      [6060, D],
      [5060, `Type 1${D}`],
    ]);
  });

  it('is not asked about requests within a dialog', async () => {
    const as = await isc.startAs(proxies());
    await isc.register({ Alice: [criterion([])] });
    const answer = await isc.call();
    const within = request('UPDATE', `sip:bob@pcscf.${D}:5060;transport=tcp`, [
      ['Via', isc.alice.via()],
      ['Max-Forwards', '69'],
      ...headerValues(answer, 'Record-Route')
        .toReversed()
        .slice(1)
        .map((route) => ['Route', route] as const),
      ['From', header(answer, 'From') ?? ''],
      ['To', header(answer, 'To') ?? ''],
      ['Call-ID', header(answer, 'Call-ID') ?? ''],
      ['CSeq', '2 UPDATE'],
    ]);
    expect((await isc.core.ask('scscf', within)).status).toBe(200);
    expect(as.requests.map(({ method: name }) => name)).toEqual(['REGISTER', 'INVITE']);
  });

  it.each([403, 486, 603, 302])('may refuse with %i', async (status) => {
    await isc.startAs(answers(status, status === 302 ? [['Contact', `<${CAROL}>`]] : []));
    await isc.register({ Alice: [criterion([method('INVITE')], { handling: 'SESSION_TERMINATED' })] });
    const answer = await isc.call();
    expect(answer.status).toBe(status);
    expect(header(answer, 'Contact')).toBe(status === 302 ? `<${CAROL}>` : undefined);
    expect(isc.arrived).toEqual([]);
  });

  it('may send the call elsewhere, since a caller has no target of its own', async () => {
    const as = await isc.startAs(retargets(BOB));
    await isc.register({ Alice: [criterion([method('INVITE'), sessionCase(ORIG)])] });
    expect((await isc.call(`sip:voicemail@${D}`)).status).toBe(200);
    expect(header(isc.only(), 'P-Called-Party-ID')).toBe(`<${BOB}>`);
    expect(as.requests).toHaveLength(1);
  });

  it('sees as asserted the service that the UE prefers', async () => {
    const as = await isc.startAs(proxies());
    const service = 'urn:urn-7:3gpp-service.ims.icsi.mmtel';
    await isc.register({
      Alice: [criterion([{ kind: 'SIPHeader', header: 'P-Asserted-Service', content: `^${service}$` }])],
    });
    await isc.core.ask('scscf', isc.alice.initial('INVITE', BOB, [['P-Preferred-Service', service]]));
    expect(header(as.request, 'P-Asserted-Service')).toBe(service);
    expect(header(as.request, 'P-Preferred-Service')).toBeUndefined();
  });

  it('may say the way of the request itself', async () => {
    const elsewhere = await isc.startAs(answers(200), 'as2');
    await isc.startAs(async (as, incoming) => {
      const edit = as.edit(incoming);
      edit.append('Route', `<${elsewhere.uri};lr>`, 'the way');
      await as.stack.forward(incoming, [{ request: edit.done() }]);
    });
    await isc.register({ Alice: [criterion([method('INVITE')])] });
    expect((await isc.call('sip:somebody@elsewhere.example')).status).toBe(200);
    expect(elsewhere.request.uri).toBe('sip:somebody@elsewhere.example');
  });
});

describe("the called user's application server", () => {
  it('is asked before the contacts of the user', async () => {
    const as = await isc.startAs(proxies());
    await isc.register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await isc.call()).status).toBe(200);
    expect(header(as.request, 'P-Served-User')).toBe(`<${BOB}>;sescase=term;regstate=reg`);
    expect(as.request.uri).toBe(BOB);
    expect(isc.only().uri).toBe('sip:bob@phone.invalid;transport=ws');
    expect(header(isc.only(), 'P-Called-Party-ID')).toBe(`<${BOB}>`);
    expect(header(isc.only(), 'P-Served-User')).toBeUndefined();
    expect(vector(isc.only())).toBe(`icid-value="icid-call";orig-ioi="Type 1${D}"`);
    expect(recordRoutes(isc.only())).toEqual(['term.as-pcscf scscf', 'term.core-as scscf', 'orig scscf', ' pcscf']);
  });

  it('may answer in place of the user', async () => {
    await isc.startAs(answers(200));
    await isc.register({ Bob: [criterion([sessionCase(TERM)])] });
    expect((await isc.call()).status).toBe(200);
    expect(isc.arrived).toEqual([]);
  });

  it('may send the caller elsewhere', async () => {
    await isc.startAs(answers(302, [['Contact', `<${CAROL}>`]]));
    await isc.register({ Bob: [criterion([sessionCase(TERM)])] });
    const answer = await isc.call();
    expect([answer.status, header(answer, 'Contact')]).toEqual([302, `<${CAROL}>`]);
    expect(isc.arrived).toEqual([]);
  });

  it('may make a call of its own behind which the session keeps its ICID', async () => {
    await isc.startAs(actsAsB2bua);
    await isc.register({ Bob: [criterion([method('INVITE'), sessionCase(TERM)])] });
    expect((await isc.call()).status).toBe(200);
    expect(header(isc.only(), 'Call-ID')).toMatch(/^b2bua-/);
    expect(vector(isc.only())).toContain('icid-value="icid-call"');
    expect(header(isc.only(), 'P-Called-Party-ID')).toBe(`<${BOB}>`);
  });

  it('is reached over UDP when its name says so, and needs no TCP to give the request back', async () => {
    await isc.startAs(proxies({ record: true, transport: 'udp' }));
    await isc.register({ Bob: [criterion([], { server: `sip:as.${D}:5080;transport=udp` })] });
    isc.core.network.packets.splice(0);
    const answer = await isc.call();
    expect(answer.status).toBe(200);
    const ofAs = isc.core.network.packets.filter(({ from, to }) => [from.host, to.host].includes(tcpHop('as').host));
    expect(new Set(ofAs.map(({ to }) => to.transport))).toEqual(new Set(['UDP']));
    const bye = request('BYE', `sip:bob@pcscf.${D}:5060;transport=tcp`, [
      ['Via', isc.alice.via()],
      ['Max-Forwards', '69'],
      ...headerValues(answer, 'Record-Route')
        .toReversed()
        .slice(1)
        .map((route) => ['Route', route] as const),
      ['From', header(answer, 'From') ?? ''],
      ['To', header(answer, 'To') ?? ''],
      ['Call-ID', header(answer, 'Call-ID') ?? ''],
      ['CSeq', '2 BYE'],
    ]);
    expect((await isc.core.ask('scscf', bye)).status).toBe(200);
  });

  it('sees every request that begins something', async () => {
    const as = await isc.startAs(proxies());
    await isc.register({ Bob: [criterion([sessionCase(TERM)])] });
    for (const name of ['MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'REFER']) {
      expect((await isc.core.ask('scscf', isc.alice.initial(name, BOB))).status).toBe(200);
    }
    expect(as.requests.map(({ method: name }) => name)).toEqual(['MESSAGE', 'OPTIONS', 'SUBSCRIBE', 'REFER']);
  });
});
