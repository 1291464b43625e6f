import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALICE, type Call, CORE_ROUTE, FAR, PcscfLab, type Phone, values } from '../../../test/kit/pcscf-lab.ts';
import { chargingVector } from '../../protocols/sip/charging-vector.ts';
import { header } from '../../protocols/sip/read.ts';
import { serializeMessage } from '../../protocols/sip/serialize.ts';

let lab: PcscfLab;
let alice: Phone;
beforeEach(async () => {
  lab = await PcscfLab.start();
  alice = await lab.registered();
});
afterEach(() => lab.pcscf.close());

describe('a request of the UE within its dialog', () => {
  it('goes the way of the dialog with its charging identity and without identities of its own', async () => {
    const call = await lab.call(alice);
    const headers = [
      ['P-Asserted-Identity', '<sip:evil@x>'],
      ['P-Preferred-Identity', `<${ALICE}>`],
    ] as const;
    await alice.send(alice.request('INFO', { ...call.inDialog, cseq: 2, headers }));
    const info = lab.core.last('INFO');
    expect(info.uri).toBe(FAR);
    expect(values(info, 'Route')).toEqual([CORE_ROUTE]);
    expect(chargingVector(info)?.icidValue).toBe(chargingVector(call.invite)?.icidValue);
    expect(header(info, 'P-Asserted-Identity')).toBeUndefined();
    expect(header(info, 'P-Preferred-Identity')).toBeUndefined();
  });

  it('passes its ACK on without a transaction', async () => {
    await lab.call(alice);
    expect(values(lab.core.last('ACK'), 'Route')).toEqual([CORE_ROUTE]);
  });

  it.each(['WS', 'TCP'] as const)('stays behind the ACK that came in one piece with it (%s)', async (transport) => {
    const phone = await lab.registered({ user: 'bob', transport });
    await phone.send(phone.request('INVITE', { callId: 'quick', sdp: 'A' }));
    await lab.answer(lab.core.last('INVITE'), 200, { contact: FAR, sdp: 'B', headers: [['Record-Route', CORE_ROUTE]] });
    const inDialog = {
      callId: 'quick',
      toTag: 'far1',
      uri: FAR,
      routes: values(phone.lastResponse(), 'Record-Route').toReversed(),
    };
    const flow = await phone.flow();
    lab.network.together(() => {
      flow.send(serializeMessage(phone.request('ACK', inDialog)));
      flow.send(serializeMessage(phone.request('BYE', { ...inDialog, cseq: 2 })));
    });
    await lab.run();
    expect(lab.core.log.slice(-2)).toEqual(['ACK', 'BYE']);
  });

  it('is put on the dialog’s way when it names a foreign Route', async () => {
    const call = await lab.call(alice);
    const routes = [...call.inDialog.routes.slice(0, 2), '<sip:evil.example;lr>'];
    await alice.send(alice.request('INFO', { ...call.inDialog, cseq: 2, routes }));
    expect(values(lab.core.last('INFO'), 'Route')).toEqual([CORE_ROUTE]);
  });

  it.each(['BYE', 'INFO', 'INVITE'])('is refused with 403 on another UE’s flow (%s)', async (method) => {
    const call = await lab.call(alice);
    const thief = await lab.registered({ user: 'bob' });
    const before = lab.core.requests.length;
    await thief.send(thief.request(method, { ...call.inDialog, cseq: 2 }));
    expect(thief.lastResponse().status).toBe(403);
    expect(lab.core.requests).toHaveLength(before);
    expect(lab.pcscf.calls()).toHaveLength(1);
  });

  it('is refused with 403 on a flow that is not registered', async () => {
    const call = await lab.call(alice);
    const stranger = await lab.phone();
    await stranger.send(stranger.request('BYE', { ...call.inDialog, cseq: 2 }));
    expect(stranger.lastResponse().status).toBe(403);
  });

  it.each(['BYE', 'INVITE', 'UPDATE', 'PRACK'])('is answered 481 when there is no such dialog (%s)', async (method) => {
    await alice.send(alice.request(method, { callId: 'none', toTag: 'x' }));
    expect(alice.lastResponse().status).toBe(481);
  });

  it('may not use the token of another UE in dialogs that are not stored', async () => {
    const call = await lab.call(alice);
    const bob = await lab.registered({ user: 'bob' });
    await bob.send(bob.request('SUBSCRIBE', { ...call.inDialog, callId: 'sub', cseq: 2 }));
    expect(bob.lastResponse().status).toBe(403);
  });

  it('may not leave the way of the registration in dialogs that are not stored', async () => {
    const call = await lab.call(alice);
    const routes = [...call.inDialog.routes.slice(0, 2), '<sip:evil.example;lr>'];
    await alice.send(alice.request('SUBSCRIBE', { ...call.inDialog, callId: 'sub', routes }));
    expect(alice.lastResponse().status).toBe(403);
    await alice.send(alice.request('SUBSCRIBE', { ...call.inDialog, callId: 'sub' }));
    expect(lab.core.last('SUBSCRIBE').uri).toBe(FAR);
  });

  it('ends the call and its media with BYE', async () => {
    const call = await lab.call(alice);
    expect(lab.pcscf.calls()).toMatchObject([{ callId: 'call-1', state: 'confirmed' }]);
    await alice.send(alice.request('BYE', { ...call.inDialog, cseq: 2 }));
    expect(lab.media.totals().sessions).toBe(0);
    expect(lab.pcscf.calls()).toEqual([]);
    await lab.answer(lab.core.last('BYE'), 200);
    expect(alice.lastResponse().status).toBe(200);
    expect(lab.media.log.filter((line) => line.startsWith('delete'))).toEqual(['delete originating']);
  });

  it('lets both ends’ BYEs cross', async () => {
    const call = await lab.call(alice);
    await alice.send(alice.request('BYE', { ...call.inDialog, cseq: 2 }));
    await lab.within(call, 'BYE');
    expect(alice.peer.last('BYE')).toBeDefined();
    expect(lab.media.log.filter((line) => line.startsWith('delete'))).toEqual(['delete originating']);
  });
});

describe('a request to the UE within a dialog', () => {
  let call: Call;
  beforeEach(async () => {
    call = await lab.call(alice);
  });

  it('goes down its flow without Route and charging', async () => {
    await lab.within(call, 'INFO', { headers: [['P-Charging-Vector', 'icid-value=x']] });
    const info = alice.peer.last('INFO');
    expect(values(info, 'Route')).toEqual([]);
    expect(header(info, 'P-Charging-Vector')).toBeUndefined();
    await alice.answer(info, 200, { headers: [['P-Asserted-Identity', '<sip:evil@x>']] });
    const ok = lab.core.responses.at(-1);
    expect(ok?.status).toBe(200);
    expect(ok && header(ok, 'P-Asserted-Identity')).toBeUndefined();
  });

  it('goes to the new flow after the UE came back with the same contact', async () => {
    await alice.lose();
    await alice.register();
    await lab.within(call, 'INFO');
    expect(alice.peer.last('INFO')).toBeDefined();
    expect(lab.pcscf.calls()).toHaveLength(1);
  });

  it('is answered 430 while the flow is lost', async () => {
    await alice.lose();
    await lab.within(call, 'INFO');
    expect(lab.core.responses.at(-1)?.status).toBe(430);
  });

  it('is answered 481 when the dialog is not known here', async () => {
    await lab.within({ ...call, inDialog: { ...call.inDialog, callId: 'none' } }, 'BYE');
    expect(lab.core.responses.at(-1)?.status).toBe(481);
  });

  it('reaches the UE in a dialog that is not stored by the token, also just after it de-registered', async () => {
    await alice.register({ expires: 0 });
    await lab.within({ ...call, inDialog: { ...call.inDialog, callId: 'sub' } }, 'NOTIFY');
    expect(alice.peer.last('NOTIFY')).toBeDefined();
  });

  it('is refused with 420 when it requires 100rel of a browser', async () => {
    await lab.within(call, 'INVITE', { headers: [['Require', '100rel']] });
    expect(lab.core.responses.at(-1)?.status).toBe(420);
  });

  it('ends the call with the far end’s BYE', async () => {
    await lab.within(call, 'BYE');
    await alice.answer(alice.peer.last('BYE'), 200);
    expect(lab.core.responses.at(-1)?.status).toBe(200);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.totals().sessions).toBe(0);
  });
});

describe('both passes of one call in one P-CSCF', () => {
  it('keeps one entry a Call-ID, and each pass its own way', async () => {
    const bob = await lab.phone({ user: 'bob' });
    const path = header(await bob.register(), 'Path') ?? '';
    await alice.send(alice.request('INVITE', { sdp: 'A' }));
    const invite = lab.core.last('INVITE');
    // The S-CSCF sends the INVITE back to the same box, towards Bob.
    const at = invite.headers.findIndex(({ key }) => key === 'via');
    const headers = invite.headers.filter(({ key }) => key !== 'route');
    const line = (name: string, value: string) => ({ name, key: name.toLowerCase(), value, offset: -1, end: -1 });
    const onward = headers.toSpliced(
      at,
      0,
      line('Via', 'SIP/2.0/TCP 127.0.0.1:6060;branch=z9hG4bKturn'),
      line('Route', path),
      line('Record-Route', CORE_ROUTE),
    );
    await lab.fromCore({ kind: 'request', method: 'INVITE', uri: bob.contact, headers: onward, body: invite.body });
    await bob.answer(bob.peer.last('INVITE'), 200, { sdp: 'B' });
    const bobsOk = lab.core.responses.at(-1);
    if (bobsOk === undefined) throw new Error('no answer came');
    const { kind, status, reason, body } = bobsOk;
    const top = bobsOk.headers.findIndex(({ key }) => key === 'via');
    lab.core.reply(invite, { kind, status, reason, body, headers: bobsOk.headers.toSpliced(top, 1) });
    await lab.run();

    const ok = alice.lastResponse();
    expect(ok.status).toBe(200);
    expect(lab.pcscf.calls()).toHaveLength(1);
    const routes = values(ok, 'Record-Route').toReversed();
    expect(routes).toHaveLength(5);
    await alice.send(alice.request('BYE', { callId: 'call-1', toTag: 'u1', cseq: 2, uri: bob.contact, routes }));
    const bye = lab.core.last('BYE');
    expect(values(bye, 'Route')).toEqual([CORE_ROUTE, ...values(ok, 'Record-Route').slice(0, 2).toReversed()]);
    expect(lab.media.log).toEqual([
      'offer webrtc originating',
      'offer core terminating',
      'answer webrtc terminating',
      'answer core originating',
      'delete originating',
    ]);
  });
});
