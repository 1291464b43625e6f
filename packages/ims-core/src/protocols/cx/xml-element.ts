/** What is wrong inside a document that is well-formed; `parseUserData` turns it into a value. */
export class UserDataFault extends Error {
  readonly element: string;
  constructor(element: string, text: string) {
    super(text);
    this.element = element;
  }
}

/** One element of a parsed document, read by the kinds of content that the schema of TS 29.228 has. */
export interface XmlElement {
  all(name: string): readonly XmlElement[];
  optional(name: string): XmlElement | undefined;
  one(name: string): XmlElement;
  oneOrMore(name: string): readonly XmlElement[];
  /** The text as it stands, spaces included. */
  text(): string;
  /** The text without spaces around it; never empty. */
  token(): string;
  /** A number from 0 up. */
  integer(): number;
  boolean(): boolean;
  /** The name whose index the element holds. */
  choice<const Name extends string>(names: readonly Name[]): Name;
}

/** Wraps a value of the XML library: a string for a text, an object of lists for an element with children. */
export function xmlElement(value: unknown, path: string): XmlElement {
  const all = (name: string): readonly XmlElement[] => {
    const found: unknown =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : [];
    const childPath = path === '' ? name : `${path}/${name}`;
    return (Array.isArray(found) ? found : [found]).map((child) => xmlElement(child, childPath));
  };
  const optional = (name: string): XmlElement | undefined => {
    const [first, second] = all(name);
    if (second !== undefined) throw new UserDataFault(path, `${name} occurs more than once.`);
    return first;
  };
  const text = (): string => {
    if (typeof value !== 'string') throw new UserDataFault(path, 'A text is expected, not elements.');
    return value;
  };
  const integer = (): number => {
    const digits = text().trim();
    const number = Number(digits);
    if (!/^[0-9]+$/.test(digits) || !Number.isSafeInteger(number)) {
      throw new UserDataFault(path, 'A number from 0 up is expected.');
    }
    return number;
  };
  return {
    all,
    optional,
    one(name) {
      const child = optional(name);
      if (child === undefined) throw new UserDataFault(path, `${name} is missing.`);
      return child;
    },
    oneOrMore(name) {
      const children = all(name);
      if (children.length === 0) throw new UserDataFault(path, `${name} is missing.`);
      return children;
    },
    text,
    token() {
      const token = text().trim();
      if (token === '') throw new UserDataFault(path, 'A text is expected, the element is empty.');
      return token;
    },
    integer,
    boolean() {
      const word = text().trim();
      if (word === '1' || word === 'true') return true;
      if (word === '0' || word === 'false') return false;
      throw new UserDataFault(path, 'One of 0, 1, false, true is expected.');
    },
    choice(names) {
      const name = names[integer()];
      if (name === undefined) throw new UserDataFault(path, `A number from 0 to ${names.length - 1} is expected.`);
      return name;
    },
  };
}
