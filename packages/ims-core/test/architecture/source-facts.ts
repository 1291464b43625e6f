import { createContext, runInContext } from 'node:vm';
import { parseSync } from 'vite';

/** What a source file uses from outside itself. */
export interface SourceFacts {
  /** Module specifiers of its imports, re-exports and `import()`, types included. */
  readonly imports: readonly string[];
  /** Names that it neither declares nor that ECMAScript has, and the clock and randomness of ECMAScript (`Date.now`). */
  readonly foreignNames: readonly string[];
}

type Node = Readonly<Record<string, unknown>> & { readonly type: string };

/** The global names of ECMAScript alone: a fresh context has nothing of Node or of a browser, except V8's console. */
const context = createContext();
const ownNames: unknown = runInContext('Object.getOwnPropertyNames(globalThis)', context);
const ECMASCRIPT = new Set(Array.isArray(ownNames) ? ownNames.map(String) : []);
ECMASCRIPT.delete('console');
ECMASCRIPT.delete('globalThis');

/** Text to octets and back: every platform has them. */
const EVERYWHERE = new Set(['TextEncoder', 'TextDecoder', 'arguments']);

/** Types of TypeScript's ECMAScript library that are no values. */
const LIBRARY_TYPES = new Set(
  (
    'Awaited Exclude Extract Generator Iterable IterableIterator IteratorObject NonNullable Omit Parameters Partial Pick PromiseLike ' +
    'Readonly ReadonlyArray ReadonlyMap ReadonlySet Record Required ReturnType const ArrayBufferLike'
  ).split(' '),
);

/** What ECMAScript has and pure code must not use: the machine's clock and its randomness. */
const IMPURE_MEMBERS = new Set(['Date.now', 'Math.random']);

/** @throws Error when the source cannot be parsed */
export function sourceFacts(file: string, source: string): SourceFacts {
  const { program, module, errors } = parseSync(file, source);
  const [broken] = errors;
  if (broken !== undefined) throw new Error(`${file}: ${broken.message}`);
  const nodes: Node[] = [];
  const references: string[] = [];
  const top: unknown = program;
  if (isNode(top)) collect(top, nodes, references);
  const declared = new Set(nodes.flatMap(declaredNames));
  const known = (name: string) =>
    declared.has(name) || ECMASCRIPT.has(name) || EVERYWHERE.has(name) || LIBRARY_TYPES.has(name);
  return {
    imports: [
      ...module.staticImports.map((one) => one.moduleRequest.value),
      ...module.staticExports.flatMap(({ entries }) => entries.flatMap((entry) => entry.moduleRequest?.value ?? [])),
      ...nodes.flatMap(dynamicImport),
    ],
    foreignNames: [...new Set([...references.filter((name) => !known(name)), ...nodes.flatMap(impureUse)])],
  };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function children(node: Node): readonly (readonly [key: string, child: Node])[] {
  return Object.entries(node).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).filter(isNode).map((child) => [key, child] as const),
  );
}

/** All nodes, and the names in the places where a name means something declared elsewhere. */
function collect(node: Node, nodes: Node[], references: string[]): void {
  nodes.push(node);
  for (const [key, child] of children(node)) {
    if (child.type === 'Identifier' && isReference(node, key)) references.push(nameOf(child));
    else if (!(isPropertyName(node, key) && child.type === 'Identifier')) collect(child, nodes, references);
  }
}

function isReference(parent: Node, key: string): boolean {
  if (isPropertyName(parent, key)) return false;
  return !/^(?:Import|Export)\w*Specifier$|^(?:Break|Continue|Labeled)Statement$|^TSNamedTupleMember$|^MetaProperty$/.test(
    parent.type,
  );
}

/** `b` in `a.b` and in `{ b: 1 }`; also of classes and types. */
function isPropertyName(parent: Node, key: string): boolean {
  if (parent['computed'] === true) return false;
  return key === 'property' || key === 'key' || (parent.type === 'TSQualifiedName' && key === 'right');
}

function nameOf(node: unknown): string {
  return isNode(node) && typeof node['name'] === 'string' ? node['name'] : '';
}

function declaredNames(node: Node): readonly string[] {
  const declares = /^(?:VariableDeclarator|Class\w+|TSInterfaceDeclaration|TSTypeAliasDeclaration|Function\w+)$/.test(
    node.type,
  );
  const names = declares ? boundNames(node['id']) : [];
  if (/^Import\w*Specifier$/.test(node.type)) return boundNames(node['local']);
  if (node.type === 'TSTypeParameter') return [nameOf(node['name'])];
  if (node.type === 'TSMappedType') return [nameOf(node['key'])];
  if (node.type === 'CatchClause') return boundNames(node['param']);
  const { params } = node;
  return Array.isArray(params) ? [...names, ...params.flatMap(boundNames)] : names;
}

/** Names that a pattern binds. */
function boundNames(pattern: unknown): readonly string[] {
  if (!isNode(pattern)) return [];
  switch (pattern.type) {
    case 'Identifier':
      return [nameOf(pattern)];
    case 'AssignmentPattern':
      return boundNames(pattern['left']);
    case 'RestElement':
      return boundNames(pattern['argument']);
    case 'ArrayPattern':
      return children(pattern).flatMap(([, child]) => boundNames(child));
    case 'ObjectPattern':
      return children(pattern).flatMap(([, child]) => boundNames(child.type === 'Property' ? child['value'] : child));
    default:
      return [];
  }
}

function dynamicImport(node: Node): readonly string[] {
  const { source } = node;
  if (!/^(?:ImportExpression|TSImportType)$/.test(node.type) || !isNode(source)) return [];
  return [typeof source['value'] === 'string' ? source['value'] : '(computed)'];
}

function impureUse(node: Node): readonly string[] {
  if (node.type === 'MemberExpression') {
    const member = `${nameOf(node['object'])}.${nameOf(node['property'])}`;
    return IMPURE_MEMBERS.has(member) ? [member] : [];
  }
  const noArguments = Array.isArray(node['arguments']) && node['arguments'].length === 0;
  return node.type === 'NewExpression' && nameOf(node['callee']) === 'Date' && noArguments ? ['new Date()'] : [];
}
