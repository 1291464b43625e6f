import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoreLab, D, tcpHop, withBarred } from '../../../test/kit/core-lab.ts';
import {
  type CriterionOptions,
  criterion,
  method,
  sessionCase,
  setServices,
} from '../../../test/kit/filter-criterion.ts';
import { type AsBehaviour, answers, ScriptedAs } from '../../../test/kit/scripted-as.ts';
import { SipPeer } from '../../../test/kit/sip-peer.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import { DeregistrationReason } from '../../ports/cx-push.ts';
import type { RegistrationType, TriggerCondition } from '../../ports/service-profile.ts';
import { parseMessage } from '../../protocols/sip/parse.ts';
import { bodyText, contentType, header } from '../../protocols/sip/read.ts';
import { userDataOf } from '../hss/user-data.ts';

const registering = (...registrationTypes: readonly RegistrationType[]): TriggerCondition => ({
  kind: 'Method',
  method: 'REGISTER',
  registrationTypes,
});

let lab: CoreLab;
let alice: TestUe;
let closing: { close(): Promise<void> }[];

async function start(options: Parameters<typeof CoreLab.start>[0] = {}): Promise<void> {
  lab = await CoreLab.start(options);
  alice = new TestUe('Alice');
  closing = [];
}

beforeEach(() => start());

afterEach(async () => {
  expect(lab.errors).toEqual([]);
  for (const each of closing) await each.close();
  await lab.close();
});

async function startAs(behaviour: AsBehaviour = answers(200), name: 'as' | 'as2' = 'as'): Promise<ScriptedAs> {
  const as = await ScriptedAs.start(lab, behaviour, name);
  closing.push(as);
  return as;
}

/** Registers Alice with one service that wants to know. */
async function registerAlice(condition = registering(), options: CriterionOptions = {}): Promise<void> {
  await setServices(lab, 'Alice', [criterion([condition], options)]);
  expect((await alice.registerAt(lab)).status).toBe(200);
  await lab.settle();
}

const expiries = (as: ScriptedAs): string[] => as.requests.map((message) => header(message, 'Expires') ?? '');
const notes = (code: string): string[] =>
  lab.trace.events.flatMap((event) => (event.kind === 'note' && event.note.code === code ? [event.note.text] : []));

describe('a third-party REGISTER', () => {
  it('tells a server of the registration, in the name of the S-CSCF', async () => {
    const as = await startAs();
    await registerAlice();
    const { request } = as;
    expect(request.method).toBe('REGISTER');
    expect(request.uri).toBe(`sip:as.${D}:5080`);
    expect(header(request, 'From')).toMatch(new RegExp(`^<sip:scscf\\.${D}:6060>;tag=`));
    expect(header(request, 'To')).toBe(`<${alice.impu}>`);
    expect(header(request, 'Contact')).toBe(`<sip:scscf.${D}:6060>`);
    expect(header(request, 'Expires')).toBe('3600');
    expect(header(request, 'P-Visited-Network-ID')).toBe(`"${D}"`);
    expect(header(request, 'P-Charging-Vector')).toBe(`icid-value="icid-Alice";orig-ioi="Type 3${D}"`);
    expect(request.body).toHaveLength(0);
    for (const name of ['Authorization', 'Path', 'Route', 'P-Served-User']) {
      expect(header(request, name), name).toBeUndefined();
    }
  });

  it('goes out after the 200 to the UE', async () => {
    await startAs();
    await registerAlice();
    const steps = lab.trace.ladder().map((line) => line.replace(/^\d+ /, ''));
    expect(steps.indexOf('200 S-CSCF to I-CSCF')).toBeLessThan(steps.indexOf('REGISTER S-CSCF to AS'));
  });

  it('names one identity that is not barred for the whole implicit set', async () => {
    await lab.close();
    await start({ subscribers: withBarred('Alice', (_uri, index) => index === 0) });
    const as = await startAs();
    await setServices(lab, 'Alice', [criterion([registering()])]);
    await alice.registerAt(lab);
    expect(header(as.request, 'To')).toBe(`<${alice.number}>`);
  });

  it('follows each change of the registration', async () => {
    const as = await startAs();
    await registerAlice();
    await alice.registerAt(lab, { expires: 600 });
    await alice.registerAt(lab, { expires: 0 });
    await lab.settle();
    expect(expiries(as)).toEqual(['3600', '600', '0']);
  });

  it.each<[string, readonly RegistrationType[], string[]]>([
    ['all', [], ['3600', '600', '0']],
    ['initial', ['INITIAL_REGISTRATION'], ['3600']],
    ['re-registrations', ['RE_REGISTRATION'], ['600']],
    ['de-registrations', ['DE_REGISTRATION'], ['0']],
    ['initial and de-registrations', ['INITIAL_REGISTRATION', 'DE_REGISTRATION'], ['3600', '0']],
  ])('is sent for %s when the criterion asks for them', async (_, types, expected) => {
    const as = await startAs();
    await registerAlice(registering(...types));
    await alice.registerAt(lab, { expires: 600 });
    await alice.registerAt(lab, { expires: 0 });
    await lab.settle();
    expect(expiries(as)).toEqual(expected);
  });

  it('says that the registration ran out', async () => {
    const as = await startAs();
    await registerAlice();
    await lab.clock.advance(3_600_000);
    expect(expiries(as)).toEqual(['3600', '0']);
  });

  it.each([
    ['the HSS ends the subscription', DeregistrationReason.PERMANENT_TERMINATION, ['3600', '0']],
    ['another S-CSCF tells the server itself', DeregistrationReason.NEW_SERVER_ASSIGNED, ['3600']],
  ])('when the network ends the registration: %s', async (_, reason, expected) => {
    const as = await startAs();
    await registerAlice();
    await lab.scscfCx.registrationTermination({ userName: alice.impi, publicIdentities: [], reason });
    await lab.settle();
    expect(expiries(as)).toEqual(expected);
  });

  it('is not sent while other contacts of the user stay', async () => {
    const as = await startAs();
    await setServices(lab, 'Alice', [criterion([registering()])]);
    const flow = (id: number) => `<sip:alice@phone.invalid;transport=ws>;+sip.instance="<urn:uuid:a>";reg-id=${id}`;
    await alice.registerAt(lab, { contact: [flow(1)] });
    await alice.registerAt(lab, { contact: [flow(2)] });
    await alice.registerAt(lab, { contact: [flow(2)], expires: 0 });
    await lab.settle();
    expect(expiries(as)).toEqual(['3600', '3600']);
  });

  it('goes only to servers whose criteria ask for it, each its own', async () => {
    const first = await startAs();
    const second = await startAs(answers(200), 'as2');
    const toSecond = { server: `sip:as2.${D}:5080` };
    await setServices(lab, 'Alice', [
      criterion([registering()], { priority: 1 }),
      criterion([method('INVITE')], { priority: 2, ...toSecond }),
      criterion([registering()], { priority: 3, part: 'UNREGISTERED', ...toSecond }),
      criterion([registering(), { kind: 'SIPHeader', header: 'P-No-Such-Header' }], { priority: 4, ...toSecond }),
    ]);
    await alice.registerAt(lab);
    await lab.settle();
    expect(first.requests).toHaveLength(1);
    expect(second.requests).toEqual([]);
  });

  it('does not ask about the session case, which a REGISTER has not', async () => {
    const as = await startAs();
    await setServices(lab, 'Alice', [
      criterion([registering(), sessionCase('TERMINATING_REGISTERED')], { priority: 1 }),
      criterion([sessionCase('ORIGINATING_REGISTERED')], { priority: 2 }),
    ]);
    await alice.registerAt(lab);
    await lab.settle();
    expect(as.requests).toHaveLength(1);
  });
});

describe('the body of a third-party REGISTER', () => {
  it('holds what the profile has for the server', async () => {
    const as = await startAs();
    await registerAlice(registering(), { extra: { serviceInfo: 'a < b & "c"' } });
    expect(contentType(as.request)).toBe('application/3gpp-ims+xml');
    expect(bodyText(as.request)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?><ims-3gpp version="1"><service-info>a &lt; b &amp; "c"</service-info></ims-3gpp>',
    );
  });

  it('holds the REGISTER of the UE when the server asks for it', async () => {
    const as = await startAs();
    await registerAlice(registering(), { extra: { includeRegisterRequest: true } });
    expect(contentType(as.request)).toBe('message/sip');
    const inner = parsed(as.request.body);
    expect(inner).toMatchObject({ kind: 'request', method: 'REGISTER', uri: `sip:scscf.${D}:6060` });
    expect(header(inner, 'Contact')).toContain('alice@phone.invalid');
  });

  it('holds all that is asked for in one multipart', async () => {
    const as = await startAs();
    const extra = { serviceInfo: 'mmtel', includeRegisterRequest: true, includeRegisterResponse: true };
    await registerAlice(registering(), { extra });
    const boundary = /^multipart\/mixed;boundary="([0-9a-f]+)"$/.exec(header(as.request, 'Content-Type') ?? '')?.[1];
    const [before, xml, request, response, after] = bodyText(as.request).split(`--${boundary}`);
    expect([before, after]).toEqual(['', '--\r\n']);
    expect(xml).toMatch(/^\r\nContent-Type: application\/3gpp-ims\+xml\r\n\r\n<\?xml .*<service-info>mmtel<.*\r\n$/);
    expect(request).toMatch(/^\r\nContent-Type: message\/sip\r\n\r\nREGISTER sip:/);
    const text = response?.replace('\r\nContent-Type: message/sip\r\n\r\n', '').replace(/\r\n$/, '') ?? '';
    const inner = parsed(new TextEncoder().encode(text));
    expect(inner).toMatchObject({ kind: 'response', status: 200 });
    expect(header(inner, 'Service-Route')).toBe(alice.serviceRoute);
    const seen = lab.pcscf.responses.at(-1);
    expect(header(inner, 'To')).toBe(seen && header(seen, 'To'));
  });

  it('has no messages of a UE when none registered', async () => {
    const as = await startAs();
    const extra = { serviceInfo: 'mmtel', includeRegisterRequest: true, includeRegisterResponse: true };
    await registerAlice(registering(), { extra });
    await lab.clock.advance(3_600_000);
    expect(as.requests.map((message) => contentType(message))).toEqual(['multipart/mixed', 'application/3gpp-ims+xml']);
  });

  const parsed = (octets: Uint8Array) => {
    const message = parseMessage(octets);
    return message.ok ? message.value : expect.fail(message.error.text);
  };
});

describe('a server that does not take a third-party REGISTER', () => {
  const isRegistered = (): boolean => lab.scscf.registrations().length > 0;

  it.each([500, 503, 408])('changes nothing by %i when the session would go on without it', async (status) => {
    await startAs(answers(status));
    await registerAlice();
    expect(isRegistered()).toBe(true);
    expect(notes('ISC_DEFAULT_HANDLING')).toEqual([expect.stringContaining('the registration stays as it is')]);
  });

  it.each([500, 503, 408])('ends the registration by %i when the user needs it', async (status) => {
    const as = await startAs(answers(status));
    const other = await startAs(answers(200), 'as2');
    await setServices(lab, 'Alice', [
      criterion([registering()], { priority: 1, handling: 'SESSION_TERMINATED' }),
      criterion([registering()], { priority: 2, server: `sip:as2.${D}:5080` }),
    ]);
    await alice.registerAt(lab);
    await lab.settle();
    expect(isRegistered()).toBe(false);
    expect(await lab.store.byImpu(alice.impu)).toMatchObject({ state: 'NOT_REGISTERED' });
    expect(expiries(as)).toEqual(['3600', '0']);
    expect(expiries(other)).toEqual(['3600', '0']);
    expect(notes('REGISTRATION_REMOVED')).toEqual([expect.stringContaining(`sip:as.${D}:5080`)]);
  });

  it('ends the registration when it is silent and the user needs it', async () => {
    closing.push(await SipPeer.start(lab.network.node([tcpHop('as')])));
    await registerAlice(registering(), { handling: 'SESSION_TERMINATED' });
    expect(isRegistered()).toBe(true);
    await lab.clock.advance(33_000);
    expect(isRegistered()).toBe(false);
  });

  it.each([403, 404, 302, 603])('may refuse with %i', async (status) => {
    await startAs(answers(status));
    await registerAlice(registering(), { handling: 'SESSION_TERMINATED' });
    expect(isRegistered()).toBe(true);
  });

  it('has to have a SIP URI', async () => {
    await registerAlice(registering(), { handling: 'SESSION_TERMINATED', server: 'no uri' });
    expect(isRegistered()).toBe(false);
  });
});

describe('a new profile', () => {
  it('decides about the next REGISTER', async () => {
    const as = await startAs();
    await registerAlice(method('INVITE'));
    await setServices(lab, 'Alice', [criterion([registering()])]);
    const stored = (await lab.store.byImpu(alice.impu)) ?? expect.fail('Alice is known');
    await lab.scscfCx.pushProfile({ userName: alice.impi, userData: userDataOf(stored) });
    expect(as.requests).toEqual([]);
    await alice.registerAt(lab);
    await lab.settle();
    expect(expiries(as)).toEqual(['3600']);
  });
});
