import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALICE, BOB, D, type Headers, PcscfLab, type Phone, SDP, values } from '../../../test/kit/pcscf-lab.ts';
import { request } from '../../protocols/sip/build.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { header } from '../../protocols/sip/read.ts';

let lab: PcscfLab;
let bob: Phone;
let path = '';
beforeEach(async () => {
  lab = await PcscfLab.start();
  bob = await lab.phone({ user: 'bob' });
  path = header(await bob.register(), 'Path') ?? '';
});
afterEach(() => lab.pcscf.close());

let branches = 0;
function toBob(
  method: string,
  options: { headers?: Headers; route?: string; sdp?: string; contact?: string } = {},
): SipRequest {
  branches += 1;
  return request(
    method,
    options.contact ?? bob.contact,
    [
      ['Via', `SIP/2.0/TCP 127.0.0.1:6060;branch=z9hG4bKcore${branches}`],
      ['Max-Forwards', '66'],
      ['Route', options.route ?? path],
      ['Record-Route', `<sip:scscf.${D}:6060;transport=tcp;lr>`],
      ['From', `<${ALICE}>;tag=a1`],
      ['To', `<${BOB}>`],
      ['Call-ID', 'call-1'],
      ['CSeq', `1 ${method}`],
      ['Contact', `<sip:alice@scscf.${D}:6060;transport=tcp>`],
      ['P-Asserted-Identity', `<${ALICE}>`],
      ['P-Called-Party-ID', `<tel:+15550001002>`],
      ['P-Charging-Vector', `icid-value="ic-1";orig-ioi="Type 1${D}"`],
      ...(options.headers ?? []),
      ...(options.sdp === undefined ? [] : [['Content-Type', SDP] as const]),
    ],
    options.sdp,
  );
}

describe('an initial request to a UE', () => {
  it('goes down the flow that its Path names, without Route', async () => {
    await lab.fromCore(toBob('MESSAGE'));
    const message = bob.peer.last('MESSAGE');
    expect(message.uri).toBe(bob.contact);
    expect(values(message, 'Route')).toEqual([]);
    expect(values(message, 'P-Called-Party-ID')).toEqual(['<tel:+15550001002>']);
    expect(values(message, 'P-Asserted-Identity')).toEqual([`<${ALICE}>`]);
  });

  it.each([
    ['P-Charging-Function-Addresses', 'ccf=x'],
    ['P-Served-User', `<${BOB}>`],
    ['P-Profile-Key', '<sip:x@y>'],
    ['P-User-Database', '<aaa://x>'],
    ['P-Visited-Network-ID', 'x'],
    ['P-Access-Network-Info', 'IEEE-802.11;network-provided'],
  ])('loses %s', async (name, value) => {
    await lab.fromCore(toBob('MESSAGE', { headers: [[name, value]] }));
    const message = bob.peer.last('MESSAGE');
    expect(header(message, name)).toBeUndefined();
    expect(header(message, 'P-Charging-Vector')).toBeUndefined();
  });

  it('does not say who calls when that one wants privacy', async () => {
    await lab.fromCore(toBob('MESSAGE', { headers: [['Privacy', 'id']] }));
    expect(header(bob.peer.last('MESSAGE'), 'P-Asserted-Identity')).toBeUndefined();
  });

  it('is record-routed with the UE side on top', async () => {
    await lab.fromCore(toBob('INVITE'));
    const [ue, core, scscf] = values(bob.peer.last('INVITE'), 'Record-Route');
    expect(ue).toMatch(/^<sip:[0-9a-f]{24}@.*:8080;transport=ws;lr;r2=on>$/);
    expect(core).toBe(`<sip:pcscf.${D}:5060;transport=tcp;lr;r2=on>`);
    expect(scscf).toBe(`<sip:scscf.${D}:6060;transport=tcp;lr>`);
  });

  it.each(['100rel', 'precondition'])(
    'is not offered to a browser with %s, and refused when it requires it',
    async (option) => {
      await lab.fromCore(toBob('INVITE', { headers: [['Supported', `timer, ${option}`]] }));
      expect(values(bob.peer.last('INVITE'), 'Supported')).toEqual(['timer']);
      await lab.fromCore(toBob('INVITE', { headers: [['Require', option]] }));
      const refusal = lab.core.responses.at(-1);
      expect(refusal?.status).toBe(420);
      expect(refusal && header(refusal, 'Unsupported')).toBe(option);
      expect(bob.peer.requests).toHaveLength(1);
    },
  );

  it('keeps 100rel for a phone on TCP, and its SDP untouched', async () => {
    const phone = await lab.phone({ user: 'alice', transport: 'TCP' });
    const route = header(await phone.register(), 'Path') ?? '';
    await lab.fromCore(
      toBob('INVITE', { route, contact: phone.contact, headers: [['Require', '100rel']], sdp: 'plain' }),
    );
    const invite = phone.peer.last('INVITE');
    expect(values(invite, 'Require')).toEqual(['100rel']);
    expect(new TextDecoder().decode(invite.body)).toBe('plain');
    expect(lab.media.log).toEqual([]);
  });

  it('is answered 430 when the flow in its Path is gone', async () => {
    await bob.lose();
    await lab.fromCore(toBob('INVITE'));
    expect(lab.core.responses.at(-1)?.status).toBe(430);
  });

  it('reaches a UE that came back, by its new Path and by the one before', async () => {
    await bob.lose();
    const newPath = header(await bob.register(), 'Path') ?? '';
    expect(newPath).not.toBe(path);
    for (const route of [newPath, path]) await lab.fromCore(toBob('MESSAGE', { route }));
    expect(bob.peer.requests).toHaveLength(2);
    await bob.lose();
    await bob.register();
    await lab.fromCore(toBob('MESSAGE', { route: path }));
    expect(lab.core.responses.at(-1)?.status).toBe(430);
  });

  it('is answered 430 for a token that nobody has', async () => {
    await lab.fromCore(toBob('INVITE', { route: `<sip:flow-99@pcscf.${D}:5060;transport=tcp;lr;ob>` }));
    expect(lab.core.responses.at(-1)?.status).toBe(430);
  });

  it('is answered 403 without a token of this box', async () => {
    await lab.fromCore(toBob('INVITE', { route: `<sip:scscf.${D}:6060;lr>` }));
    expect(lab.core.responses.at(-1)?.status).toBe(403);
    expect(bob.peer.requests).toEqual([]);
  });

  it('is answered 403 from outside the trust domain, also with the right token', async () => {
    const stranger = await lab.phone({ transport: 'TCP', address: '192.0.2.66' });
    await stranger.send(toBob('INVITE'));
    expect(stranger.lastResponse().status).toBe(403);
    expect(bob.peer.requests).toEqual([]);
  });
});

describe('the answer of a called UE', () => {
  it.each([
    ['nothing', [], '<tel:+15550001002>'],
    ['a P-Asserted-Identity', [['P-Asserted-Identity', `<${ALICE}>`]], '<tel:+15550001002>'],
    ['a registered P-Preferred-Identity', [['P-Preferred-Identity', `<${BOB}>`]], `<${BOB}>`],
    ['a foreign P-Preferred-Identity', [['P-Preferred-Identity', `<${ALICE}>`]], '<tel:+15550001002>'],
  ] satisfies readonly (readonly [string, Headers, string])[])(
    'asserts the called identity when it says %s',
    async (_name, headers, asserted) => {
      await lab.fromCore(toBob('MESSAGE'));
      await bob.answer(bob.peer.last('MESSAGE'), 200, { headers });
      const ok = lab.core.responses.at(-1);
      expect(ok?.status).toBe(200);
      expect(ok && values(ok, 'P-Asserted-Identity')).toEqual([asserted]);
      expect(ok && header(ok, 'P-Preferred-Identity')).toBeUndefined();
    },
  );

  it('carries the charging identity of the request and this network as term-ioi', async () => {
    await lab.fromCore(toBob('INVITE'));
    await bob.answer(bob.peer.last('INVITE'), 180, { headers: [['P-Charging-Vector', 'icid-value=evil']] });
    const ringing = lab.core.responses.at(-1);
    expect(ringing && values(ringing, 'P-Charging-Vector')).toEqual([
      `icid-value="ic-1";orig-ioi="Type 1${D}";term-ioi="Type 1${D}"`,
    ]);
  });

  it.each(['Reason', 'P-Charging-Function-Addresses', 'P-Served-User', 'History-Info'])('loses %s', async (name) => {
    await lab.fromCore(toBob('MESSAGE'));
    await bob.answer(bob.peer.last('MESSAGE'), 486, { headers: [[name, 'SIP;cause=200']] });
    const answer = lab.core.responses.at(-1);
    expect(answer?.status).toBe(486);
    expect(answer && header(answer, name)).toBeUndefined();
  });

  it.each([486, 480, 603])('passes %i unchanged and releases the media', async (status) => {
    await lab.fromCore(toBob('INVITE', { sdp: 'C' }));
    await bob.answer(bob.peer.last('INVITE'), status);
    expect(lab.core.responses.at(-1)?.status).toBe(status);
    expect(lab.media.log).toEqual(['offer core terminating', 'delete terminating']);
    expect(lab.pcscf.calls()).toEqual([]);
  });
});
