import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ALICE_IMPI, D, type Headers, PcscfLab, values } from '../../../test/kit/pcscf-lab.ts';
import { parseAuth } from '../../protocols/sip/auth-params.ts';
import type { SipMessage } from '../../protocols/sip/message.ts';
import { header } from '../../protocols/sip/read.ts';

let lab: PcscfLab;
beforeEach(async () => {
  lab = await PcscfLab.start();
});
afterEach(() => lab.pcscf.close());

function authorization(message: SipMessage): ReadonlyMap<string, string> {
  const parsed = parseAuth(header(message, 'Authorization') ?? '');
  if (!parsed.ok) throw new Error(parsed.error.text);
  return parsed.value.params;
}

function challenge(nonce: string, more = ''): Headers {
  return [['WWW-Authenticate', `Digest realm="${D}", nonce="${nonce}", algorithm=AKAv1-MD5, qop="auth"${more}`]];
}

function akav1(nonce: string, response: string, more = ''): string {
  return `Digest username="${ALICE_IMPI}", realm="${D}", uri="sip:${D}", nonce="${nonce}", response="${response}", algorithm=AKAv1-MD5${more}`;
}

describe('integrity-protected', () => {
  it('is tls-connected for AKAv2-SHA-256 over a WebSocket of this machine', async () => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest());
    expect(authorization(lab.core.last('REGISTER')).get('integrity-protected')).toBe('tls-connected');
  });

  it.each([
    ['a forged value', akav1('', '', ', integrity-protected="auth-done"')],
    [
      'a value hidden in a quoted algorithm',
      akav1('', '').replace('AKAv1-MD5', '"AKAv1-MD5, integrity-protected=yes"'),
    ],
    ['AKAv1-MD5 without a response', akav1('', '')],
    ['a response that nobody asked for', akav1('bm9uY2U=', 'a'.repeat(32))],
  ])('is no for %s', async (_name, credentials) => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest({ authorization: credentials }));
    const register = lab.core.last('REGISTER');
    expect(authorization(register).get('integrity-protected')).toBe('no');
    expect(values(register, 'Authorization')).toHaveLength(1);
  });

  it('is no for AKAv2-SHA-256 over TCP', async () => {
    const phone = await lab.phone({ transport: 'TCP' });
    await phone.send(phone.registerRequest());
    expect(authorization(lab.core.last('REGISTER')).get('integrity-protected')).toBe('no');
  });

  it('takes a second Authorization away', async () => {
    const phone = await lab.phone();
    const headers: Headers = [['Authorization', akav1('', '', ', integrity-protected="auth-done"')]];
    await phone.send(phone.registerRequest({ headers }));
    expect(values(lab.core.last('REGISTER'), 'Authorization')).toHaveLength(1);
  });

  it.each(['WS', 'TCP', 'UDP'] as const)(
    'is yes for a response on the flow of its challenge (%s)',
    async (transport) => {
      const phone = await lab.phone({ transport });
      await phone.send(phone.registerRequest({ authorization: akav1('', '') }));
      await lab.answer(lab.core.last('REGISTER'), 401, { headers: challenge('bm9uY2U=') });
      await phone.send(phone.registerRequest({ authorization: akav1('bm9uY2U=', 'a'.repeat(32)) }));
      expect(authorization(lab.core.last('REGISTER')).get('integrity-protected')).toBe('yes');
    },
  );

  it.each([
    ['WS', 'MD5', 'tls-pending', 'tls-yes'],
    ['TCP', 'MD5', 'ip-assoc-pending', 'ip-assoc-yes'],
    ['UDP', 'SHA-256', 'ip-assoc-pending', 'ip-assoc-yes'],
  ] as const)(
    'of a phone with a password over %s with %s is %s, and %s once it is registered there',
    async (transport, algorithm, before, after) => {
      const phone = await lab.phone({ transport });
      const seen = (): string | undefined => authorization(lab.core.last('REGISTER')).get('integrity-protected');
      const digest = akav1('abc', 'a'.repeat(32)).replace('AKAv1-MD5', algorithm);
      await phone.send(phone.registerRequest({ authorization: digest }));
      expect(seen()).toBe(before);
      await lab.grant(lab.core.last('REGISTER'));
      await phone.send(phone.registerRequest({ authorization: digest }));
      expect(seen()).toBe(after);
    },
  );

  it('is no for a response on another flow than that of its challenge', async () => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest({ authorization: akav1('', '') }));
    await lab.answer(lab.core.last('REGISTER'), 401, { headers: challenge('bm9uY2U=') });
    const thief = await lab.phone();
    await thief.send(thief.registerRequest({ authorization: akav1('bm9uY2U=', 'a'.repeat(32)) }));
    expect(authorization(lab.core.last('REGISTER')).get('integrity-protected')).toBe('no');
  });

  it('is no four minutes after the challenge', async () => {
    const phone = await lab.phone();
    await phone.send(phone.registerRequest({ authorization: akav1('', '') }));
    await lab.answer(lab.core.last('REGISTER'), 401, { headers: challenge('bm9uY2U=') });
    await lab.run(240_000);
    await phone.send(phone.registerRequest({ authorization: akav1('bm9uY2U=', 'a'.repeat(32)) }));
    expect(authorization(lab.core.last('REGISTER')).get('integrity-protected')).toBe('no');
  });
});
