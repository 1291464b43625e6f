import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALICE, BOB, D, type Headers, PcscfLab, SERVICE_ROUTE, values } from '../../../test/kit/pcscf-lab.ts';
import { bodyText, header } from '../../protocols/sip/read.ts';
import { asksForInitialRegistration } from '../../protocols/sip/restoration.ts';
import { serializeMessage } from '../../protocols/sip/serialize.ts';

let lab: PcscfLab;
beforeEach(async () => {
  lab = await PcscfLab.start();
});
afterEach(() => lab.pcscf.close());

const OWN = `<sip:pcscf.${D}:5060;lr>`;

describe('an initial request of a UE', () => {
  it.each(['INVITE', 'MESSAGE', 'SUBSCRIBE', 'OPTIONS'])(
    'is refused with 403 while the UE is not registered (%s)',
    async (method) => {
      const phone = await lab.phone();
      await phone.send(phone.request(method));
      expect(phone.lastResponse().status).toBe(403);
      expect(lab.core.requests).toEqual([]);
    },
  );

  it('is refused with 403 from a phone on UDP that is not registered', async () => {
    const phone = await lab.phone({ transport: 'UDP' });
    await phone.send(phone.request('INVITE'));
    expect(phone.lastResponse().status).toBe(403);
  });

  it.each([
    ['own entry and Service-Route', [OWN, SERVICE_ROUTE]],
    ['no Route at all', []],
    ['a foreign Route', [OWN, '<sip:evil.example;lr>']],
    ['a foreign Route without the own entry', ['<sip:evil.example;lr>']],
    ['another user on the Service-Route', [OWN, `<sip:orig-8@scscf.${D}:6060;lr>`]],
  ])('goes to the stored Service-Route when it came with %s', async (_name, routes) => {
    const phone = await lab.registered();
    await phone.send(phone.request('MESSAGE', { routes }));
    expect(values(lab.core.last('MESSAGE'), 'Route')).toEqual([SERVICE_ROUTE]);
  });

  it.each([
    ['nothing', [], `<${ALICE}>`],
    ['a registered P-Preferred-Identity', [['P-Preferred-Identity', '"A" <tel:+15550001001>']], '<tel:+15550001001>'],
    ['a foreign P-Preferred-Identity', [['P-Preferred-Identity', `<${BOB}>`]], `<${ALICE}>`],
    ['a P-Preferred-Identity that cannot be read', [['P-Preferred-Identity', '<']], `<${ALICE}>`],
    ['a P-Asserted-Identity', [['P-Asserted-Identity', `<${BOB}>`]], `<${ALICE}>`],
  ] satisfies readonly (readonly [string, Headers, string])[])(
    'asserts a registered identity when the UE sends %s',
    async (_name, headers, asserted) => {
      const phone = await lab.registered();
      await phone.send(phone.request('INVITE', { headers }));
      const invite = lab.core.last('INVITE');
      expect(values(invite, 'P-Asserted-Identity')).toEqual([asserted]);
      expect(header(invite, 'P-Preferred-Identity')).toBeUndefined();
    },
  );

  it.each([
    ['P-Served-User', `<${BOB}>;sescase=orig`],
    ['P-Charging-Function-Addresses', 'ccf=x'],
    ['P-Visited-Network-ID', 'x'],
    ['P-Asserted-Service', 'urn:urn-7:3gpp-service.ims.icsi.mmtel'],
    ['P-Profile-Key', '<sip:x@y>'],
    ['P-User-Database', '<aaa://x>'],
    ['P-Early-Media', 'sendrecv'],
    ['P-Called-Party-ID', `<${BOB}>`],
    ['Feature-Caps', '*;+x'],
    ['History-Info', '<sip:x@y>;index=1'],
    ['Resource-Priority', 'esnet.1'],
  ])('loses %s', async (name, value) => {
    const phone = await lab.registered();
    await phone.send(phone.request('INVITE', { headers: [[name, value]] }));
    expect(header(lab.core.last('INVITE'), name)).toBeUndefined();
  });

  it('gets a new charging identity that all messages of its dialog keep', async () => {
    const phone = await lab.registered();
    await phone.send(phone.request('INVITE', { headers: [['P-Charging-Vector', 'icid-value=evil']] }));
    await phone.send(phone.request('INVITE', { callId: 'call-2' }));
    const [first, second] = lab.core.requests
      .filter(({ method }) => method === 'INVITE')
      .map((invite) => header(invite, 'P-Charging-Vector'));
    expect(first).toMatch(/^icid-value="[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";/);
    expect(first).toContain(`orig-ioi="Type 1${D}"`);
    expect(second).not.toBe(first);
  });

  it('is record-routed with one entry a side, the core side on top', async () => {
    const phone = await lab.registered();
    await phone.send(phone.request('INVITE'));
    const [core, ue, ...more] = values(lab.core.last('INVITE'), 'Record-Route');
    expect(core).toBe(`<sip:pcscf.${D}:5060;transport=tcp;lr;r2=on>`);
    expect(ue).toMatch(new RegExp(`^<sip:[0-9a-f]{24}@pcscf\\.${D}:8080;transport=ws;lr;r2=on>$`));
    expect(more).toEqual([]);
  });

  it('of a phone on UDP is record-routed with that transport on its side, its SDP untouched', async () => {
    const phone = await lab.registered({ transport: 'UDP' });
    await phone.send(phone.request('INVITE', { sdp: 'plain' }));
    const invite = lab.core.last('INVITE');
    expect(values(invite, 'Record-Route')[1]).toMatch(/^<sip:[0-9a-f]{24}@.*:5060;transport=udp;lr;r2=on>$/);
    expect(new TextDecoder().decode(invite.body)).toBe('plain');
    expect(lab.media.log).toEqual([]);
  });

  it('is not record-routed when it makes no dialog', async () => {
    const phone = await lab.registered();
    await phone.send(phone.request('MESSAGE'));
    expect(values(lab.core.last('MESSAGE'), 'Record-Route')).toEqual([]);
  });

  it('shows each change with its reason on the ladder', async () => {
    const phone = await lab.registered();
    await phone.send(phone.request('INVITE'));
    const sent = lab.trace.events.findLast((event) => event.kind === 'sip' && event.sip.method === 'INVITE');
    const names = sent?.kind === 'sip' ? sent.sip.changes.map(({ op, name }) => `${op} ${name}`) : [];
    expect(names).toEqual(expect.arrayContaining(['remove Route', 'add P-Asserted-Identity', 'add P-Charging-Vector']));
    expect(sent?.cause).not.toBeNull();
  });

  it('is answered 503 with Retry-After when its UE sends more than 50 a second', async () => {
    const phone = await lab.registered();
    await lab.run(1_000);
    const flow = await phone.flow();
    const burst = (): void => {
      for (let number = 1; number <= 51; number += 1) flow.send(serializeMessage(phone.request('MESSAGE')));
    };
    burst();
    await lab.run();
    const refused = phone.peer.responses.filter(({ status }) => status === 503);
    expect(refused.map((one) => header(one, 'Retry-After'))).toEqual(['1']);
    await lab.run(1_000);
    burst();
    await lab.run();
    expect(lab.core.requests.filter(({ method }) => method === 'MESSAGE')).toHaveLength(100);
  });
});

describe('the answer to a UE', () => {
  it('loses what only the network may see, and keeps who answered', async () => {
    const phone = await lab.registered();
    await phone.send(phone.request('MESSAGE'));
    await lab.answer(lab.core.last('MESSAGE'), 200, {
      headers: [
        ['P-Asserted-Identity', `<${BOB}>`],
        ['P-Charging-Vector', 'icid-value=x'],
        ['P-Charging-Function-Addresses', 'ccf=x'],
        ['P-Access-Network-Info', 'IEEE-802.11;network-provided'],
      ],
    });
    const ok = phone.lastResponse();
    expect(values(ok, 'P-Asserted-Identity')).toEqual([`<${BOB}>`]);
    for (const name of ['P-Charging-Vector', 'P-Charging-Function-Addresses', 'P-Access-Network-Info']) {
      expect(header(ok, name)).toBeUndefined();
    }
  });

  it('does not say who answered when that one wants privacy', async () => {
    const phone = await lab.registered();
    await phone.send(phone.request('MESSAGE'));
    const headers: Headers = [
      ['P-Asserted-Identity', `<${BOB}>`],
      ['Privacy', 'header;id'],
    ];
    await lab.answer(lab.core.last('MESSAGE'), 200, { headers });
    expect(header(phone.lastResponse(), 'P-Asserted-Identity')).toBeUndefined();
  });

  it.each([404, 480, 486, 488, 600, 603])('is %i when the network or the called UE says so', async (status) => {
    const phone = await lab.registered();
    await phone.send(phone.request('INVITE', { sdp: 'A' }));
    await lab.answer(lab.core.last('INVITE'), status);
    expect(phone.lastResponse().status).toBe(status);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.totals().sessions).toBe(0);
  });
});

describe('the S-CSCF of the registration', () => {
  const TIMER_B_MS = 32_000;

  it.each(['INVITE', 'MESSAGE'])(
    'is lost when it cannot be reached: 504 has the UE register anew (%s)',
    async (method) => {
      const phone = await lab.registered();
      await lab.core.close();
      await phone.send(phone.request(method));
      const final = phone.lastResponse();
      expect([final.status, header(final, 'P-Asserted-Identity')]).toEqual([504, SERVICE_ROUTE]);
      expect(asksForInitialRegistration(bodyText(final))).toBe(true);
    },
  );

  it('is lost when it says nothing to an INVITE, not even 100', async () => {
    const phone = await lab.registered();
    await phone.send(phone.request('INVITE', { sdp: 'A' }));
    await lab.run(TIMER_B_MS);
    const final = phone.lastResponse();
    expect([final.status, header(final, 'P-Asserted-Identity')]).toEqual([504, SERVICE_ROUTE]);
    expect(asksForInitialRegistration(bodyText(final))).toBe(true);
    expect(lab.media.totals().sessions).toBe(0);
  });

  it('is not lost while the called UE is the one that may be silent', async () => {
    const phone = await lab.registered();
    await phone.send(phone.request('MESSAGE'));
    await lab.run(TIMER_B_MS);
    expect(phone.peer.responses.filter(({ status }) => status === 504)).toEqual([]);
  });
});

describe('CANCEL', () => {
  it('goes on to the core, and the media goes', async () => {
    const phone = await lab.registered();
    const invite = phone.request('INVITE', { sdp: 'A' });
    await phone.send(invite);
    await lab.answer(lab.core.last('INVITE'), 180);
    expect(lab.pcscf.calls()).toMatchObject([{ callId: 'call-1', from: ALICE, to: BOB, state: 'early' }]);
    const headers = invite.headers.filter(
      ({ key }) => !['contact', 'content-type', 'content-length', 'cseq'].includes(key),
    );
    const cseq = invite.headers.find(({ key }) => key === 'cseq');
    if (cseq === undefined) throw new Error('the INVITE has no CSeq');
    await phone.send({
      kind: 'request',
      method: 'CANCEL',
      uri: invite.uri,
      headers: [...headers, { ...cseq, value: '1 CANCEL' }],
      body: new Uint8Array(),
    });
    await lab.answer(lab.core.last('CANCEL'), 200);
    await lab.answer(lab.core.last('INVITE'), 487);
    expect(phone.lastResponse().status).toBe(487);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.log).toEqual(['offer webrtc originating', 'delete originating']);
  });
});
