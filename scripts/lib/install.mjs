import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { mustRun, root, StepError, say } from './run.mjs';

const MIN_NODE = [20, 19];

export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  throw new StepError(
    `Node ${MIN_NODE.join('.')} or newer is needed, this is ${process.versions.node}. See https://nodejs.org.`,
  );
}

/** pnpm at the version of package.json, without asking anybody to install it. */
export async function pnpm(words, args) {
  const { packageManager } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  // Without prefer-offline, npx asks the registry again and again where there is no internet, though it has the version.
  const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_update_notifier: 'false' };
  await mustRun(words, 'npx', ['--yes', packageManager, ...args], { env });
}

/** Installs the packages of the lock file, unless the last install had the same lock file. */
export async function install() {
  const lock = createHash('sha256').update(fs.readFileSync(path.join(root, 'pnpm-lock.yaml')));
  for (const file of [
    'package.json',
    'apps/web/package.json',
    'apps/gateway/package.json',
    'packages/ims-core/package.json',
  ]) {
    lock.update(fs.readFileSync(path.join(root, file)));
  }
  const hash = lock.digest('hex');
  const stamp = path.join(root, 'node_modules/.imslab-install');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hash) return;
  say('installing packages (once, until they change)');
  await pnpm('Installing the packages', ['install', '--frozen-lockfile']);
  fs.writeFileSync(stamp, hash);
}
