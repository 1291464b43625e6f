import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CORE_ROUTE, FAR, PcscfLab, type Phone, SDP, values } from '../../../test/kit/pcscf-lab.ts';
import type { MediaErrorCode } from '../../ports/media-relay.ts';
import type { SipMessage } from '../../protocols/sip/message.ts';
import { bodyText, header } from '../../protocols/sip/read.ts';

let lab: PcscfLab;
let alice: Phone;
beforeEach(async () => {
  lab = await PcscfLab.start();
  alice = await lab.registered();
});
afterEach(() => lab.pcscf.close());

const sdpOf = (message: SipMessage | undefined): string => (message === undefined ? '' : bodyText(message));

/** The answer of the far end to the latest INVITE. */
async function far(status: number, sdp?: string, toTag = 'far1'): Promise<void> {
  await lab.answer(lab.core.last('INVITE'), status, {
    contact: FAR,
    toTag,
    headers: [['Record-Route', CORE_ROUTE]],
    ...(sdp === undefined ? {} : { sdp }),
  });
}

describe('media of a call by a browser', () => {
  it('goes through the relay: its offer to the core, the core’s answer back', async () => {
    await lab.call(alice);
    expect(sdpOf(lab.core.last('INVITE'))).toBe('offer webrtc A');
    expect(header(lab.core.last('INVITE'), 'Content-Length')).toBe('14');
    const ok = alice.peer.responses.find(
      ({ status, headers }) => status === 200 && headers.some(({ value }) => value === SDP),
    );
    expect(sdpOf(ok)).toBe('answer core B');
  });

  it('passes one early answer only, and the same answer again in the 200', async () => {
    await alice.send(alice.request('INVITE', { sdp: 'A' }));
    await far(183, 'B');
    expect(sdpOf(alice.lastResponse())).toBe('answer core B');
    await far(183, 'C', 'far2');
    expect(alice.lastResponse().status).toBe(183);
    expect(sdpOf(alice.lastResponse())).toBe('');
    expect(header(alice.lastResponse(), 'Content-Type')).toBeUndefined();
    await far(200, 'B');
    expect(sdpOf(alice.lastResponse())).toBe('answer core B');
    expect(lab.media.log).toEqual(['offer webrtc originating', 'answer core originating']);
  });

  it('puts the early answer into a 200 that has none', async () => {
    await alice.send(alice.request('INVITE', { sdp: 'A' }));
    await far(183, 'B');
    await far(200);
    expect(sdpOf(alice.lastResponse())).toBe('answer core B');
    expect(header(alice.lastResponse(), 'Content-Type')).toBe(SDP);
  });

  it('asks the relay again when another fork answers than the one that was early', async () => {
    await alice.send(alice.request('INVITE', { sdp: 'A' }));
    await far(183, 'B');
    await far(200, 'C', 'far2');
    expect(sdpOf(alice.lastResponse())).toBe('answer core C');
    expect(lab.pcscf.calls()).toHaveLength(1);
  });

  it('ends a call whose 200 has no answer: ACK and BYE to the far end, 488 to the browser', async () => {
    await alice.send(alice.request('INVITE', { sdp: 'A' }));
    await far(200);
    expect(lab.core.log.slice(-2)).toEqual(['ACK', 'BYE']);
    expect(values(lab.core.last('BYE'), 'Route')).toEqual([CORE_ROUTE]);
    expect(lab.core.last('BYE').uri).toBe(FAR);
    await lab.answer(lab.core.last('BYE'), 200);
    expect(alice.lastResponse().status).toBe(488);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.totals().sessions).toBe(0);
  });

  it('takes a late offer of the core to the browser, and its answer in the ACK to the core', async () => {
    await alice.send(alice.request('INVITE'));
    await far(200, 'B');
    expect(sdpOf(alice.lastResponse())).toBe('offer core B');
    const routes = values(alice.lastResponse(), 'Record-Route').toReversed();
    await alice.send(alice.request('ACK', { callId: 'call-1', toTag: 'far1', uri: FAR, routes, sdp: 'A' }));
    expect(sdpOf(lab.core.last('ACK'))).toBe('answer webrtc A');
  });

  it('changes with re-INVITE and UPDATE of either end', async () => {
    const call = await lab.call(alice);
    await alice.send(alice.request('INVITE', { ...call.inDialog, cseq: 2, sdp: 'A2' }));
    expect(sdpOf(lab.core.last('INVITE'))).toBe('offer webrtc A2');
    await far(200, 'B2');
    expect(sdpOf(alice.lastResponse())).toBe('answer core B2');
    await lab.within(call, 'UPDATE', { sdp: 'B3' });
    expect(sdpOf(alice.peer.last('UPDATE'))).toBe('offer core B3');
    await alice.answer(alice.peer.last('UPDATE'), 200, { sdp: 'A3' });
    expect(sdpOf(lab.core.responses.at(-1))).toBe('answer webrtc A3');
    expect(lab.media.totals().sessions).toBe(1);
  });

  it('lets an UPDATE without SDP pass: a session timer is refreshed', async () => {
    const call = await lab.call(alice);
    await alice.send(alice.request('UPDATE', { ...call.inDialog, cseq: 2 }));
    await lab.answer(lab.core.last('UPDATE'), 200);
    expect(alice.lastResponse().status).toBe(200);
    expect(lab.media.log).toEqual(['offer webrtc originating', 'answer core originating']);
  });

  it('comes back to where it was after 100 calls, each released once', async () => {
    for (let number = 1; number <= 100; number += 1) {
      const call = await lab.call(alice, `call-${number}`);
      await alice.send(alice.request('BYE', { ...call.inDialog, cseq: 2 }));
      await lab.answer(lab.core.last('BYE'), 200);
    }
    expect(lab.media.totals().sessions).toBe(0);
    expect(lab.media.log.filter((line) => line === 'delete originating')).toHaveLength(100);
    expect(lab.pcscf.calls()).toEqual([]);
  });
});

describe('a relay that refuses', () => {
  it.each([
    ['MEDIA_SDP_MALFORMED', 400],
    ['MEDIA_NO_COMMON_CODEC', 488],
    ['MEDIA_NOT_SUPPORTED', 488],
    ['MEDIA_NO_RESOURCES', 503],
    ['MEDIA_UNKNOWN_SESSION', 481],
    ['MEDIA_RELAY_DOWN', 503],
  ] satisfies readonly (readonly [MediaErrorCode, number])[])(
    'an offer with %s makes the INVITE a %i',
    async (code, status) => {
      lab.media.refuse = { verb: 'offer', code };
      await alice.send(alice.request('INVITE', { sdp: 'A' }));
      expect(alice.lastResponse().status).toBe(status);
      expect(header(alice.lastResponse(), 'Retry-After')).toBe(status === 503 ? '5' : undefined);
      expect(lab.core.requests.map(({ method }) => method)).toEqual(['REGISTER']);
      expect(lab.trace.notes()).toContain('MEDIA_REFUSED');
      expect(lab.pcscf.calls()).toEqual([]);
      expect(lab.media.log.at(-1)).toBe('delete originating');
    },
  );

  it('the answer in a 200 ends the call on both sides', async () => {
    lab.media.refuse = { verb: 'answer', code: 'MEDIA_NO_COMMON_CODEC' };
    await alice.send(alice.request('INVITE', { sdp: 'A' }));
    await far(200, 'B');
    await lab.answer(lab.core.last('BYE'), 200);
    expect(lab.core.log.slice(-2)).toEqual(['ACK', 'BYE']);
    expect(header(lab.core.last('BYE'), 'Reason')).toBe('SIP;cause=488;text="MEDIA_NO_COMMON_CODEC"');
    expect(alice.lastResponse().status).toBe(488);
    expect(lab.media.totals().sessions).toBe(0);
  });

  it('an early answer leaves the early media out, no more', async () => {
    lab.media.refuse = { verb: 'answer', code: 'MEDIA_NO_COMMON_CODEC' };
    await alice.send(alice.request('INVITE', { sdp: 'A' }));
    await far(183, 'B');
    expect(alice.lastResponse().status).toBe(183);
    expect(sdpOf(alice.lastResponse())).toBe('');
  });

  it('a re-INVITE leaves the call as it was', async () => {
    const call = await lab.call(alice);
    lab.media.refuse = { verb: 'offer', code: 'MEDIA_NO_COMMON_CODEC' };
    await alice.send(alice.request('INVITE', { ...call.inDialog, cseq: 2, sdp: 'A2' }));
    expect(alice.lastResponse().status).toBe(488);
    expect(lab.pcscf.calls()).toHaveLength(1);
    expect(lab.media.totals().sessions).toBe(1);
  });

  it('the answer to a re-INVITE releases the call: its ends do not agree any more', async () => {
    const call = await lab.call(alice);
    lab.media.refuse = { verb: 'answer', code: 'MEDIA_NO_COMMON_CODEC' };
    await alice.send(alice.request('INVITE', { ...call.inDialog, cseq: 2, sdp: 'A2' }));
    await far(200, 'B2');
    await lab.answer(lab.core.last('BYE'), 200);
    await alice.answer(alice.peer.last('BYE'), 200);
    expect(alice.lastResponse().status).toBe(488);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.media.totals().sessions).toBe(0);
  });

  it('and a CANCEL that overtakes the relay, makes a 487', async () => {
    let go = (): void => {};
    lab.media.wait = new Promise((resolve) => {
      go = resolve;
    });
    const invite = alice.request('INVITE', { sdp: 'A' });
    await alice.send(invite);
    const headers = invite.headers.map((field) => (field.key === 'cseq' ? { ...field, value: '1 CANCEL' } : field));
    const kept = headers.filter(({ key }) => !['content-type', 'content-length'].includes(key));
    await alice.send({ kind: 'request', method: 'CANCEL', uri: invite.uri, headers: kept, body: new Uint8Array() });
    go();
    await lab.run();
    expect(alice.peer.responses.map(({ status }) => status)).toEqual([200, 100, 200, 487]);
    expect(lab.core.requests.map(({ method }) => method)).toEqual(['REGISTER']);
    expect(lab.media.totals().sessions).toBe(0);
  });
});
