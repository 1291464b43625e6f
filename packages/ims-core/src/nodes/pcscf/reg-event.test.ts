import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALICE, D, PcscfLab, type Phone, SERVICE_ROUTE } from '../../../test/kit/pcscf-lab.ts';
import { buildRegInfo, type ContactEvent, type RegInfoRegistration } from '../../protocols/events/reginfo.ts';
import { request } from '../../protocols/sip/build.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { callId, contacts, header, headerValues, tagOf } from '../../protocols/sip/read.ts';

/** Time of the registration. */
const REGISTERED_S = 1900;

let lab: PcscfLab;
let alice: Phone;
let subscribe: SipRequest;

beforeEach(async () => {
  lab = await PcscfLab.start({ subscribesToRegEvent: true });
  alice = await lab.phone();
  await alice.register({ expires: REGISTERED_S });
  subscribe = lab.core.last('SUBSCRIBE');
});

afterEach(async () => {
  await lab.pcscf.close();
});

const SCSCF = `sip:scscf.${D}:6060;transport=tcp`;

const accept = (expiresS = 600_000): Promise<void> =>
  lab.answer(subscribe, 200, {
    toTag: 'notifier',
    contact: SCSCF,
    headers: [['Expires', String(expiresS)]],
  });

/** What the S-CSCF says of Alice's contact under her first identity. */
function aliceIs(state: 'active' | 'terminated', event: ContactEvent, more: { expiresS?: number; uri?: string } = {}) {
  const { expiresS = REGISTERED_S, uri = alice.contact } = more;
  const contact = { id: 'c1', uri, state, event, expiresS, unknownParams: [] };
  return { aor: ALICE, id: 'r1', state, contacts: [contact] } satisfies RegInfoRegistration;
}

interface NotifyOptions {
  state?: string;
  version?: number;
  kind?: 'full' | 'partial';
  fromTag?: string;
  toTag?: string;
  event?: string;
  body?: string;
}

let branch = 0;
/** A NOTIFY of the S-CSCF; resolves with the P-CSCF's answer. */
async function notify(
  cseq: number,
  registrations: readonly RegInfoRegistration[],
  options: NotifyOptions = {},
): Promise<SipResponse> {
  await lab.fromCore(notification(cseq, registrations, options));
  return lab.core.responses.at(-1) ?? expect.fail('an answer came');
}

function notification(
  cseq: number,
  registrations: readonly RegInfoRegistration[],
  options: NotifyOptions = {},
): SipRequest {
  branch += 1;
  const body =
    options.body ??
    buildRegInfo({ version: options.version ?? cseq - 1, state: options.kind ?? 'full', registrations });
  return request(
    'NOTIFY',
    contacts(subscribe)[0]?.uriText ?? '',
    [
      ['Via', `SIP/2.0/TCP 127.0.0.1:6060;branch=z9hG4bKnotify${branch}`],
      ['Max-Forwards', '70'],
      ['From', `<${ALICE}>;tag=${options.fromTag ?? 'notifier'}`],
      ['To', `<sip:pcscf.${D}:5060>;tag=${options.toTag ?? tagOf(subscribe, 'From')}`],
      ['Call-ID', callId(subscribe)],
      ['CSeq', `${cseq} NOTIFY`],
      ['Contact', `<${SCSCF}>`],
      ['Event', options.event ?? 'reg'],
      ...(options.state === '' ? [] : [['Subscription-State', options.state ?? 'active;expires=600000'] as const]),
      ['Content-Type', 'application/reginfo+xml'],
    ],
    body,
  );
}

const registered = (): readonly string[] => lab.pcscf.registrations().map(({ contact }) => contact);

describe('a P-CSCF', () => {
  it('asks the home network what becomes of a registration, after the UE has its 200', () => {
    expect(alice.lastResponse().status).toBe(200);
    expect(subscribe.uri).toBe(ALICE);
    expect(header(subscribe, 'Event')).toBe('reg');
    expect(header(subscribe, 'Accept')).toBe('application/reginfo+xml');
    expect(header(subscribe, 'Expires')).toBe('600000');
    expect(header(subscribe, 'From')).toContain(`<sip:pcscf.${D}:5060>;tag=`);
    expect(header(subscribe, 'To')).toBe(`<${ALICE}>`);
    const path = header(lab.core.last('REGISTER'), 'Path');
    expect(header(subscribe, 'P-Asserted-Identity')).toBe(path);
    expect(header(subscribe, 'P-Charging-Vector')).toContain(`orig-ioi="Type 1${D}"`);
    expect(headerValues(subscribe, 'Route')).toEqual([]);
  });

  it('asks once, however often the UE registers', async () => {
    await accept();
    await notify(1, [aliceIs('active', 'registered')]);
    await alice.register();
    expect(lab.core.requests.filter(({ method }) => method === 'SUBSCRIBE')).toHaveLength(1);
  });

  it('asks anew when the S-CSCF has another registration of the user, or another S-CSCF has it', async () => {
    await accept();
    await notify(1, [aliceIs('active', 'registered')]);
    await alice.send(alice.registerRequest());
    const other = SERVICE_ROUTE.replace('orig-7', 'orig-8');
    await lab.grant(lab.core.last('REGISTER'), [], other);
    const asked = lab.core.requests.filter(({ method }) => method === 'SUBSCRIBE');
    expect(asked).toHaveLength(2);
    expect((await notify(2, [aliceIs('terminated', 'rejected')])).status).toBe(481);
    expect(registered()).toEqual([alice.contact]);
  });

  it('asks again at the next registration when it was refused', async () => {
    await lab.answer(subscribe, 480, { toTag: 'n' });
    await alice.register();
    expect(lab.core.requests.filter(({ method }) => method === 'SUBSCRIBE')).toHaveLength(2);
  });

  it('hears a NOTIFY that overtakes the 200 to its SUBSCRIBE', async () => {
    expect((await notify(1, [aliceIs('active', 'registered')])).status).toBe(200);
    await accept();
    expect((await notify(2, [aliceIs('terminated', 'rejected')])).status).toBe(200);
    expect(registered()).toEqual([]);
  });

  it('renews the subscription 600 s before its end, within the dialog', async () => {
    await accept(2000);
    await notify(1, [aliceIs('active', 'registered')], { state: 'active;expires=2000' });
    await lab.run(1_399_000);
    expect(lab.core.requests.filter(({ method }) => method === 'SUBSCRIBE')).toHaveLength(1);
    await lab.run(2_000);
    const renewal = lab.core.last('SUBSCRIBE');
    expect(renewal.uri).toBe(SCSCF);
    expect(tagOf(renewal, 'To')).toBe('notifier');
    expect(header(renewal, 'CSeq')).toBe('2 SUBSCRIBE');
  });

  it('renews it at once when the registration lasts longer', async () => {
    await accept(500);
    await notify(1, [aliceIs('active', 'registered')], { state: 'active;expires=500' });
    await alice.register();
    expect(header(lab.core.last('SUBSCRIBE'), 'CSeq')).toBe('2 SUBSCRIBE');
  });

  describe('that watches a registration', () => {
    beforeEach(async () => {
      await accept();
      await notify(1, [aliceIs('active', 'registered')]);
    });

    it.each(['rejected', 'deactivated', 'probation', 'unregistered', 'expired'] as const)(
      'ends the binding when the contact is %s',
      async (event) => {
        expect((await notify(2, [aliceIs('terminated', event)], { state: 'terminated;reason=rejected' })).status).toBe(
          200,
        );
        expect(registered()).toEqual([]);
        expect(lab.trace.notes()).toContain('REGISTRATION_ENDED');
        expect((await notify(3, [])).status).toBe(481);
      },
    );

    it('ends the calls of the UE with the binding', async () => {
      await lab.call(alice);
      await notify(2, [aliceIs('terminated', 'deactivated')]);
      expect(alice.peer.last('BYE').method).toBe('BYE');
      expect(header(lab.core.last('BYE'), 'Reason')).toBe('SIP;cause=480;text="The network ended the registration"');
      expect(lab.pcscf.calls()).toEqual([]);
    });

    it('ends a binding that a full document names no more', async () => {
      await notify(2, [aliceIs('active', 'registered', { uri: 'sip:else@page9.invalid' })]);
      expect(registered()).toEqual([]);
    });

    it('keeps a binding that a partial document does not name', async () => {
      await notify(2, [], { kind: 'partial' });
      expect(registered()).toEqual([alice.contact]);
    });

    it('asks for the whole when a part is missing', async () => {
      await notify(2, [aliceIs('terminated', 'rejected')], { kind: 'partial', version: 5 });
      expect(registered()).toEqual([alice.contact]);
      expect(header(lab.core.last('SUBSCRIBE'), 'CSeq')).toBe('2 SUBSCRIBE');
    });

    it('believes no document that is older than the last', async () => {
      await notify(2, [aliceIs('terminated', 'rejected')], { version: 0 });
      expect(registered()).toEqual([alice.contact]);
    });

    it('lets a shortened registration end when its time is over', async () => {
      await notify(2, [aliceIs('active', 'shortened', { expiresS: 60 })]);
      expect(lab.pcscf.registrations()).toMatchObject([{ expiresInS: 60 }]);
      await lab.run(61_000);
      expect(registered()).toEqual([]);
      expect(lab.trace.notes()).toContain('REGISTRATION_EXPIRED');
    });

    it('knows the identities that are registered from then on', async () => {
      const second = { ...aliceIs('active', 'created'), aor: `sip:alice@${D}`, id: 'r2' };
      await notify(2, [aliceIs('active', 'registered'), second]);
      expect(lab.pcscf.registrations()[0]?.impus).toEqual([ALICE, `sip:alice@${D}`]);
    });

    it('ends the subscription when it has let the UE go and nobody said so', async () => {
      await lab.run(REGISTERED_S * 1000);
      expect(registered()).toEqual([]);
      await lab.run(33_000);
      const last = lab.core.last('SUBSCRIBE');
      expect([header(last, 'CSeq'), header(last, 'Expires')]).toEqual(['2 SUBSCRIBE', '0']);
      await lab.answer(last, 200, { toTag: 'notifier', contact: SCSCF, headers: [['Expires', '0']] });
      expect((await notify(2, [], { state: 'terminated;reason=timeout' })).status).toBe(200);
      expect((await notify(3, [])).status).toBe(481);
    });

    it.each([
      ['of another dialog', { toTag: 'else' }, 481],
      ['of another notifier', { fromTag: 'else' }, 481],
      ['of another package', { event: 'presence' }, 489],
      ['without Subscription-State', { state: '' }, 400],
      ['with a body that is no reginfo', { body: '<reginfo' }, 400],
    ])('refuses a NOTIFY %s with %3$i', async (_what, options, status) => {
      expect((await notify(2, [aliceIs('terminated', 'rejected')], options)).status).toBe(status);
      expect(registered()).toEqual([alice.contact]);
    });

    it('refuses a NOTIFY whose number is not higher', async () => {
      expect((await notify(1, [aliceIs('terminated', 'rejected')])).status).toBe(500);
      expect(registered()).toEqual([alice.contact]);
    });
  });

  it('hears no NOTIFY from outside the trust domain', async () => {
    await accept();
    await notify(1, [aliceIs('active', 'registered')]);
    const stranger = await lab.phone({ transport: 'TCP', user: 'bob', address: '203.0.113.7' });
    await stranger.send(notification(2, [aliceIs('terminated', 'rejected')]));
    expect(stranger.lastResponse().status).toBe(403);
    expect(registered()).toEqual([alice.contact]);
  });
});
