import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { mustRun, root, say } from './run.mjs';

const vite = path.join(root, 'node_modules/vite/bin/vite.js');

function hashTree(hash, folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) hashTree(hash, file);
    else if (!/\.test\.tsx?$/.test(entry.name)) hash.update(entry.name).update(fs.readFileSync(file));
  }
}

async function buildApp(words, app, sources) {
  const hash = createHash('sha256');
  for (const folder of sources) hashTree(hash, path.join(root, folder));
  for (const file of ['pnpm-lock.yaml', `${app}/vite.config.ts`, `${app}/package.json`])
    hash.update(fs.readFileSync(path.join(root, file)));
  const stamp = path.join(root, app, 'dist/.sources');
  const wanted = hash.digest('hex');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted) return;
  say(`building ${words}`);
  await mustRun(`Building ${words}`, process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: path.join(root, app),
  });
  fs.writeFileSync(stamp, wanted);
}

/** Builds the page and the gateway where their sources changed since the last build. */
export async function build() {
  await buildApp('the page', 'apps/web', ['apps/web/src', 'packages/ims-core/src']);
  await buildApp('the gateway', 'apps/gateway', ['apps/gateway/src', 'packages/ims-core/src']);
}
