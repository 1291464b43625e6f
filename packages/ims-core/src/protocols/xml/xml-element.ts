/** What is wrong inside a document that is well-formed; `readDocument` turns it into a value. */
export class XmlFault extends Error {
  readonly element: string;
  /** @param element its path, for example `reginfo/registration/contact` */
  constructor(element: string, text: string) {
    super(text);
    this.element = element;
  }
}

/** One element of a document, read by the kinds of content that the schemas of TS 29.228 and RFC 3680 have; namespaces are not told apart. */
export class XmlElement {
  /** Without its namespace prefix. */
  readonly name: string;
  readonly #parent: XmlElement | undefined;
  readonly #attributes: Readonly<Record<string, string>>;
  readonly #children: XmlElement[] = [];
  #text = '';

  constructor(qualifiedName: string, attributes: Readonly<Record<string, string>>, parent: XmlElement | undefined) {
    this.name = qualifiedName.slice(qualifiedName.indexOf(':') + 1);
    this.#attributes = attributes;
    this.#parent = parent;
    if (parent !== undefined) parent.#children.push(this);
  }

  get path(): string {
    return this.#parent === undefined ? this.name : `${this.#parent.path}/${this.name}`;
  }

  addText(text: string): void {
    this.#text += text;
  }

  /** The children of this name, in their order. */
  all(name: string): readonly XmlElement[] {
    return this.#children.filter((child) => child.name === name);
  }

  optional(name: string): XmlElement | undefined {
    let found: XmlElement | undefined;
    for (const child of this.#children) {
      if (child.name !== name) continue;
      if (found !== undefined) throw this.#fault(`${name} occurs more than once.`);
      found = child;
    }
    return found;
  }

  one(name: string): XmlElement {
    return this.optional(name) ?? this.#missing(name);
  }

  oneOrMore(name: string): readonly XmlElement[] {
    const children = this.all(name);
    return children.length > 0 ? children : this.#missing(name);
  }

  /** The value of an attribute without namespace and without spaces around it. */
  optionalAttribute(name: string): string | undefined {
    return this.#attributes[name]?.trim();
  }

  /** Never empty. */
  attribute(name: string): string {
    return this.optionalAttribute(name) || this.#missing(`@${name}`);
  }

  optionalIntegerAttribute(name: string): number | undefined {
    const digits = this.optionalAttribute(name);
    return digits === undefined ? undefined : this.#integerOf(digits);
  }

  integerAttribute(name: string): number {
    return this.#integerOf(this.attribute(name));
  }

  /** An attribute that is one of these words. */
  wordAttribute<const Word extends string>(name: string, words: readonly Word[]): Word {
    const written = this.attribute(name);
    for (const word of words) if (word === written) return word;
    throw this.#fault(`@${name}: one of ${words.join(', ')} is expected.`);
  }

  /** The text as it stands, spaces included. */
  text(): string {
    if (this.#children.length > 0) throw this.#fault('A text is expected, not elements.');
    return this.#text;
  }

  /** The text without spaces around it; never empty. */
  token(): string {
    const token = this.text().trim();
    if (token === '') throw this.#fault('A text is expected, the element is empty.');
    return token;
  }

  /** A number from 0 up. */
  integer(): number {
    return this.#integerOf(this.text().trim());
  }

  boolean(): boolean {
    const word = this.text().trim();
    if (word === '1' || word === 'true') return true;
    if (word === '0' || word === 'false') return false;
    throw this.#fault('One of 0, 1, false, true is expected.');
  }

  /** The name whose index the element holds. */
  choice<const Name extends string>(names: readonly Name[]): Name {
    const name = names[this.integer()];
    if (name === undefined) throw this.#fault(`A number from 0 to ${names.length - 1} is expected.`);
    return name;
  }

  #integerOf(digits: string): number {
    const number = Number(digits);
    if (!/^[0-9]+$/.test(digits) || !Number.isSafeInteger(number)) {
      throw this.#fault('A number from 0 up is expected.');
    }
    return number;
  }

  #missing(name: string): never {
    throw this.#fault(`${name} is missing.`);
  }

  #fault(text: string): XmlFault {
    return new XmlFault(this.path, text);
  }
}
