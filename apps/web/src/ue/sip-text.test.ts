import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerLines, headerParam, listValues, mapHeaderLines, nameAddr, startLine } from './sip-text.ts';

const message = [
  'SIP/2.0 200 OK',
  'Via: SIP/2.0/WS x.invalid;branch=z9hG4bK1',
  'f: <sip:alice@lab.example>;tag=a',
  'Contact: <sip:u@x.invalid;transport=ws>;+sip.instance="<urn:uuid:1,2>";expires=600, <sip:v@y.invalid>',
  'contact: <sip:w@z.invalid>',
  'Content-Length: 9',
  '',
  'From: me\n',
].join('\r\n');

describe('SIP text', () => {
  it('reads the start line', () => {
    expect(startLine(message)).toBe('SIP/2.0 200 OK');
  });

  it('finds headers in any case and by their compact form, and never in the body', () => {
    expect(headerLines(message, 'CONTACT', 'm')).toHaveLength(2);
    expect(headerLines(message, 'From', 'f')).toEqual(['<sip:alice@lab.example>;tag=a']);
  });

  it('parts a list at its commas, not at those in quotes and brackets', () => {
    expect(headerLines(message, 'Contact').flatMap(listValues)).toEqual([
      '<sip:u@x.invalid;transport=ws>;+sip.instance="<urn:uuid:1,2>";expires=600',
      '<sip:v@y.invalid>',
      '<sip:w@z.invalid>',
    ]);
    expect(listValues('"A, \\"B\\"" <sip:a,b@x>, <tel:+1>')).toEqual(['"A, \\"B\\"" <sip:a,b@x>', '<tel:+1>']);
  });

  it.each([
    ['with a name in quotes', '"A \\"B\\"" <sip:a@x;lr>;tag=1', 'A "B"', 'sip:a@x;lr', ';tag=1'],
    ['with a plain name', 'Alice <sip:a@x>', 'Alice', 'sip:a@x', ''],
    ['without a name', '<tel:+1555>', '', 'tel:+1555', ''],
    ['without brackets, whose parameters are the header’s', 'sip:a@x;tag=1', '', 'sip:a@x', ';tag=1'],
  ])('reads an address %s', (_, value, displayName, uri, params) => {
    expect(nameAddr(value)).toEqual({ displayName, uri, params });
  });

  it('reads header parameters: quoted, plain, flag, absent', () => {
    const params = ';+sip.ice;+sip.instance="<urn:uuid:1>";Expires=600';
    expect(headerParam(params, '+sip.instance')).toBe('<urn:uuid:1>');
    expect(headerParam(params, 'expires')).toBe('600');
    expect(headerParam(params, '+sip.ice')).toBe('');
    expect(headerParam(params, 'reg-id')).toBeUndefined();
  });

  it('changes only the named header and keeps every other octet', () => {
    const changed = mapHeaderLines(message, ['From', 'f'], (value) => `${value};x`);
    expect(changed).toBe(message.replace(';tag=a', ';tag=a;x'));
  });

  it('leaves a text alone that has no such header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(mapHeaderLines(text, ['X-Not-There'], () => 'x')).toBe(text);
      }),
    );
  });
});
