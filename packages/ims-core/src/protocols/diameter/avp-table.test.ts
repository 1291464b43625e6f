import { describe, expect, it } from 'vitest';
import { avp, avpNameOf } from './avp.ts';
import { avpRule, avpTable } from './avp-table.ts';

const rules = Object.entries(avpTable);

describe('the AVP table', () => {
  it('gives every pair of vendor and code one name', () => {
    const keys = rules.map(([, rule]) => `${rule.vendor}:${rule.code}`);
    expect(new Set(keys).size).toBe(keys.length);
    for (const [name, rule] of rules) expect(avpRule(rule.vendor, rule.code)?.name).toBe(name);
  });

  it('sets and clears the M bit of Cx as TS 29.229 table 6.3.1 says', () => {
    const withM = [600, 633, ...Array.from({ length: 27 }, (_, index) => 600 + index)];
    const open = [628];
    for (const [name, rule] of rules.filter(([, { vendor }]) => vendor === 10415)) {
      const expected = withM.includes(rule.code) ? 'must' : open.includes(rule.code) ? 'may' : 'mustNot';
      expect(`${name} ${rule.mandatory}`).toBe(`${name} ${expected}`);
    }
  });

  it('respects the vendor of a code: 621 and 622 of the IETF are not those of 3GPP', () => {
    expect(avpRule(0, 621)?.name).toBe('OC-Supported-Features');
    expect(avpRule(10415, 621)?.name).toBe('Primary-Charging-Collection-Function-Name');
    expect(avpRule(10415, 376)).toBeUndefined();
    expect(avpRule(0, 600)).toBeUndefined();
  });

  it('explains every AVP in one line with its clause', () => {
    for (const [name, rule] of rules) {
      expect(rule.text, name).toMatch(/^\S.*\.$/);
      expect(rule.reference, name).toMatch(/^(RFC \d{4} §|TS 29\.229 6\.3\.)\d/);
    }
  });

  it('leaves the M bit of Supported-Features to the sender and no other', () => {
    expect(avp('Supported-Features', [], true).mandatory).toBe(true);
    expect(avp('Supported-Features', []).mandatory).toBe(false);
    expect(avp('User-Name', 'x', false).mandatory).toBe(true);
    expect(avp('UAR-Flags', 1, true).mandatory).toBe(false);
  });

  it('names an AVP that it does not have by its code', () => {
    expect(avpNameOf(4711, 3)).toBe('AVP-3');
  });
});
