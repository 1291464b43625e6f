import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AsLab, SDP_OFFER, toTag } from '../../../test/kit/as-lab.ts';
import { MessageEdit } from '../../protocols/sip/edit.ts';
import { bodyText, contacts, header, headerValues } from '../../protocols/sip/read.ts';

let lab: AsLab;

beforeEach(async () => {
  lab = await AsLab.start();
});

afterEach(async () => {
  await lab.close();
  expect(lab.clock.pending).toBe(0);
  expect(lab.media.openSessions).toBe(0);
});

const SERVED = '<sip:echo@ims.mnc001.mcc001.3gppnetwork.org>;sescase=term;regstate=unreg';

describe('the echo test', () => {
  it('answers a call over ISC, speaks once it is confirmed, and ends with the BYE', async () => {
    const answer = await lab.ask(lab.isc({ served: SERVED }));
    expect(answer.status).toBe(200);
    expect(bodyText(answer)).toContain('s=answer');
    expect(headerValues(answer, 'Record-Route')).toHaveLength(2);
    expect(lab.media.last.log).toEqual(['answer']);
    await lab.send(lab.inDialog(answer, 'ACK', 1));
    expect(lab.media.last).toMatchObject({ what: 'echo', log: ['answer', 'play'], closed: false });
    expect(lab.as.calls()).toBe(1);
    expect((await lab.ask(lab.inDialog(answer, 'BYE', 2))).status).toBe(200);
    expect(lab.media.last.closed).toBe(true);
    expect(lab.as.calls()).toBe(0);
    await expect(lab.ladder()).toMatchFileSnapshot('../../../test/ladders/as-echo.txt');
  });

  it('is for everybody: an INVITE from outside the trust domain is answered too', async () => {
    const answer = await lab.ask(lab.isc(), lab.stranger);
    expect(answer.status).toBe(200);
    await lab.send(lab.inDialog(answer, 'ACK', 1), lab.stranger);
    await lab.send(lab.inDialog(answer, 'BYE', 2), lab.stranger);
  });

  it('names the address to which a call came that no proxy brought', async () => {
    const invite = new MessageEdit(lab.isc()).remove('Record-Route', 'under test').done().message;
    const answer = await lab.ask(invite, lab.stranger);
    expect(contacts(answer)[0]?.uriText).toBe('sip:echo@192.0.2.8:5080;transport=tcp');
    await lab.send(lab.inDialog(answer, 'ACK', 1), lab.stranger);
    await lab.send(lab.inDialog(answer, 'BYE', 2), lab.stranger);
  });

  it('makes the offer itself when the INVITE has none, and takes the answer from the ACK', async () => {
    const answer = await lab.ask(lab.isc({ sdp: '' }));
    expect(bodyText(answer)).toContain('s=offer');
    await lab.send(lab.inDialog(answer, 'ACK', 1, [], SDP_OFFER));
    expect(lab.media.last.log).toEqual(['offer', 'accept', 'play']);
    await lab.send(lab.inDialog(answer, 'BYE', 2));
  });

  it('hangs up when the ACK has no answer to its offer', async () => {
    const answer = await lab.ask(lab.isc({ sdp: '' }));
    await lab.send(lab.inDialog(answer, 'ACK', 1));
    expect(header(lab.scscf.last('BYE'), 'Reason')).toContain('cause=488');
    lab.scscf.answer(lab.scscf.last('BYE'), 200);
    await lab.settle();
  });

  it('answers each change of the session, in a re-INVITE and in an UPDATE', async () => {
    const answer = await lab.talk();
    const again = await lab.ask(lab.inDialog(answer, 'INVITE', 2, [], SDP_OFFER));
    expect(again.status).toBe(200);
    expect(toTag(again)).toBe(toTag(answer));
    expect(contacts(again)[0]?.uriText).toBe(contacts(answer)[0]?.uriText);
    await lab.send(lab.inDialog(answer, 'ACK', 2));
    const updated = await lab.ask(lab.inDialog(answer, 'UPDATE', 3, [], SDP_OFFER));
    expect(bodyText(updated)).toContain('s=answer');
    const refreshed = await lab.ask(lab.inDialog(answer, 'UPDATE', 4));
    expect([refreshed.status, bodyText(refreshed)]).toEqual([200, '']);
    expect(lab.media.last.log).toEqual(['answer', 'play', 'answer', 'answer']);
    await lab.send(lab.inDialog(answer, 'BYE', 5));
  });

  it('keeps the session when a change is refused', async () => {
    const answer = await lab.talk();
    lab.media.refusal = { ok: false, code: 'MEDIA_NO_COMMON_CODEC', text: 'none' };
    expect((await lab.ask(lab.inDialog(answer, 'UPDATE', 2, [], SDP_OFFER))).status).toBe(488);
    expect(lab.media.last.closed).toBe(false);
    await lab.send(lab.inDialog(answer, 'BYE', 3));
  });

  it('refuses a change while the answer to its own offer is to come', async () => {
    const answer = await lab.talk();
    await lab.ask(lab.inDialog(answer, 'INVITE', 2));
    expect((await lab.ask(lab.inDialog(answer, 'UPDATE', 3, [], SDP_OFFER))).status).toBe(491);
    await lab.send(lab.inDialog(answer, 'ACK', 2, [], SDP_OFFER));
    expect((await lab.ask(lab.inDialog(answer, 'UPDATE', 4, [], SDP_OFFER))).status).toBe(200);
    await lab.send(lab.inDialog(answer, 'BYE', 5));
  });

  it.each([
    ['a body that is no SDP', 'Content-Type', 'text/plain', 415, 'Accept'],
    ['an extension that it does not know', 'Require', '100rel', 420, 'Unsupported'],
    ['a session that expires too soon', 'Session-Expires', '60', 422, 'Min-SE'],
  ])('refuses %s', async (_what, name, value, status, told) => {
    const invite = new MessageEdit(lab.isc()).set(name, value, 'under test').done().message;
    const answer = await lab.ask(invite);
    expect(answer.status).toBe(status);
    expect(header(answer, told)).toBeDefined();
    expect(lab.media.sessions).toEqual([]);
  });

  it.each([
    ['MEDIA_SDP_MALFORMED', 400, undefined],
    ['MEDIA_NO_COMMON_CODEC', 488, 'Warning'],
    ['MEDIA_NO_RESOURCES', 503, 'Retry-After'],
  ] as const)('answers %s of the media function with %i', async (code, status, name) => {
    lab.media.refusal = { ok: false, code, text: 'refused' };
    const answer = await lab.ask(lab.isc());
    expect(answer.status).toBe(status);
    if (name !== undefined) expect(header(answer, name)).toBeDefined();
  });

  it('ends with 487 when the caller gives up before it has answered', async () => {
    let go = () => {};
    const waiting = new Promise<void>((resolve) => {
      go = resolve;
    });
    const open = lab.media.open.bind(lab.media);
    lab.media.open = (what) => {
      const session = open(what);
      const answer = session.answer.bind(session);
      session.answer = (offer) => waiting.then(() => answer(offer));
      return session;
    };
    const invite = lab.isc();
    await lab.send(invite);
    await lab.send(lab.cancelOf(invite));
    go();
    await lab.settle();
    expect(lab.scscf.responses.map(({ status }) => status)).toEqual([100, 200, 487]);
    expect(lab.as.calls()).toBe(0);
    await lab.clock.advance(40_000);
  });

  it('repeats the 200 until the ACK comes', async () => {
    const answer = await lab.ask(lab.isc());
    await lab.clock.advance(3_600);
    expect(lab.scscf.responses.filter(({ status }) => status === 200)).toHaveLength(4);
    await lab.send(lab.inDialog(answer, 'ACK', 1));
    await lab.clock.advance(10_000);
    expect(lab.scscf.responses.filter(({ status }) => status === 200)).toHaveLength(4);
    await lab.send(lab.inDialog(answer, 'BYE', 2));
  });

  it('hangs up when no ACK comes at all', async () => {
    await lab.ask(lab.isc());
    await lab.clock.advance(32_100);
    lab.scscf.answer(lab.scscf.last('BYE'), 200);
    await lab.settle();
    expect(lab.as.calls()).toBe(0);
  });

  it('understands requests in order only, and only those of a call', async () => {
    const answer = await lab.talk();
    expect((await lab.ask(lab.inDialog(answer, 'UPDATE', 1))).status).toBe(500);
    expect((await lab.ask(lab.inDialog(answer, 'OPTIONS', 2))).status).toBe(200);
    expect((await lab.ask(lab.inDialog(answer, 'REFER', 3))).status).toBe(405);
    await lab.send(lab.inDialog(answer, 'BYE', 4));
    expect((await lab.ask(lab.inDialog(answer, 'BYE', 5))).status).toBe(481);
  });

  it.each([
    ['OPTIONS', 200],
    ['MESSAGE', 405],
  ])('answers %s outside a call with %i', async (method, status) => {
    expect((await lab.ask(lab.isc({ method }))).status).toBe(status);
  });

  it('answers 404 for another name', async () => {
    expect((await lab.ask(lab.isc({ uri: 'sip:nobody@ims.mnc001.mcc001.3gppnetwork.org' }))).status).toBe(404);
  });
});

describe('the session timer of the echo test', () => {
  it('ends the call when the caller, who is to refresh it, does not', async () => {
    const answer = await lab.talk({ headers: [['Session-Expires', '90;refresher=uac']] });
    expect(header(answer, 'Session-Expires')).toBe('90;refresher=uac');
    expect(header(answer, 'Require')).toBe('timer');
    await lab.clock.advance(59_900);
    expect(lab.as.calls()).toBe(1);
    await lab.clock.advance(1_000);
    const bye = lab.scscf.last('BYE');
    expect(header(bye, 'Reason')).toBe('SIP;cause=408;text="Session timer expired"');
    lab.scscf.answer(bye, 200);
    await lab.settle();
    expect(lab.as.calls()).toBe(0);
  });

  it('is there without a wish of the caller too', async () => {
    const answer = await lab.talk();
    expect(header(answer, 'Session-Expires')).toBe('1800;refresher=uac');
    await lab.send(lab.inDialog(answer, 'BYE', 2));
  });

  it('is an hour for a caller who can neither refresh nor be asked', async () => {
    const invite = new MessageEdit(lab.isc()).remove('Supported', 'under test').remove('Allow', 'under test').done();
    const answer = await lab.ask(invite.message);
    expect(header(answer, 'Session-Expires')).toBeUndefined();
    await lab.send(lab.inDialog(answer, 'ACK', 1));
    await lab.clock.advance(3_500_000);
    expect(lab.as.calls()).toBe(1);
    await lab.clock.advance(100_000);
    lab.scscf.answer(lab.scscf.last('BYE'), 200);
    await lab.settle();
    expect(lab.as.calls()).toBe(0);
  });

  it('goes on when the caller refreshes the session', async () => {
    const answer = await lab.talk({ headers: [['Session-Expires', '90;refresher=uac']] });
    for (let number = 2; number < 8; number += 1) {
      await lab.clock.advance(45_000);
      const headers = [
        ['Session-Expires', '90;refresher=uac'],
        ['Supported', 'timer'],
      ] as const;
      expect((await lab.ask(lab.inDialog(answer, 'UPDATE', number, headers))).status).toBe(200);
    }
    await lab.send(lab.inDialog(answer, 'BYE', 8));
  });

  it('is refreshed by the server when the caller leaves that to it', async () => {
    const answer = await lab.talk({ headers: [['Session-Expires', '90;refresher=uas']] });
    expect(header(answer, 'Session-Expires')).toBe('90;refresher=uas');
    for (let refresh = 1; refresh <= 3; refresh += 1) {
      await lab.clock.advance(46_000);
      const update = lab.scscf.last('UPDATE');
      expect(header(update, 'CSeq')).toBe(`${refresh} UPDATE`);
      lab.scscf.answer(update, 200, { headers: [['Session-Expires', '90;refresher=uac']] });
      await lab.settle();
    }
    await lab.clock.advance(46_000);
    lab.scscf.answer(lab.scscf.last('UPDATE'), 481);
    await lab.settle();
    lab.scscf.answer(lab.scscf.last('BYE'), 200);
    await lab.settle();
    expect(lab.as.calls()).toBe(0);
  });
});
