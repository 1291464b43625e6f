import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DocumentResult, readDocument } from './read-document.ts';
import { XML_DECLARATION } from './write-element.ts';

const limits = { root: 'a', maxLength: 1000 };

/** The text of the element `b`, and the attribute `c` of the root. */
function read(xml: string): DocumentResult<{ readonly text: string; readonly c: string | undefined }> {
  return readDocument(xml, limits, (root) => ({ text: root.one('b').text(), c: root.optionalAttribute('c') }));
}

describe('readDocument', () => {
  it.each([
    ['plain text', '<a><b>x</b></a>', 'x'],
    ['references of XML and of characters', '<a><b>&lt;&amp;&gt;&quot;&apos;&#233;&#xE9;</b></a>', '<&>"\'éé'],
    ['CDATA between text', '<a><b>x<![CDATA[<&>]]>y</b></a>', 'x<&>y'],
    ['comments and processing instructions', '<?p q?><a><!-- <b>no</b> --><b>x<!-- y -->z<?p q?></b></a>', 'xz'],
    ['an encoding declaration', '<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>\n<a><b>é</b></a>', 'é'],
    ['a byte order mark', '\uFEFF<a><b>x</b></a>', 'x'],
    ['namespaces', '<n:a xmlns:n="urn:n" n:c="no"><n:b>x</n:b></n:a>', 'x'],
    ['an empty element', '<a><b/></a>', ''],
    ['spaces around it', '<a><b> x\r\n </b></a>', ' x\n '],
  ])('reads %s', (_what, xml, text) => {
    expect(read(xml)).toEqual({ ok: true, value: { text, c: undefined } });
  });

  it('makes one space of each space in an attribute and leaves what is written as a reference', () => {
    expect(read('<a c="x\ty&#10;z &lt;"><b/></a>')).toEqual({ ok: true, value: { text: '', c: 'x y\nz <' } });
  });

  it.each([
    ['a document type', '<!DOCTYPE a><a><b/></a>', 'not XML'],
    ['a document type with entities', '<!DOCTYPE a [<!ENTITY e "x">]><a><b>&e;</b></a>', 'not XML'],
    ['an entity that is not defined', '<a><b>&nbsp;</b></a>', 'not XML'],
    ['a reference to a character that XML does not have', '<a><b>&#0;</b></a>', 'not XML'],
    ['a character that XML does not have', '<a><b>\u0000</b></a>', 'not XML'],
    ['an attribute twice', '<a c="1" c="2"><b/></a>', 'not XML'],
    ['an attribute without quotes', '<a c=1><b/></a>', 'not XML'],
    ['tags that cross', '<a><b></a></b>', 'not XML'],
    ['two roots', '<a><b/></a><a><b/></a>', 'not XML'],
    ['text behind the root', '<a><b/></a>x', 'not XML'],
    ['nothing', '', 'not XML'],
    ['a declaration only', XML_DECLARATION, 'not XML'],
    ['an element that does not end', '<a><b>', 'not XML'],
    ['33 elements in one another', `<a>${'<x>'.repeat(32)}${'</x>'.repeat(32)}<b/></a>`, 'not XML'],
    ['another root', '<b><b/></b>', 'not the schema'],
    ['an element twice where one is expected', '<a><b/><b/></a>', 'not the schema'],
    ['elements where text is expected', '<a><b><x/></b></a>', 'not the schema'],
    ['a text that is too long', `<a><b>${' '.repeat(1000)}</b></a>`, 'too long'],
  ])('refuses %s', (_what, xml, kind) => {
    expect(read(xml)).toMatchObject({ ok: false, kind });
  });

  it('reads 32 elements in one another', () => {
    expect(read(`<a>${'<x>'.repeat(31)}${'</x>'.repeat(31)}<b/></a>`).ok).toBe(true);
  });

  it('names the line of what is not well-formed', () => {
    expect(read('<a>\n<b>&x;</b></a>')).toMatchObject({ element: '', text: expect.stringContaining('2:') });
  });

  it('lets through what goes wrong in the reading code itself', () => {
    const broken = (): never => {
      throw new TypeError('a fault of our own');
    };
    expect(() => readDocument('<a/>', limits, broken)).toThrow('a fault of our own');
  });

  it('never throws, whatever the text is', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      'b',
      '="',
      '"',
      '&',
      ';',
      '#',
      '<!',
      '[',
      ']]>',
      '--',
      '?',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 40 }), (pieces) => {
        expect(typeof read(pieces.join('')).ok).toBe('boolean');
      }),
      { numRuns: 1000 },
    );
  });
});
