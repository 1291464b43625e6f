import { describe, expect, it } from 'vitest';
import { type NameAddr, param, parseNameAddr, serializeNameAddr, withParam } from './name-addr.ts';

function address(text: string): NameAddr {
  const parsed = parseNameAddr(text);
  if (!parsed.ok) {
    throw new Error(`${text}: ${parsed.error.text}`);
  }
  return parsed.value;
}

describe('parseNameAddr', () => {
  it.each([
    ['<sip:a@example.com>;tag=1', '', 'sip:a@example.com', '1'],
    ['sip:a@example.com;tag=1', '', 'sip:a@example.com', '1'],
    ['sip:a@example.com ; tag = 1', '', 'sip:a@example.com', '1'],
    ['"A, \\"B\\" <x>" <sip:a@example.com;lr>;tag=1', 'A, "B" <x>', 'sip:a@example.com;lr', '1'],
    ['Alice A <sip:a@example.com>;TAG=1', 'Alice A', 'sip:a@example.com', '1'],
    ['Zoë<sip:a@example.com>;tag=1', 'Zoë', 'sip:a@example.com', '1'],
    ['<urn:service:sos>;tag=1', '', 'urn:service:sos', '1'],
  ])('reads %s', (text, displayName, uriText, tag) => {
    const value = address(text);
    expect(value).toMatchObject({ displayName, uriText });
    expect(param(value, 'tag')).toBe(tag);
  });

  it.each([
    ['', 0],
    ['"open <sip:a@example.com>', 0],
    ['"A" sip:a@example.com', 4],
    ['Bell, A <sip:a@example.com>', 0],
    ['<sip:a@example.com', 0],
    ['< sip:a@example.com>', 1],
    ['sip:a@example.com?x=y', 17],
    ['<sip:a@example.com>;', 20],
    ['<sip:a@example.com>;tag=', 24],
    ['<sip:a@example.com> x', 20],
    ['<sip:a@example.com>;q="1', 22],
  ])('refuses %j at octet %i', (text, offset) => {
    expect(parseNameAddr(text)).toMatchObject({ ok: false, error: { code: 'SIP_PARSE_NAME_ADDR', offset } });
  });

  it('does not take URI parameters for header parameters', () => {
    expect(param(address('<sip:a@example.com;tag=uri>'), 'tag')).toBeUndefined();
    expect(param(address('sip:a@example.com;tag=header'), 'tag')).toBe('header');
  });
});

describe('serializeNameAddr', () => {
  it('puts the name in quotes and the URI in brackets', () => {
    expect(serializeNameAddr(address('A B <sip:a@example.com>;x="y z";flag'))).toBe(
      '"A B" <sip:a@example.com>;x="y z";flag',
    );
  });

  it('gives what parses to the same again', () => {
    const value = address('"a \\\\ \\" b" <sip:a@example.com;lr>;+sip.instance="<urn:uuid:1>"');
    expect(address(serializeNameAddr(value))).toEqual(value);
  });
});

describe('withParam', () => {
  const contact = address('<sip:a@example.com>;q=0.5;+sip.instance="<urn:uuid:1>"');

  it.each([
    ['expires', '60', '<sip:a@example.com>;q=0.5;+sip.instance="<urn:uuid:1>";expires=60'],
    ['Q', '1', '<sip:a@example.com>;q=1;+sip.instance="<urn:uuid:1>"'],
    ['q', undefined, '<sip:a@example.com>;+sip.instance="<urn:uuid:1>"'],
    ['pub-gruu', 'sip:a;b@c', '<sip:a@example.com>;q=0.5;+sip.instance="<urn:uuid:1>";pub-gruu="sip:a;b@c"'],
    ['text', '', '<sip:a@example.com>;q=0.5;+sip.instance="<urn:uuid:1>";text=""'],
    ['ob', true as const, '<sip:a@example.com>;q=0.5;+sip.instance="<urn:uuid:1>";ob'],
  ])('sets %s to %s', (name, value, text) => {
    expect(serializeNameAddr(withParam(contact, name, value))).toBe(text);
  });
});
