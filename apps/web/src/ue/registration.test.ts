import { type AkaAlgorithm, akaAlgorithms } from '@imslab/ims-core/protocols/auth/digest';
import { RESTORATION_BODY } from '@imslab/ims-core/protocols/sip/restoration';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { aliceSim, FakePcscf, MemoryStorage, seqArrayAt } from '../../test/fake-pcscf.ts';
import { DEFAULT_AKA_ALGORITHM } from './announced-algorithm.ts';
import { initialPhoneState, type PhoneState } from './phone-state.ts';
import { createRegistration } from './registration.ts';
import { headerLines } from './sip-text.ts';

const DOMAIN = aliceSim.domain;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('localStorage', new MemoryStorage());
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function aPhone(network = new FakePcscf(aliceSim), algorithm: AkaAlgorithm = DEFAULT_AKA_ALGORITHM) {
  const store = createStore<PhoneState>()(() => initialPhoneState);
  const wishes: boolean[] = [];
  const registration = createRegistration({
    sim: aliceSim,
    pcscf: 'sip:pcscf.lab.example:8080',
    sipUrl: 'ws://localhost:8080/sip',
    algorithm,
    store,
    onWish: (registered) => wishes.push(registered),
    openSocket: network.open,
  });
  const state = () => store.getState();
  const is = (wanted: PhoneState['registration']) =>
    vi.waitFor(() => expect(state().registration).toBe(wanted), { timeout: 40_000, interval: 50 });
  return { network, registration, state, is, wishes };
}

describe('a registration', () => {
  it('announces the IMPI in the first REGISTER and answers the challenge with the card', async () => {
    const { network, registration, state, is, wishes } = aPhone();
    registration.register();
    expect(state().registration).toBe('registering');
    await is('registered');
    const [first, second] = network.seen;
    expect(network.seen).toHaveLength(2);
    expect(first?.text).toMatch(new RegExp(`^REGISTER sip:${DOMAIN} SIP/2.0\r\n`));
    expect(Object.fromEntries(first?.authorization ?? [])).toEqual({
      username: aliceSim.impi,
      realm: DOMAIN,
      uri: `sip:${DOMAIN}`,
      nonce: '',
      response: '',
      algorithm: 'AKAv2-SHA-256',
    });
    expect(headerLines(second?.text ?? '', 'Authorization')).toHaveLength(1);
    expect(headerLines(second?.text ?? '', 'Call-ID')).toEqual(headerLines(first?.text ?? '', 'Call-ID'));
    const contact = headerLines(first?.text ?? '', 'Contact')[0];
    expect(contact).toContain(';transport=ws>');
    expect(contact).toContain('+sip.instance="<urn:uuid:00101000-0000-8001-8000-000000000000>"');
    expect(contact).toContain('expires=600000');
    expect(contact).toContain('+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"');
    expect(state().registered).toMatchObject({
      defaultIdentity: aliceSim.impus[0],
      serviceRoutes: ['<sip:orig@scscf.lab.example:6060;transport=tcp;lr>'],
      expiresS: 3600,
      algorithm: 'AKAv2-SHA-256',
    });
    expect(wishes).toEqual([true]);
  });

  it.each(akaAlgorithms)('is proven with %s when that is announced', async (algorithm) => {
    const { network, registration, state, is } = aPhone(new FakePcscf(aliceSim), algorithm);
    registration.register();
    await is('registered');
    expect(network.seen.map(({ authorization }) => authorization.get('algorithm'))).toEqual([algorithm, algorithm]);
    expect(state().registered?.algorithm).toBe(algorithm);
  });

  it('never puts K, OPc or the stand-in password on the wire', async () => {
    const { network, registration, is } = aPhone();
    registration.register();
    await is('registered');
    for (const { text } of network.seen) {
      expect(text.toLowerCase()).not.toContain(aliceSim.k);
      expect(text.toLowerCase()).not.toContain(aliceSim.opc);
      expect(text).not.toContain('unused');
    }
  });

  it('registers again 600 s before the expiry and is challenged again', async () => {
    const { network, registration, is } = aPhone();
    registration.register();
    await is('registered');
    await vi.advanceTimersByTimeAsync(2_990_000);
    expect(network.seen).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(20_000);
    await vi.waitFor(() => expect(network.seen).toHaveLength(4));
  });

  it('brings SQN back into step when the card is ahead of the HSS', async () => {
    localStorage.setItem(`imslab.sqn.${aliceSim.imsi}`, JSON.stringify(seqArrayAt(500)));
    const { network, registration, is } = aPhone();
    registration.register();
    await is('registered');
    expect(network.seen.map(({ authorization }) => authorization.has('auts'))).toEqual([false, true, false]);
    expect(network.seq).toBe(502);
  });

  it('keeps the SEQ array for the next page, so that no challenge is taken twice', async () => {
    const first = aPhone();
    first.registration.register();
    await first.is('registered');
    const used = first.network.seq - 1;
    const again = new FakePcscf(aliceSim);
    again.seq = used;
    const second = aPhone(again);
    second.registration.register();
    await second.is('registered');
    expect(again.seen.some(({ authorization }) => authorization.has('auts'))).toBe(true);
  });

  it('refuses a network that does not know K, says so and stops', async () => {
    const { network, registration, state, is, wishes } = aPhone();
    network.wrongKey = true;
    registration.register();
    await is('not-registered');
    expect(network.seen[1]?.authorization.get('response')).toBe('');
    expect(network.seen[1]?.authorization.has('auts')).toBe(false);
    expect(state().registrationTrouble).toMatchObject({
      text: 'The network did not prove that it knows this SIM',
      wire: '403 Forbidden',
    });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(network.seen).toHaveLength(2);
    expect(wishes).toEqual([true, false]);
  });

  it('registers anew at once when the network says that it lost the registration', async () => {
    const { network, registration, is } = aPhone();
    registration.register();
    await is('registered');
    const before = network.seen.length;
    network.deliver(
      `SIP/2.0 504 Server Time-out\r\nCSeq: 1 INVITE\r\nP-Asserted-Identity: <sip:orig@scscf.lab.example:6060;transport=tcp;lr>\r\nContent-Type: application/3gpp-ims+xml\r\n\r\n${RESTORATION_BODY}`,
    );
    await vi.waitFor(() => expect(network.seen).toHaveLength(before + 2));
    expect(network.seen.at(before)?.authorization.get('nonce')).toBe('');
    await is('registered');
  });

  it('tries again after Retry-After when a box is down', async () => {
    const { network, registration, state, is } = aPhone();
    network.failures.push({ status: '504 Server Time-out', headers: ['Retry-After: 7'] });
    registration.register();
    await vi.waitFor(() => expect(state().registrationTrouble?.wire).toBe('504 Server Time-out'));
    expect(state().registration).toBe('registering');
    expect(state().registrationTrouble?.advice).toBe('Trying again in 7 s.');
    await vi.advanceTimersByTimeAsync(6_000);
    expect(network.seen).toHaveLength(1);
    await is('registered');
    expect(state().registrationTrouble).toBeNull();
  });

  it('tries again when no answer comes at all', async () => {
    const { network, registration, is } = aPhone();
    network.failures.push({ status: 'no answer' });
    registration.register();
    await vi.advanceTimersByTimeAsync(33_000);
    await is('registered');
  });

  it('comes back by itself within 3 s after the gateway was restarted', async () => {
    const { network, registration, state, is } = aPhone();
    registration.register();
    await is('registered');
    network.down = true;
    network.dropAll();
    expect(state()).toMatchObject({ connected: false, registration: 'registering', registered: null });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state().registration).toBe('registering');
    network.down = false;
    const restartedAt = Date.now();
    await is('registered');
    expect(Date.now() - restartedAt).toBeLessThan(3_000);
    expect(state().registrationTrouble).toBeNull();
  });

  it('de-registers with expires=0, answers that challenge too, and stays away after a reconnect', async () => {
    const { network, registration, state, is, wishes } = aPhone();
    registration.register();
    await is('registered');
    registration.deregister();
    await is('not-registered');
    const last = network.seen.at(-1);
    expect(headerLines(last?.text ?? '', 'Contact')[0]).toContain('expires=0');
    expect(last?.authorization.get('response')).toMatch(/^[0-9a-f]{64}$/);
    expect(wishes).toEqual([true, false]);
    const count = network.seen.length;
    network.dropAll();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(state()).toMatchObject({ connected: true, registration: 'not-registered' });
    expect(network.seen).toHaveLength(count);
  });

  it('de-registers as soon as it can when the person changed their mind meanwhile', async () => {
    const { network, registration, state, is } = aPhone();
    network.onRegister = () => {
      network.onRegister = () => {};
      registration.deregister();
    };
    registration.register();
    await is('not-registered');
    await vi.waitFor(() => expect(headerLines(network.seen.at(-1)?.text ?? '', 'Contact')[0]).toContain('expires=0'));
    expect(state().registered).toBeNull();
  });
});

describe('a registration that the network changes', () => {
  async function watched() {
    const phone = aPhone();
    phone.registration.register();
    await phone.is('registered');
    await vi.waitFor(() => expect(phone.network.subscribes).toHaveLength(1));
    phone.network.notify('active;expires=600000', { state: 'active', event: 'registered', expiresS: 3600 });
    return phone;
  }

  it('is watched from the first 200 on', async () => {
    const { network } = await watched();
    const [subscribe = ''] = network.subscribes;
    expect(subscribe).toMatch(new RegExp(`^SUBSCRIBE ${aliceSim.impus[0]?.replaceAll('+', '\\+')} SIP/2.0\r\n`));
    expect(headerLines(subscribe, 'Route')).toEqual([
      '<sip:pcscf.lab.example:8080;transport=ws>',
      '<sip:orig@scscf.lab.example:6060;transport=tcp;lr>',
    ]);
    expect(headerLines(subscribe, 'Event')).toEqual(['reg']);
    expect(headerLines(subscribe, 'Accept')).toEqual(['application/reginfo+xml']);
    expect(headerLines(subscribe, 'Expires')).toEqual(['600000']);
    const contact = headerLines(network.seen[0]?.text ?? '', 'Contact')[0] ?? '';
    expect(contact).toContain(headerLines(subscribe, 'Contact')[0]);
    expect(network.notifyAnswers).toEqual(['SIP/2.0 200 OK']);
    await vi.advanceTimersByTimeAsync(3_100_000);
    expect(network.seen).toHaveLength(4);
    expect(network.subscribes).toHaveLength(1);
  });

  it('stays off when the network rejects it, and says why', async () => {
    const { network, state, wishes } = await watched();
    const registers = network.seen.length;
    network.notify('terminated;reason=rejected', { state: 'terminated', event: 'rejected' });
    expect(state()).toMatchObject({ registration: 'not-registered', registered: null });
    expect(state().registrationTrouble?.text).toBe('The network ended your registration');
    expect(wishes).toEqual([true, false]);
    network.dropAll();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(state().connected).toBe(true);
    expect(network.seen).toHaveLength(registers);
  });

  it('can be asked for again after the network rejected it', async () => {
    const { network, registration, is } = await watched();
    network.notify('terminated;reason=rejected', { state: 'terminated', event: 'rejected' });
    registration.register();
    await is('registered');
    await vi.waitFor(() => expect(network.subscribes).toHaveLength(2));
  });

  it.each(['deactivated', 'expired'] as const)('is made anew at once when it is %s', async (event) => {
    const { network, state, is, wishes } = await watched();
    network.notify('terminated;reason=deactivated', { state: 'terminated', event });
    expect(state().registration).toBe('registering');
    await is('registered');
    expect(network.seen).toHaveLength(4);
    expect(network.seen[2]?.authorization.get('nonce')).toBe('');
    await vi.waitFor(() => expect(network.subscribes).toHaveLength(2));
    expect(wishes).toEqual([true]);
  });

  it('is made anew later when the network asks for time', async () => {
    const { network, state, is } = await watched();
    network.notify('terminated;reason=probation;retry-after=30', {
      state: 'terminated',
      event: 'probation',
      retryAfterS: 30,
    });
    expect(state().registrationTrouble?.advice).toBe('Trying again in 30 s.');
    await vi.advanceTimersByTimeAsync(29_000);
    expect(network.seen).toHaveLength(2);
    await is('registered');
    expect(state().registrationTrouble).toBeNull();
  });

  it('is renewed within half of the time that it is shortened to', async () => {
    const { network, state } = await watched();
    network.notify('active;expires=599000', { state: 'active', event: 'shortened', expiresS: 120 });
    expect(state().registered?.expiresS).toBe(120);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(network.seen).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_500);
    await vi.waitFor(() => expect(network.seen).toHaveLength(4));
  });

  it('is not touched by what the network says of another contact', async () => {
    const { network, state } = await watched();
    network.notify('active;expires=1', { uri: 'sip:else@y.invalid', state: 'terminated', event: 'rejected' });
    expect(state().registration).toBe('registered');
  });

  it('is watched anew after the connection was lost', async () => {
    const { network, is, state } = await watched();
    network.dropAll();
    expect(state().registration).toBe('registering');
    await is('registered');
    await vi.waitFor(() => expect(network.subscribes).toHaveLength(2));
  });

  it('is not made anew after the person de-registered', async () => {
    const { network, registration, is } = await watched();
    registration.deregister();
    await is('not-registered');
    const registers = network.seen.length;
    network.notify('terminated;reason=noresource', { state: 'terminated', event: 'unregistered' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(network.seen).toHaveLength(registers);
    expect(network.notifyAnswers.at(-1)).toBe('SIP/2.0 200 OK');
  });
});
