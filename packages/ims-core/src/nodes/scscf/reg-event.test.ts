import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoreLab, D } from '../../../test/kit/core-lab.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import { DeregistrationReason } from '../../ports/cx-push.ts';
import { buildUserData } from '../../protocols/cx/user-data.ts';
import { parseRegInfo } from '../../protocols/events/parse-reginfo.ts';
import type { RegInfo } from '../../protocols/events/reginfo.ts';
import { parseSubscriptionState, type SubscriptionState } from '../../protocols/events/subscription-state.ts';
import { request } from '../../protocols/sip/build.ts';
import type { SipRequest, SipResponse } from '../../protocols/sip/message.ts';
import { bodyText, contacts, cseq, header, tagOf } from '../../protocols/sip/read.ts';

type Header = readonly [name: string, value: string];

const PCSCF_URI = `sip:flow-alice@pcscf.${D}:5060;transport=tcp;lr`;

let lab: CoreLab;
let alice: TestUe;
/** Status with which the subscriber answers each NOTIFY; undefined: not at all. */
let notifyAnswer: number | undefined;

beforeEach(async () => {
  lab = await CoreLab.start();
  alice = new TestUe('Alice');
  notifyAnswer = 200;
  lab.pcscf.onMessage = (message) => {
    if (message.kind === 'request' && notifyAnswer !== undefined) lab.pcscf.answer(message, notifyAnswer);
  };
});

afterEach(async () => {
  expect(lab.errors).toEqual([]);
  await lab.close();
  expect(lab.clock.pending).toBe(0);
});

/** A SUBSCRIBE of the user, as it leaves the P-CSCF. */
function subscribe(
  options: { headers?: readonly Header[]; identity?: string; uri?: string; ue?: TestUe } = {},
): SipRequest {
  const ue = options.ue ?? alice;
  return ue.initial(
    'SUBSCRIBE',
    options.uri ?? ue.impu,
    options.headers ?? [
      ['Event', 'reg'],
      ['Accept', 'application/reginfo+xml'],
      ['Expires', '600000'],
    ],
    { identity: options.identity ?? ue.impu },
  );
}

/** The next SUBSCRIBE in the dialog that a 200 made. */
function again(first: SipRequest, ok: SipResponse, expiresS: number, number = 2): SipRequest {
  return request('SUBSCRIBE', contacts(ok)[0]?.uriText ?? '', [
    ['Via', `SIP/2.0/TCP pcscf.${D}:5060;branch=z9hG4bKagain${number}`],
    ['Max-Forwards', '69'],
    ['From', header(first, 'From') ?? ''],
    ['To', header(ok, 'To') ?? ''],
    ['Call-ID', header(first, 'Call-ID') ?? ''],
    ['CSeq', `${number} SUBSCRIBE`],
    ['Contact', alice.contact],
    ['Event', 'reg'],
    ['Expires', String(expiresS)],
  ]);
}

interface Told {
  readonly request: SipRequest;
  readonly state: SubscriptionState;
  readonly info: RegInfo;
}

function told(): readonly Told[] {
  return lab.pcscf.requests.map((notify) => {
    expect(notify.method).toBe('NOTIFY');
    expect(header(notify, 'Event')).toBe('reg');
    expect(header(notify, 'Content-Type')).toBe('application/reginfo+xml');
    const parsed = parseRegInfo(bodyText(notify));
    const state = parseSubscriptionState(header(notify, 'Subscription-State') ?? '');
    if (!parsed.ok || state === undefined) return expect.fail('the NOTIFY can be read');
    return { request: notify, state, info: parsed.value };
  });
}

const lastTold = (): Told => told().at(-1) ?? expect.fail('a NOTIFY came');

/** What is told of each contact of the first two identities: the one that registers, and one that comes with it. */
const contactsTold = (info: RegInfo): string[] =>
  info.registrations
    .filter(({ aor }) => aor === alice.impu || aor === alice.number)
    .flatMap(({ aor, state, contacts: listed }) =>
      listed.map((contact) => `${aor} ${state}: ${contact.uri} ${contact.state} ${contact.event}`),
    );

const ALICE_CONTACT = 'sip:alice@phone.invalid;transport=ws';
const flowContact = (device: string): string =>
  `<sip:${device}@phone.invalid;transport=ws>;+sip.instance="<urn:uuid:${device}>";reg-id=1`;

describe('a SUBSCRIBE to a registration', () => {
  it('is answered with 200, then with all that the user has registered', async () => {
    await alice.registerAt(lab);
    const sent = subscribe();
    const ok = await lab.ask('scscf', sent);
    expect(ok.status).toBe(200);
    expect(header(ok, 'Expires')).toBe('600000');
    expect(header(ok, 'Contact')).toBe(`<sip:scscf.${D}:6060;transport=tcp>`);
    expect(header(ok, 'Record-Route')).toBe(header(sent, 'Record-Route'));
    expect(told()).toHaveLength(1);
    const { request: notify, state, info } = lastTold();
    expect(state).toEqual({ state: 'active', expiresS: 600_000 });
    expect(header(notify, 'Route')).toBe(header(sent, 'Record-Route'));
    expect(notify.uri).toBe(ALICE_CONTACT);
    expect(tagOf(notify, 'From')).toBe(tagOf(ok, 'To'));
    expect(info).toMatchObject({ version: 0, state: 'full' });
    expect(contactsTold(info)).toEqual([
      `${alice.impu} active: ${ALICE_CONTACT} active registered`,
      `${alice.number} active: ${ALICE_CONTACT} active created`,
    ]);
    expect(info.registrations[0]?.contacts[0]).toMatchObject({ expiresS: 3600, callId: 'reg-Alice', cseq: 2 });
  });

  it('tells the parameters of the contact, quoted ones with their quotes', async () => {
    await alice.registerAt(lab, { contact: [`"Alice" ${flowContact('a')};q=0.5;audio`] });
    await lab.ask('scscf', subscribe());
    expect(lastTold().info.registrations[0]?.contacts[0]).toMatchObject({
      displayName: 'Alice',
      q: 0.5,
      unknownParams: [
        { name: '+sip.instance', value: '"<urn:uuid:a>"' },
        { name: 'reg-id', value: '1' },
        { name: 'audio', value: '' },
      ],
    });
  });

  it.each([
    ['the user itself', () => alice.impu, 200],
    ['the user by its number', () => alice.number, 200],
    ['the P-CSCF on the Path', () => PCSCF_URI, 200],
    ['another P-CSCF', () => `sip:pcscf.elsewhere.example:5060`, 403],
    ['another user', () => new TestUe('Bob').impu, 403],
    ['nobody', () => '', 403],
  ])('of %s gets %3$i', async (_who, identity, status) => {
    await alice.registerAt(lab);
    expect((await lab.ask('scscf', subscribe({ identity: identity() }))).status).toBe(status);
    expect(told()).toHaveLength(status === 200 ? 1 : 0);
  });

  it('of another user who is registered here is refused by the S-CSCF of both', async () => {
    const bob = new TestUe('Bob');
    await alice.registerAt(lab);
    await bob.registerAt(lab);
    expect((await lab.ask('scscf', subscribe({ ue: bob, uri: alice.impu }))).status).toBe(403);
  });

  it.each([
    ['a package that nobody knows within the dialog', [['Event', 'presence']], 489, ['Allow-Events', 'reg']],
    [
      'less time than is worth the messages',
      [
        ['Event', 'reg'],
        ['Expires', '59'],
      ],
      423,
      ['Min-Expires', '60'],
    ],
    [
      'another kind of document',
      [
        ['Event', 'reg'],
        ['Accept', 'application/pidf+xml'],
      ],
      406,
      ['Accept', 'application/reginfo+xml'],
    ],
  ] as const)('that asks for %s gets %3$i', async (_what, headers, status, [name, value]) => {
    await alice.registerAt(lab);
    const first = subscribe();
    const ok = await lab.ask('scscf', first);
    const inDialog = again(first, ok, 600);
    const asked = headers.some(([key, text]) => key === 'Event' && text !== 'reg')
      ? {
          ...inDialog,
          headers: inDialog.headers.map((field) => (field.key === 'event' ? { ...field, value: 'presence' } : field)),
        }
      : subscribe({ headers });
    const refused = await lab.ask('scscf', asked);
    expect(refused.status).toBe(status);
    expect(header(refused, name)).toBe(value);
    expect(told()).toHaveLength(1);
  });

  it('to a user who is not registered gets 480', async () => {
    expect((await lab.ask('scscf', subscribe())).status).toBe(480);
    expect(lab.scscfCx.sars).toEqual([]);
  });

  it('without a time gets 3761 s', async () => {
    await alice.registerAt(lab);
    expect(header(await lab.ask('scscf', subscribe({ headers: [['Event', 'reg']] })), 'Expires')).toBe('3761');
  });

  it('for no time at all gets one document and no subscription', async () => {
    await alice.registerAt(lab);
    const headers: readonly Header[] = [
      ['Event', 'reg'],
      ['Expires', '0'],
    ];
    expect((await lab.ask('scscf', subscribe({ headers }))).status).toBe(200);
    expect(lastTold().state).toEqual({ state: 'terminated', reason: 'timeout' });
    expect(contactsTold(lastTold().info)).toHaveLength(2);
    await alice.registerAt(lab);
    expect(told()).toHaveLength(1);
  });

  it('is the 21st to one registration: 503', async () => {
    await alice.registerAt(lab);
    for (let index = 0; index < 20; index += 1) expect((await lab.ask('scscf', subscribe())).status).toBe(200);
    const refused = await lab.ask('scscf', subscribe());
    expect(refused.status).toBe(503);
    expect(header(refused, 'Retry-After')).toBe('10');
  });
});

describe('a subscription', () => {
  let first: SipRequest;
  let ok: SipResponse;
  beforeEach(async () => {
    await alice.registerAt(lab);
    first = subscribe();
    ok = await lab.ask('scscf', first);
  });

  it('is renewed within its dialog, with a document of the next version', async () => {
    await lab.clock.advance(1_000_000);
    const renewed = await lab.ask('scscf', again(first, ok, 700));
    expect(renewed.status).toBe(200);
    expect(header(renewed, 'Expires')).toBe('700');
    expect(told().map(({ info, request: notify }) => [info.version, cseq(notify)?.number])).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(lastTold().state).toEqual({ state: 'active', expiresS: 700 });
  });

  it('takes no SUBSCRIBE twice', async () => {
    await lab.ask('scscf', again(first, ok, 700));
    const repeated = again(first, ok, 700);
    const otherBranch = {
      ...repeated,
      headers: repeated.headers.map((field) =>
        field.key === 'via' ? { ...field, value: field.value.replace('again2', 'other') } : field,
      ),
    };
    expect((await lab.ask('scscf', otherBranch)).status).toBe(500);
  });

  it('ends when the subscriber says so', async () => {
    expect((await lab.ask('scscf', again(first, ok, 0))).status).toBe(200);
    expect(lastTold().state).toEqual({ state: 'terminated', reason: 'timeout' });
    expect((await lab.ask('scscf', again(first, ok, 700, 3))).status).toBe(481);
  });

  it('ends when nobody renews it', async () => {
    await lab.ask('scscf', again(first, ok, 60));
    await lab.clock.advance(60_000);
    expect(lastTold().state).toEqual({ state: 'terminated', reason: 'timeout' });
    expect(lab.trace.notes()).toContain('SUBSCRIPTION_EXPIRED');
  });

  it.each([481, 404, 500])('ends when the subscriber answers a NOTIFY with %i', async (status) => {
    notifyAnswer = status;
    await alice.registerAt(lab);
    const count = told().length;
    expect(lab.trace.notes()).toContain('SUBSCRIPTION_FAILED');
    notifyAnswer = 200;
    await alice.registerAt(lab);
    expect(told()).toHaveLength(count);
    expect((await lab.ask('scscf', again(first, ok, 700))).status).toBe(481);
  });

  it('ends when the subscriber answers no NOTIFY', async () => {
    notifyAnswer = undefined;
    await alice.registerAt(lab);
    await lab.clock.advance(33_000);
    expect(lab.trace.notes()).toContain('SUBSCRIPTION_FAILED');
    expect((await lab.ask('scscf', again(first, ok, 700))).status).toBe(481);
  });

  it('has one NOTIFY on its way at a time, and the next one tells all that changed meanwhile', async () => {
    notifyAnswer = undefined;
    const [held] = lab.pcscf.requests.slice(-1);
    await alice.registerAt(lab);
    await alice.registerAt(lab, { contact: [flowContact('b')] });
    await alice.registerAt(lab, { contact: [`${flowContact('b')};expires=0`] });
    expect(told()).toHaveLength(2);
    notifyAnswer = 200;
    lab.pcscf.answer(lab.pcscf.last('NOTIFY'), 200);
    await lab.settle();
    expect(held).not.toBe(lab.pcscf.last('NOTIFY'));
    expect(told().map(({ info }) => info.version)).toEqual([0, 1, 2]);
    expect(contactsTold(lastTold().info)).toEqual([
      `${alice.impu} active: ${ALICE_CONTACT} active refreshed`,
      `${alice.impu} active: sip:b@phone.invalid;transport=ws terminated unregistered`,
      `${alice.number} active: ${ALICE_CONTACT} active refreshed`,
      `${alice.number} active: sip:b@phone.invalid;transport=ws terminated unregistered`,
    ]);
  });

  it('tells of a re-registration, of a second device, and of one that leaves, under ids that stay', async () => {
    await alice.registerAt(lab, { contact: [alice.contact] });
    expect(contactsTold(lastTold().info)).toEqual([
      `${alice.impu} active: ${ALICE_CONTACT} active refreshed`,
      `${alice.number} active: ${ALICE_CONTACT} active refreshed`,
    ]);
    await alice.registerAt(lab, { contact: [flowContact('b')] });
    expect(contactsTold(lastTold().info)).toContain(
      `${alice.impu} active: sip:b@phone.invalid;transport=ws active registered`,
    );
    await alice.registerAt(lab, { contact: [`${flowContact('b')};expires=0`] });
    const ids = told().map(({ info }) =>
      info.registrations
        .slice(0, 2)
        .map(({ id, contacts: listed }) => [id, ...listed.map((contact) => contact.id)].join(' ')),
    );
    expect(ids).toEqual([
      ['r1 c1', 'r2 c2'],
      ['r1 c1', 'r2 c2'],
      ['r1 c1 c5', 'r2 c2 c6'],
      ['r1 c1 c5', 'r2 c2 c6'],
    ]);
    expect(lastTold().state.state).toBe('active');
  });

  it('tells that a contact without a flow took the place of another: deactivated', async () => {
    await alice.registerAt(lab, { contact: ['<sip:new@phone.invalid;transport=ws>'] });
    expect(contactsTold(lastTold().info).slice(0, 2)).toEqual([
      `${alice.impu} active: sip:new@phone.invalid;transport=ws active registered`,
      `${alice.impu} active: ${ALICE_CONTACT} terminated deactivated`,
    ]);
  });

  it('ends with the registration: the UE de-registers', async () => {
    await alice.registerAt(lab, { expires: 0 });
    expect(lastTold().state).toEqual({ state: 'terminated', reason: 'noresource' });
    expect(contactsTold(lastTold().info)).toEqual([
      `${alice.impu} terminated: ${ALICE_CONTACT} terminated unregistered`,
      `${alice.number} terminated: ${ALICE_CONTACT} terminated unregistered`,
    ]);
  });

  it('ends with the registration: it runs out', async () => {
    await lab.clock.advance(3_600_000);
    expect(lastTold().state).toEqual({ state: 'terminated', reason: 'noresource' });
    expect(contactsTold(lastTold().info)[0]).toBe(`${alice.impu} terminated: ${ALICE_CONTACT} terminated expired`);
  });

  it('tells of a shortened registration, which then runs out', async () => {
    expect(await lab.scscf.shortenRegistration(alice.impi, 120)).toBe(true);
    await lab.settle();
    expect(lastTold().info.registrations[0]?.contacts[0]).toMatchObject({ event: 'shortened', expiresS: 120 });
    await lab.clock.advance(121_000);
    expect(lab.scscf.registrations()).toEqual([]);
    expect(lastTold().state.state).toBe('terminated');
  });

  it('tells of a de-registration by the operator, and the HSS learns of it', async () => {
    expect(await lab.scscf.deregister(alice.impi)).toBe(true);
    await lab.settle();
    expect(lastTold().state).toEqual({ state: 'terminated', reason: 'deactivated' });
    expect(lab.scscfCx.sars.map((sar) => sar.serverAssignmentType)).toEqual([1, 8]);
    expect((await lab.store.byImpi(alice.impi))?.state).toBe('NOT_REGISTERED');
    expect(await lab.scscf.deregister(alice.impi)).toBe(false);
  });

  describe('and an RTR', () => {
    it.each([
      ['PERMANENT_TERMINATION', 'rejected'],
      ['SERVER_CHANGE', 'deactivated'],
    ] as const)('with %s ends both, and tells %s', async (reason, event) => {
      const answer = await lab.scscfCx.registrationTermination({
        userName: alice.impi,
        publicIdentities: [],
        reason: DeregistrationReason[reason],
      });
      expect(answer.result).toEqual({ vendor: 0, code: 2001 });
      await lab.settle();
      expect(lab.scscf.registrations()).toEqual([]);
      expect(lastTold().state).toEqual({ state: 'terminated', reason: event });
      expect(contactsTold(lastTold().info)).toEqual([
        `${alice.impu} terminated: ${ALICE_CONTACT} terminated ${event}`,
        `${alice.number} terminated: ${ALICE_CONTACT} terminated ${event}`,
      ]);
      expect(lab.scscfCx.sars).toHaveLength(1);
    });

    it.each(['NEW_SERVER_ASSIGNED', 'REMOVE_S_CSCF'] as const)('with %s ends both without a word', async (reason) => {
      await lab.scscfCx.registrationTermination({
        userName: alice.impi,
        publicIdentities: [alice.number],
        reason: DeregistrationReason[reason],
      });
      await lab.settle();
      expect(lab.scscf.registrations()).toEqual([]);
      expect(told()).toHaveLength(1);
      expect((await lab.ask('scscf', again(first, ok, 700))).status).toBe(481);
    });

    it.each([
      ['a user who is not registered here', 'nobody@home', []],
      ['an identity that is not of the user', undefined, ['sip:other@home']],
    ] as const)('for %s is answered with DIAMETER_ERROR_USER_UNKNOWN', async (_whom, userName, publicIdentities) => {
      const answer = await lab.scscfCx.registrationTermination({
        userName: userName ?? alice.impi,
        publicIdentities,
        reason: DeregistrationReason.SERVER_CHANGE,
      });
      expect(answer.result).toEqual({ vendor: 10415, code: 5001 });
      expect(lab.scscf.registrations()).toHaveLength(1);
    });
  });

  describe('and a PPR', () => {
    /** Alice's profile with other public identities. */
    const profile = (uris: readonly string[]): string =>
      buildUserData({
        privateId: alice.impi,
        serviceProfiles: [
          {
            publicIdentities: uris.map((identity) => ({ identity, barred: false, identityType: 0 })),
            initialFilterCriteria: [],
            sharedIfcSetIds: [],
          },
        ],
      });
    const identities = (): readonly string[] => lab.scscf.registrations()[0]?.impus ?? [];
    const push = (userData: string, userName = alice.impi) => lab.scscfCx.pushProfile({ userName, userData });

    it('that adds an identity tells that it is registered too', async () => {
      await alice.registerAt(lab);
      expect((await push(profile([...identities(), `sip:new@${D}`]))).result.code).toBe(2001);
      await lab.settle();
      expect(lastTold().info.registrations.at(-1)).toMatchObject({
        aor: `sip:new@${D}`,
        state: 'active',
        contacts: [{ uri: ALICE_CONTACT, state: 'active', event: 'created' }],
      });
      expect(contactsTold(lastTold().info)[0]).toBe(`${alice.impu} active: ${ALICE_CONTACT} active refreshed`);
      expect(lab.trace.notes()).toContain('PROFILE_REPLACED');
      expect(identities()).toContain(`sip:new@${D}`);
    });

    it('that takes an identity away tells that it is gone', async () => {
      await push(profile(identities().filter((uri) => uri !== alice.number)));
      await lab.settle();
      expect(contactsTold(lastTold().info)).toEqual([
        `${alice.impu} active: ${ALICE_CONTACT} active registered`,
        `${alice.number} terminated: ${ALICE_CONTACT} terminated deactivated`,
      ]);
      expect(lastTold().state.state).toBe('active');
    });

    it('that changes services only tells nothing', async () => {
      await push(profile(identities()));
      await lab.settle();
      expect(told()).toHaveLength(1);
    });

    it('that changes the charging functions is taken, and tells nothing', async () => {
      const chargingInformation = { primaryCcf: 'aaa://new.example' };
      const answer = await lab.scscfCx.pushProfile({ userName: alice.impi, chargingInformation });
      expect(answer.result.code).toBe(2001);
      expect(told()).toHaveLength(1);
    });

    it.each([
      ['no XML', () => 'IMSSubscription', 5009, 10415],
      ['an unknown element in place of the schema', () => '<IMSSubscription/>', 5009, 10415],
      ['more than is read', () => `<IMSSubscription>${'x'.repeat(300_000)}</IMSSubscription>`, 5008, 10415],
      ['another default identity', () => profile([alice.number, alice.impu]), 5012, 0],
    ])('with %s is refused, and the profile stays', async (_what, userData, code, vendor) => {
      const before = identities();
      expect((await push(userData())).result).toEqual({ vendor, code });
      await lab.settle();
      expect(told()).toHaveLength(1);
      expect(identities()).toEqual(before);
    });

    it('for a user who is not registered here is refused', async () => {
      expect((await push(profile(['sip:x@home']), 'nobody@home')).result).toEqual({ vendor: 10415, code: 5001 });
    });
  });
});
