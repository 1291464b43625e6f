import { describe, expect, it } from 'vitest';
import { canonicalIdentity, parseUri, sameUri, serializeUri, type Uri, uriParam, withUriParam } from './uri.ts';

function uri(text: string): Uri {
  const parsed = parseUri(text);
  if (!parsed.ok) {
    throw new Error(`${text}: ${parsed.error.text}`);
  }
  return parsed.value;
}

describe('parseUri', () => {
  it('takes a SIP URI with every part apart', () => {
    expect(uri('sips:alice:secret@example.com:5061;transport=tcp;lr?subject=hi&to=bob')).toEqual({
      kind: 'sip',
      scheme: 'sips',
      user: 'alice',
      password: 'secret',
      host: 'example.com',
      port: 5061,
      params: [
        { name: 'transport', value: 'tcp', quoted: false },
        { name: 'lr', value: true, quoted: false },
      ],
      headers: 'subject=hi&to=bob',
    });
  });

  it.each([
    ['sip:example.com', undefined, 'example.com', undefined],
    ['sip:[2001:db8::10]:5070', undefined, '[2001:db8::10]', 5070],
    ['sip:a;b=c,d?e/f@example.com', 'a;b=c,d?e/f', 'example.com', undefined],
    ['sip:%00@example.com', '%00', 'example.com', undefined],
    ['SIP:+15550001001@HOST.example.com;user=phone', '+15550001001', 'HOST.example.com', undefined],
  ])('reads user, host and port of %s', (text, user, host, port) => {
    expect(uri(text)).toMatchObject({ kind: 'sip', user, host, port });
  });

  it.each([
    'sip:',
    'sip:@example.com',
    'sip:al ice@example.com',
    'sip:alice@',
    'sip:alice@exa mple.com',
    'sip:alice@a..b',
    'sip:alice@-a',
    'sip:alice@example.com:',
    'sip:alice@example.com:70000',
    'sip:alice@example.com:50x',
    'sip:alice@example.com;;lr',
    'sip:alice@example.com?',
    'sip:al%4@example.com',
    'sip:alice@[::1',
    'sip:alice@[12]',
    'sip:a:b:c@example.com',
    'tel:',
    'tel:+',
    'tel:+1 555',
    'tel:+1555;',
    '<sip:alice@example.com>',
    'alice@example.com',
    'urn:with space',
    '',
  ])('refuses %j with SIP_PARSE_URI', (text) => {
    expect(parseUri(text)).toMatchObject({ ok: false, error: { code: 'SIP_PARSE_URI' } });
  });

  it.each([
    'sip:alice:pw@example.com:5060;a=1;b?h=v',
    'tel:+1-555-000-1001;phone-context=example.com',
    'urn:service:sos',
    'sip:%61lice@example.com;Transport=TCP',
  ])('gives %s back as it was spelled', (text) => {
    expect(serializeUri(uri(text))).toBe(text);
  });
});

describe('sameUri', () => {
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    ['sip:carol@chicago.com;newparam=5', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['tel:+1-555-000-1001', 'tel:+15550001001'],
    ['TEL:+1(555)0001001;ext=5', 'tel:+15550001001;EXT=5'],
    ['URN:service:sos', 'urn:service:sos'],
    ['sip:a%2fb@example.com', 'sip:a%2Fb@example.com'],
  ])('takes %s and %s as equal', (a, b) => {
    expect(sameUri(a, b)).toBe(true);
    expect(sameUri(b, a)).toBe(true);
  });

  it.each([
    ['sip:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP', 'the user part has case'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060', 'a port that is not there is no default port'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp', 'transport counts in one only'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp', 'port and transport'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting', 'headers always count'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4', 'names are not resolved'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off', 'the same parameter differs'],
    ['sip:bob@biloxi.com', 'sips:bob@biloxi.com', 'the scheme'],
    ['sip:biloxi.com', 'sip:bob@biloxi.com', 'one user is missing'],
    ['sip:a/b@example.com', 'sip:a%2Fb@example.com', 'a reserved character is not its escape'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;user=phone', 'user counts in one only'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;maddr=192.0.2.1', 'maddr counts in one only'],
    ['tel:+15550001001', 'tel:15550001001', 'global and local number'],
    ['tel:+15550001001', 'tel:+15550001001;ext=5', 'tel parameters always count'],
    ['tel:+15550001001', 'sip:+15550001001@example.com', 'other schemes'],
    ['not a uri', 'not a uri', 'no URI at all'],
  ])('takes %s and %s as different: %s', (a, b) => {
    expect(sameUri(a, b)).toBe(false);
    expect(sameUri(b, a)).toBe(false);
  });
});

describe('canonicalIdentity', () => {
  it.each([
    ['SIP:Alice@EXAMPLE.com:5060;user=phone?x=y', 'sip:Alice@example.com'],
    ['sip:%61lice%40home@example.com', 'sip:alice%40home@example.com'],
    ['sip:example.com;lr', 'sip:example.com'],
    ['tel:+1-555.000(1001);ext=1', 'tel:+15550001001'],
    ['tel:5550001001;phone-context=example.com', undefined],
    ['urn:service:sos', undefined],
    ['nothing', undefined],
  ])('makes of %s the key %s', (text, key) => {
    expect(canonicalIdentity(text)).toBe(key);
  });
});

describe('URI parameters', () => {
  it('are read without case and set in a copy', () => {
    const before = uri('sip:a@example.com;Transport=tcp;lr');
    expect(uriParam(before, 'transport')).toBe('tcp');
    expect(uriParam(before, 'LR')).toBe(true);
    expect(uriParam(before, 'ob')).toBeUndefined();
    expect(serializeUri(withUriParam(before, 'transport', 'ws'))).toBe('sip:a@example.com;Transport=ws;lr');
    expect(serializeUri(withUriParam(before, 'lr', undefined))).toBe('sip:a@example.com;Transport=tcp');
    expect(serializeUri(withUriParam(before, 'ob', true))).toBe('sip:a@example.com;Transport=tcp;lr;ob');
    expect(serializeUri(before)).toBe('sip:a@example.com;Transport=tcp;lr');
  });
});
