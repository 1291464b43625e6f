import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dial, formatNumber } from './dial.ts';

const D = 'ims.mnc001.mcc001.3gppnetwork.org';
const uriOf = (text: string) => {
  const result = dial(text, D);
  return result.ok ? result.uri : result.text;
};

describe('Call to', () => {
  it.each([
    ['a name', 'bob', `sip:bob@${D}`],
    ['a name in capitals', 'Bob', `sip:bob@${D}`],
    ['an international number', '+15550001002', `sip:+15550001002@${D};user=phone`],
    ['a number as people write it', '+1 (555) 000-1002', `sip:+15550001002@${D};user=phone`],
    ['eleven digits that miss their +', '15550001002', `sip:+15550001002@${D};user=phone`],
    ['ten digits of the home country', '5550001002', `sip:+15550001002@${D};user=phone`],
    ['00 for international', '00495550001', `sip:+495550001@${D};user=phone`],
    ['a short number', '112', `sip:112@${D};user=phone`],
    ['an IMSI of the home network', '001010000000002', `sip:001010000000002@${D}`],
    ['a tel URI', 'tel:+15550001002', `sip:+15550001002@${D};user=phone`],
    ['a tel URI with parameters', 'tel:+1-555-000-1002;phone-context=x', `sip:+15550001002@${D};user=phone`],
    ['a SIP URI', `sip:bob@${D}`, `sip:bob@${D}`],
    ['a SIP URI of another domain', 'sip:zoe@lab.example', 'sip:zoe@lab.example'],
    ['an address without its scheme', 'zoe@lab.example', 'sip:zoe@lab.example'],
    ['a SIP URI without a domain', 'sip:bob', `sip:bob@${D}`],
  ])('takes %s', (_, typed, uri) => {
    expect(uriOf(typed)).toBe(uri);
  });

  it.each([
    ['nothing', '  '],
    ['two words', 'bob smith'],
    ['an address with two @', 'a@b@c'],
    ['an address without a user', '@lab.example'],
    ['a tel URI without a number', 'tel:bob'],
    ['a header injection', 'bob\r\nRoute: <sip:evil>'],
    ['an injection behind @', 'bob@x>\r\nRoute: <sip:evil>'],
  ])('refuses %s and says so', (_, typed) => {
    const result = dial(typed, D);
    expect(result.ok).toBe(false);
    expect(result).toHaveProperty('text', expect.stringMatching(/\S/));
  });

  it('never makes a URI that could end its header line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (typed) => {
        const result = dial(typed, D);
        if (result.ok) expect(result.uri).not.toMatch(/[\s<>"]/);
      }),
    );
  });

  it('writes home numbers in groups and leaves others', () => {
    expect(formatNumber('+15550001002')).toBe('+1 555 000 1002');
    expect(formatNumber('+495550001')).toBe('+495550001');
  });
});
