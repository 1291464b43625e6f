import { SaxesParser } from 'saxes';
import { XmlElement, XmlFault } from './xml-element.ts';

/** Deepest nesting that is read; the schema of User-Data needs 8. */
const MAX_NESTED_ELEMENTS = 32;

export type DocumentFaultKind = 'too long' | 'not XML' | 'not the schema';

export type DocumentResult<Value> =
  | { readonly ok: true; readonly value: Value }
  | {
      readonly ok: false;
      readonly kind: DocumentFaultKind;
      /** Path of the element that is wrong; empty when the document is. */
      readonly element: string;
      /** One sentence for people. */
      readonly text: string;
    };

/** A document as it may be: the name of its root, and its length in UTF-16 code units. */
export interface DocumentLimits {
  readonly root: string;
  readonly maxLength: number;
}

/**
 * Reads a document. One with a document type is refused: that can define entities that grow without end, and no schema here has use for it.
 * Never throws.
 * @param read makes the value of the root element; may throw an XmlFault
 * @see https://www.w3.org/TR/xml/
 */
export function readDocument<Value>(
  xml: string,
  { root, maxLength }: DocumentLimits,
  read: (root: XmlElement) => Value,
): DocumentResult<Value> {
  if (xml.length > maxLength) {
    return { ok: false, kind: 'too long', element: '', text: 'The document is too long.' };
  }
  let found: XmlElement;
  try {
    found = rootElement(xml);
  } catch (error) {
    const text = `The document is not well-formed XML: ${error instanceof Error ? error.message : String(error)}`;
    return { ok: false, kind: 'not XML', element: '', text };
  }
  try {
    if (found.name !== root) throw new XmlFault('', `${root} is missing.`);
    return { ok: true, value: read(found) };
  } catch (error) {
    if (!(error instanceof XmlFault)) throw error;
    return { ok: false, kind: 'not the schema', element: error.element, text: error.message };
  }
}

/** @throws Error for a text that is no well-formed document */
function rootElement(xml: string): XmlElement {
  let root: XmlElement | undefined;
  const open: XmlElement[] = [];
  const parser = new SaxesParser();
  parser.on('doctype', () => {
    throw new Error('a document type declaration is not allowed');
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length === MAX_NESTED_ELEMENTS) throw new Error('elements are nested too deep');
    const element = new XmlElement(name, attributes, open.at(-1));
    root ??= element;
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  parser.on('text', (text) => open.at(-1)?.addText(text));
  parser.on('cdata', (text) => open.at(-1)?.addText(text));
  parser.write(xml).close();
  if (root === undefined) throw new Error('there is no element');
  return root;
}
