import { describe, expect, it } from 'vitest';
import { type NameAddr, parseNameAddr } from '../../protocols/sip/name-addr.ts';
import { type Binding, type BindingRequest, type ContactRequest, updateBindings } from './bindings.ts';

const NOW_MS = 1_000_000;

function nameAddr(uri: string): NameAddr {
  const parsed = parseNameAddr(`<${uri}>`);
  return parsed.ok ? parsed.value : expect.fail(`${uri} is a URI`);
}

function contact(uri: string, options: Partial<ContactRequest> = {}): ContactRequest {
  return { contact: nameAddr(uri), q: 1, flow: undefined, expiresS: 600, ...options };
}

function register(contacts: BindingRequest['contacts'], options: Partial<BindingRequest> = {}): BindingRequest {
  return { impu: 'sip:a@home', contacts, path: ['<sip:p;lr>'], callId: 'c1', cseq: 1, ...options };
}

/** The bindings after one REGISTER after the other; Call-ID c1, CSeq counts up. */
function after(...requests: readonly BindingRequest[]): readonly Binding[] {
  return requests.reduce<readonly Binding[]>((bindings, request, index) => {
    const update = updateBindings(bindings, { ...request, cseq: index + 1 }, 10, NOW_MS);
    return update.ok ? update.bindings : expect.fail(update.why);
  }, []);
}

const uris = (bindings: readonly Binding[]): string[] => bindings.map((binding) => binding.contact.uriText);
const flow = (instance: string, regId = '1') => ({ instance, regId });

describe('the bindings after a REGISTER', () => {
  it('keep path, Call-ID, CSeq and the time at which they end', () => {
    expect(after(register([contact('sip:a@x')]))).toMatchObject([
      { path: ['<sip:p;lr>'], callId: 'c1', cseq: 1, registeredAtMs: NOW_MS, expiresAtMs: NOW_MS + 600_000 },
    ]);
  });

  it('hold a contact once when it is registered again', () => {
    const bindings = after(register([contact('sip:a@x')]), register([contact('sip:a@X', { expiresS: 60 })]));
    expect(bindings).toHaveLength(1);
    expect(bindings[0]?.expiresAtMs).toBe(NOW_MS + 60_000);
  });

  it('hold only the new contact when it comes without a flow', () => {
    expect(uris(after(register([contact('sip:a@x')]), register([contact('sip:b@x')])))).toEqual(['sip:b@x']);
  });

  it('hold both contacts of one REGISTER', () => {
    expect(uris(after(register([contact('sip:a@x'), contact('sip:b@x')])))).toEqual(['sip:a@x', 'sip:b@x']);
  });

  it('hold a new flow beside the others', () => {
    const bindings = after(
      register([contact('sip:a@x', { flow: flow('one') })]),
      register([contact('sip:b@x', { flow: flow('two') })]),
      register([contact('sip:c@x', { flow: flow('one', '2') })]),
    );
    expect(uris(bindings)).toEqual(['sip:a@x', 'sip:b@x', 'sip:c@x']);
  });

  it('hold the new contact of a flow that is registered again', () => {
    const bindings = after(
      register([contact('sip:old@x', { flow: flow('one') })]),
      register([contact('sip:other@x', { flow: flow('two') })]),
      register([contact('sip:new@x', { flow: flow('one') })]),
    );
    expect(uris(bindings)).toEqual(['sip:new@x', 'sip:other@x']);
  });

  it('name what was replaced', () => {
    const before = after(register([contact('sip:a@x')]));
    const update = updateBindings(before, register([contact('sip:b@x')], { cseq: 2 }), 10, NOW_MS);
    expect(update.ok && uris(update.removed)).toEqual(['sip:a@x']);
  });

  it('lose the contact with expires 0, and all with "*"', () => {
    const two = register([contact('sip:a@x'), contact('sip:b@x')]);
    expect(uris(after(two, register([contact('sip:a@x', { expiresS: 0 })])))).toEqual(['sip:b@x']);
    expect(after(two, register('*'))).toEqual([]);
  });

  it('stay as they are for a REGISTER without Contact', () => {
    expect(uris(after(register([contact('sip:a@x')]), register([])))).toEqual(['sip:a@x']);
  });

  it.each([
    ['the same CSeq', 5, 500],
    ['a lower CSeq', 4, 500],
    ['a higher CSeq', 6, 200],
  ])('with %s of the same Call-ID: %i is answered with %i', (_name, cseq, status) => {
    const before = updateBindings([], register([contact('sip:a@x')], { cseq: 5 }), 10, NOW_MS);
    if (!before.ok) return expect.fail(before.why);
    for (const contacts of [[contact('sip:a@x')], '*'] as const) {
      const update = updateBindings(before.bindings, register(contacts, { cseq }), 10, NOW_MS);
      expect(update.ok ? 200 : update.status).toBe(status);
    }
    const otherCall = updateBindings(
      before.bindings,
      register([contact('sip:a@x')], { cseq, callId: 'c2' }),
      10,
      NOW_MS,
    );
    expect(otherCall.ok).toBe(true);
  });

  it('change as a whole or not at all', () => {
    const before = after(register([contact('sip:a@x')]));
    const update = updateBindings(
      before,
      register([contact('sip:b@x'), contact('sip:unknown@x', { expiresS: 0 })], { cseq: 2 }),
      10,
      NOW_MS,
    );
    expect(update).toMatchObject({ ok: false, status: 481 });
  });

  it('never number more than the limit', () => {
    const three = ['sip:a@x', 'sip:b@x', 'sip:c@x'].map((uri) => contact(uri));
    expect(updateBindings([], register(three), 3, NOW_MS).ok).toBe(true);
    expect(updateBindings([], register(three), 2, NOW_MS)).toMatchObject({ ok: false, status: 403 });
  });
});
