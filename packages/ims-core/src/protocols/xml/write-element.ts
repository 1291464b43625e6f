export const XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';

/** What is markup in a text or a value between double quotes, what a reader would make a space of, and what XML has no way to carry. */
const TO_ESCAPE = /[&<>"'\t\n\r]|[^\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const ALL_TO_ESCAPE = new RegExp(TO_ESCAPE, 'gu');

const references: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** A text as content of an element or value of an attribute. Characters that XML has no way to carry become U+FFFD. @see https://www.w3.org/TR/xml/#syntax */
export function escapeXml(text: string): string {
  if (!TO_ESCAPE.test(text)) return text;
  return text.replace(ALL_TO_ESCAPE, (character) => references[character] ?? '\uFFFD');
}

/** One element without attributes, with escaped text. */
export function textElement(name: string, text: string | number): string {
  const content = escapeXml(String(text));
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

/** One element of elements. */
export function parentElement(name: string, children: string): string {
  return children === '' ? `<${name}/>` : `<${name}>${children}</${name}>`;
}
