import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument } from './read-document.ts';
import { escapeXml, parentElement, textElement } from './write-element.ts';

describe('escapeXml', () => {
  it('writes every text so that element and attribute read back as it was', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '\t', '\n', '\r', '<', '>', '&', '"', "'", ']]>', 'é', '😀'),
    });
    fc.assert(
      fc.property(text, (written) => {
        const escaped = escapeXml(written);
        const xml = `<a c="x${escaped}x"><b>${escaped}</b></a>`;
        const read = readDocument(xml, { root: 'a', maxLength: xml.length }, (root) => [
          root.one('b').text(),
          root.attribute('c'),
        ]);
        expect(read).toEqual({ ok: true, value: [written, `x${written}x`] });
      }),
    );
  });

  it.each([
    ['a control character', 'a\u0001b', 'a\uFFFDb'],
    ['half a surrogate pair', 'a\uD800b', 'a\uFFFDb'],
    ['a character outside Unicode', 'a\uFFFEb', 'a\uFFFDb'],
  ])('replaces %s', (_what, text, written) => {
    expect(escapeXml(text)).toBe(written);
  });
});

describe('an element', () => {
  it.each([
    ['with a text', textElement('a', '1 < 2'), '<a>1 &lt; 2</a>'],
    ['with a number', textElement('a', 0), '<a>0</a>'],
    ['without a text', textElement('a', ''), '<a/>'],
    ['with children', parentElement('a', '<b/>'), '<a><b/></a>'],
    ['without children', parentElement('a', ''), '<a/>'],
  ])('%s is written', (_what, written, xml) => {
    expect(written).toBe(xml);
  });
});
