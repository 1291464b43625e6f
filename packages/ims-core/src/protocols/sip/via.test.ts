import { describe, expect, it } from 'vitest';
import { param } from './name-addr.ts';
import { parseVia, salvageVia, serializeVia } from './via.ts';

describe('parseVia', () => {
  it.each([
    ['SIP/2.0/UDP a.example.com', 'UDP', 'a.example.com', undefined, undefined],
    ['sip/2.0/wss x.invalid;rport;branch=z9hG4bK1', 'WSS', 'x.invalid', undefined, 'z9hG4bK1'],
    ['SIP / 2.0 / TCP  a.example.com : 5070 ; branch = z9hG4bK2', 'TCP', 'a.example.com', 5070, 'z9hG4bK2'],
    ['SIP/2.0/TLS-SCTP [2001:db8::1]:5061;branch=x', 'TLS-SCTP', '[2001:db8::1]', 5061, 'x'],
    ['SIP/2.0/UDP 192.0.2.1;received=[2001:db8::9];branch=x', 'UDP', '192.0.2.1', undefined, 'x'],
  ])('reads %s', (text, transport, host, port, branch) => {
    const parsed = parseVia(text);
    expect(parsed).toMatchObject({ ok: true, value: { protocol: 'SIP', version: '2.0', transport, host, port } });
    expect(parsed.ok && param(parsed.value, 'branch')).toBe(parsed.ok ? branch : '');
  });

  it.each([
    'SIP/2.0 a.example.com',
    'SIP/3.0/UDP a.example.com',
    'HTTP/2.0/UDP a.example.com',
    'SIP/2.0/UDP',
    'SIP/2.0/UDP a.example.com:99999',
    'SIP/2.0/UDP a.example.com:',
    'SIP/2.0/UDP 2001:db8::1',
    'SIP/2.0/UDP a.example.com;;',
    'SIP/2.0/UDP a.example.com;branch=z9hG4bK',
    'SIP/2.0/UDP a.example.com;branch=Z9HG4BK',
    '',
  ])('refuses %j', (text) => {
    expect(parseVia(text)).toMatchObject({ ok: false, error: { code: 'SIP_PARSE_VIA' } });
  });

  it('is undone by serializeVia', () => {
    const text = 'SIP/2.0/WS a.invalid:443;rport=4711;received=192.0.2.9;branch=z9hG4bK1';
    const parsed = parseVia(text);
    expect(parsed.ok && serializeVia(parsed.value)).toBe(text);
  });
});

describe('salvageVia', () => {
  it.each([
    ['SIP/2.0/UDP a.example.com;;x;branch=z9hG4bK1', 'SIP/2.0/UDP a.example.com;branch=z9hG4bK1'],
    ['SIP/7.0/TCP a.example.com:5070;branch=z9hG4bK1', 'SIP/2.0/TCP a.example.com:5070;branch=z9hG4bK1'],
    ['SIP/2.0/UDP a.example.com;branch=z9hG4bK', 'SIP/2.0/UDP a.example.com'],
    ['SIP/2.0/UDP a..b', undefined],
    ['nonsense', undefined],
  ])('makes of %j the Via %j', (text, expected) => {
    expect(salvageVia(text)).toBe(expected);
  });
});
