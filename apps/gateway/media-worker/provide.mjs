// Puts mediasoup's worker binary where mediasoup looks for it, on machines with and without internet.
//
// The first that works wins:
//   1. MEDIASOUP_WORKER_BIN, when it is set (mediasoup reads it too; nothing is installed)
//   2. the binary that is there already
//   3. one that was built earlier on this machine, from the cache
//   4. mediasoup's own prebuilt one
//   5. a build from the sources inside the npm package (build.sh)
//
// By hand: node apps/gateway/media-worker/provide.mjs
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

/** Started without MEDIASOUP_VERSION, a worker that can run here exits with this status. */
const HEALTHY_EXIT_STATUS = 41;
const DOWNLOAD_SILENCE_LIMIT_MS = 10_000;
const LOCK_POLL_MS = 300;
const RELEASES = 'https://github.com/versatica/mediasoup/releases/download';

/** No worker could be provided. `message` says what to do. */
export class MediaWorkerError extends Error {
  code = 'MEDIA_WORKER_UNAVAILABLE';
}

/**
 * Sees to it that mediasoup finds a worker that runs on this machine. Two calls at once, also in two processes, are safe.
 *
 * @param {object} options
 * @param {(line: string) => void} options.say takes progress, line by line
 * @param {NodeJS.ProcessEnv} [options.environment]
 * @param {string} [options.mediasoup] folder of the npm package
 * @param {string} [options.cacheFolder]
 * @param {string} [options.buildScript]
 * @param {number} [options.downloadSilenceLimitMs]
 * @returns {Promise<string>} path of the binary
 * @throws {MediaWorkerError}
 */
export async function provideWorker({
  say,
  environment = process.env,
  mediasoup = installedMediasoup(),
  cacheFolder = path.join(
    environment.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
    'imslab',
    'mediasoup-worker',
  ),
  buildScript = path.join(here, 'build.sh'),
  downloadSilenceLimitMs = DOWNLOAD_SILENCE_LIMIT_MS,
}) {
  const given = environment.MEDIASOUP_WORKER_BIN;
  if (given) {
    if (await runsHere(given)) return given;
    throw new MediaWorkerError(`MEDIASOUP_WORKER_BIN names ${given}, which does not run on this machine`);
  }
  const target = path.join(mediasoup, 'worker', 'out', 'Release', 'mediasoup-worker');
  if (await runsHere(target)) return target;

  const { version } = JSON.parse(await readFile(path.join(mediasoup, 'package.json'), 'utf8'));
  const cached = path.join(cacheFolder, `${version}-${await recipeHash()}`);
  await mkdir(cacheFolder, { recursive: true });
  const unlock = await lock(`${cached}.lock`, say);
  try {
    // Whoever held the lock before may have done the work.
    if (await runsHere(target)) return target;
    if (await runsHere(cached)) {
      await install(cached, target);
      say(`copied the one built earlier (${cached})`);
      return target;
    }
    const downloaded = await withTemporaryFolder((folder) =>
      downloadPrebuilt({ folder, version, target, environment, say, downloadSilenceLimitMs }),
    );
    if (!downloaded) {
      await withTemporaryFolder((folder) => buildHere({ folder, buildScript, mediasoup, environment, cached, say }));
      await install(cached, target);
    }
    if (!(await runsHere(target))) throw new MediaWorkerError(`${target} does not run on this machine`);
    say(`${version} is ready`);
    return target;
  } finally {
    await unlock();
  }
}

function installedMediasoup() {
  const require = createRequire(path.join(here, '..', 'package.json'));
  return path.resolve(path.dirname(require.resolve('mediasoup')), '..', '..');
}

/** The worker's environment is empty, so that it cannot see a MEDIASOUP_VERSION of ours. */
async function runsHere(file) {
  return existsSync(file) && (await run(file, [], { env: {} })) === HEALTHY_EXIT_STATUS;
}

/** Exit status of a program, or null when it could not start or a signal ended it. Its output goes to `say`, if given. */
function run(file, args, { env, cwd, say } = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, cwd, stdio: ['ignore', say ? 'pipe' : 'ignore', say ? 'pipe' : 'ignore'] });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', say);
    }
    child.on('error', () => resolve(null));
    child.on('close', (status) => resolve(status));
  });
}

/** Changes with everything that goes into a build, so that an old binary is never taken for a new recipe's. */
async function recipeHash() {
  const shims = (await readdir(path.join(here, 'shims'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(here, path.join(entry.parentPath, entry.name)));
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of ['CMakeLists.txt', 'build.sh', ...shims.sort()]) {
    hash.update(`${file}\n`).update(await readFile(path.join(here, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Written beside its place and renamed: the file of a running worker cannot be written into, and nobody sees a half one. */
async function install(file, target) {
  await mkdir(path.dirname(target), { recursive: true });
  const fresh = `${target}.${process.pid}`;
  await copyFile(file, fresh);
  await chmod(fresh, 0o755);
  await rename(fresh, target);
}

async function withTemporaryFolder(work) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'imslab-media-worker-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One process at a time. The lock file holds its owner's process id; the lock of a process that ended is taken over. */
async function lock(file, say) {
  for (let waiting = false; ; waiting = true) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!waiting) say('another start is at it, waiting');
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
    if (existsSync(file) && !ownerIsAlive(file)) await rm(file, { force: true });
  }
}

function ownerIsAlive(file) {
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    if (!owner) return true; // being written this moment
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** True when upstream's binary for this platform was fetched, runs here and is installed. */
async function downloadPrebuilt({ folder, version, target, environment, say, downloadSilenceLimitMs }) {
  if (environment.MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD) return false;
  const base = environment.MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL || RELEASES;
  const kernel = os.platform() === 'linux' ? `-kernel${os.release().split('.')[0]}` : '';
  const url = `${base}/${version}/mediasoup-worker-${version}-${os.platform()}-${os.arch()}${kernel}.tgz`;
  try {
    say(`fetching ${url}`);
    const archive = path.join(folder, 'worker.tgz');
    await writeFile(archive, await fetchBytes(url, downloadSilenceLimitMs));
    const binary = path.join(folder, 'mediasoup-worker');
    if ((await run('tar', ['xzf', archive, '-C', folder, 'mediasoup-worker'])) !== 0)
      throw new Error('no such archive');
    if (!(await runsHere(binary))) throw new Error('it does not run on this machine');
    await install(binary, target);
    return true;
  } catch (error) {
    say(`no prebuilt worker: ${error.cause?.code ?? error.message}`);
    return false;
  }
}

async function fetchBytes(url, silenceLimitMs) {
  const abort = new AbortController();
  const giveUp = () => abort.abort(new Error(`no byte for ${silenceLimitMs / 1000} s`));
  let timer = setTimeout(giveUp, silenceLimitMs);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    const chunks = [];
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, silenceLimitMs);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
  }
}

async function buildHere({ folder, buildScript, mediasoup, environment, cached, say }) {
  if (process.platform !== 'linux') {
    throw new MediaWorkerError('there is no prebuilt media worker for this machine, and the local build is for Linux');
  }
  say('building the media worker here, once (1 to 2 minutes on 2 cores)');
  const started = performance.now();
  const status = await run('sh', [buildScript, mediasoup, folder], { env: environment, say });
  if (status !== 0) {
    throw new MediaWorkerError(`the media worker could not be built (see the lines above); status ${status ?? 'none'}`);
  }
  await install(path.join(folder, 'mediasoup-worker'), cached);
  say(`built in ${Math.round((performance.now() - started) / 1000)} s`);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const say = (line) => console.log(`media worker: ${line}`);
  try {
    say(await provideWorker({ say }));
  } catch (error) {
    if (!(error instanceof MediaWorkerError)) throw error;
    console.error(`media worker: ${error.message}`);
    process.exitCode = 1;
  }
}
