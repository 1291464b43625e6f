import path from 'node:path';
import { sourceFacts } from './source-facts.ts';

const CORE = 'packages/ims-core/src/';

/** The layers of ims-core, lower ones first: a file imports its own layer and those below. @see docs/architecture.md */
const LAYERS: readonly string[] = ['ports', 'protocols', 'nodes'];

/** Types that every layer, gateway and page may import. */
const FOR_ALL = [/^trace\/event\.ts$/, /^api\//];

/** Most lines of a source file; one concept seldom needs 300. */
export const MAX_SOURCE_LINES = 400;

/** What is wrong with one source file, in sentences; empty when nothing is. @param file path from the repository's root */
export function violations(file: string, source: string): readonly string[] {
  const { imports, foreignNames } = sourceFacts(file, source);
  const found = imports.flatMap((specifier) => importViolation(file, specifier) ?? []);
  if (file.startsWith(CORE)) {
    found.push(
      ...foreignNames.map((name) => `uses ${name}, which is not the core's: what comes from outside is a port`),
    );
  }
  const lines = source.trimEnd().split('\n').length;
  if (lines > MAX_SOURCE_LINES) found.push(`has ${lines} lines, more than ${MAX_SOURCE_LINES}`);
  return found.map((text) => `${file} ${text}`);
}

function importViolation(file: string, specifier: string): string | undefined {
  const isRelative = specifier.startsWith('.');
  if (isRelative && !/\.(?:tsx?|css|json|mjs)$/.test(specifier)) return `imports ${specifier} without its ending .ts`;
  const target = isRelative ? path.posix.join(path.posix.dirname(file), specifier) : ownPackage(specifier);
  if (target === undefined) {
    return file.startsWith(CORE) && specifier.startsWith('node:')
      ? `imports ${specifier}: the core is pure`
      : undefined;
  }
  if (/^packages\//.test(file) && !target.startsWith('packages/'))
    return `imports ${target}: packages never import apps`;
  if (isRelative && workspaceOf(target) !== workspaceOf(file)) return `imports ${target} by a path out of its package`;
  if (!file.startsWith(CORE) || !target.startsWith(CORE)) return undefined;
  return coreViolation(file.slice(CORE.length), target.slice(CORE.length));
}

/** `@imslab/ims-core/ports/clock` as a path. */
function ownPackage(specifier: string): string | undefined {
  const inCore = /^@imslab\/ims-core\/(.+)$/.exec(specifier)?.[1];
  if (inCore !== undefined) return `${CORE}${inCore}.ts`;
  const app = /^@imslab\/(gateway|web)\b/.exec(specifier)?.[1];
  return app === undefined ? undefined : `apps/${app}/`;
}

function workspaceOf(file: string): string {
  return file.split('/').slice(0, 2).join('/');
}

/** Both paths below packages/ims-core/src. */
function coreViolation(from: string, to: string): string | undefined {
  const [fromLayer = '', fromNode = ''] = from.split('/');
  const [toLayer = '', toNode = ''] = to.split('/');
  if (FOR_ALL.some((pattern) => pattern.test(to))) return undefined;
  if (fromLayer === toLayer) {
    return fromLayer === 'nodes' && fromNode !== toNode
      ? `imports ${to}: nodes talk in messages and never import one another`
      : undefined;
  }
  const allowed = fromLayer === 'trace' ? ['ports', 'protocols'] : layersBelow(fromLayer);
  if (allowed.includes(toLayer)) return undefined;
  return `imports ${to}: ${fromLayer} may import ${allowed.join(', ') || 'nothing else'}, trace/event and api`;
}

function layersBelow(layer: string): readonly string[] {
  const at = LAYERS.indexOf(layer);
  return at < 0 ? [] : LAYERS.slice(0, at);
}
