import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { provideWorker } from './provide.mjs';

const VERSION = '9.9.9';
/** What a healthy worker does when mediasoup did not start it; the mark tells the sources apart. */
const healthy = (mark) => `#!/bin/sh\n# ${mark}\nexit 41\n`;

describe('provideWorker', () => {
  let folder;
  let mediasoup;
  let target;
  let said;
  let mirror;
  let requests;
  let answer;

  const executable = (file, text) => {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  };
  const archiveOf = (text) => {
    const place = mkdtempSync(path.join(folder, 'archive-'));
    executable(path.join(place, 'mediasoup-worker'), text);
    spawnSync('tar', ['czf', 'worker.tgz', 'mediasoup-worker'], { cwd: place });
    return readFileSync(path.join(place, 'worker.tgz'));
  };
  const buildScript = () => path.join(folder, 'build.sh');
  const builds = () =>
    existsSync(path.join(folder, 'builds')) ? readFileSync(path.join(folder, 'builds'), 'utf8').length : 0;
  const provide = (more = {}) =>
    provideWorker({
      say: (line) => said.push(line),
      mediasoup,
      cacheFolder: path.join(folder, 'cache'),
      buildScript: buildScript(),
      downloadSilenceLimitMs: 200,
      ...more,
      environment: {
        PATH: process.env.PATH,
        MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: `http://127.0.0.1:${mirror.address().port}`,
        ...more.environment,
      },
    });

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'provide-test-'));
    mediasoup = path.join(folder, 'mediasoup');
    mkdirSync(mediasoup);
    writeFileSync(path.join(mediasoup, 'package.json'), JSON.stringify({ version: VERSION }));
    target = path.join(mediasoup, 'worker/out/Release/mediasoup-worker');
    executable(
      buildScript(),
      `#!/bin/sh\necho '[1/1] compiled'\nprintf x >> '${folder}/builds'\nprintf '%s' '${healthy('built')}' > "$2/mediasoup-worker"\n`,
    );
    said = [];
    requests = [];
    answer = (response) => response.writeHead(404).end();
    mirror = createServer((request, response) => {
      requests.push(request.url);
      answer(response);
    });
    await new Promise((resolve) => mirror.listen(0, '127.0.0.1', resolve));
  });

  afterEach(() => {
    mirror.closeAllConnections();
    mirror.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes MEDIASOUP_WORKER_BIN before anything else', async () => {
    executable(target, healthy('there'));
    const own = executable(path.join(folder, 'own'), healthy('own'));
    expect(await provide({ environment: { MEDIASOUP_WORKER_BIN: own } })).toBe(own);
    expect(requests).toEqual([]);
  });

  it('refuses a MEDIASOUP_WORKER_BIN that does not run and names it', async () => {
    const broken = executable(path.join(folder, 'own'), '#!/bin/sh\nexit 127\n');
    await expect(provide({ environment: { MEDIASOUP_WORKER_BIN: broken } })).rejects.toMatchObject({
      code: 'MEDIA_WORKER_UNAVAILABLE',
      message: expect.stringContaining(broken),
    });
  });

  it('keeps a worker that is there and runs, without a word', async () => {
    executable(target, healthy('there'));
    expect(await provide()).toBe(target);
    expect(readFileSync(target, 'utf8')).toContain('there');
    expect([said, requests, builds()]).toEqual([[], [], 0]);
  });

  it('replaces a worker that does not run here', async () => {
    executable(target, '#!/bin/sh\nexit 127\n');
    await provide();
    expect(readFileSync(target, 'utf8')).toContain('built');
  });

  it('fetches the prebuilt worker for this platform from the mirror', async () => {
    answer = (response) => response.end(archiveOf(healthy('prebuilt')));
    expect(await provide()).toBe(target);
    expect(readFileSync(target, 'utf8')).toContain('prebuilt');
    expect(requests[0]).toContain(`/${VERSION}/mediasoup-worker-${VERSION}-${os.platform()}-${os.arch()}`);
    expect(builds()).toBe(0);
  });

  it.each([
    ['the mirror has none', (response) => response.writeHead(404).end(), 'HTTP status 404'],
    ['it does not run here', (response) => response.end(archiveOf('#!/bin/sh\nexit 1\n')), 'does not run'],
    ['it is no archive', (response) => response.end('<html>'), 'no such archive'],
    ['no byte comes in time', () => {}, 'no byte for 0.2 s'],
  ])('builds when %s', async (_name, mirrorAnswer, reason) => {
    answer = mirrorAnswer;
    expect(await provide()).toBe(target);
    expect(readFileSync(target, 'utf8')).toContain('built');
    expect(said.join('\n')).toContain(reason);
    expect(said).toContain('[1/1] compiled');
  });

  it('builds without asking the mirror when the download is switched off', async () => {
    await provide({ environment: { MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD: '1' } });
    expect(requests).toEqual([]);
    expect(builds()).toBe(1);
  });

  it('copies from the cache what was built once, after the package was installed anew', async () => {
    await provide();
    rmSync(path.join(mediasoup, 'worker'), { recursive: true });
    requests.length = 0;
    expect(await provide()).toBe(target);
    expect(readFileSync(target, 'utf8')).toContain('built');
    expect([requests, builds()]).toEqual([[], 1]);
  });

  it('builds once when two start at the same time', async () => {
    expect(await Promise.all([provide(), provide()])).toEqual([target, target]);
    expect(builds()).toBe(1);
    expect(readdirSync(path.join(folder, 'cache')).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('takes over the lock of a start that was killed', async () => {
    await provide();
    const [cached] = readdirSync(path.join(folder, 'cache'));
    rmSync(path.join(mediasoup, 'worker'), { recursive: true });
    const ended = spawnSync('true');
    writeFileSync(path.join(folder, 'cache', `${cached}.lock`), String(ended.pid));
    expect(await provide()).toBe(target);
  });

  it('passes on what the build says is missing, and fails', async () => {
    executable(buildScript(), '#!/bin/sh\necho "get them with: sudo apt-get install x" >&2\nexit 1\n');
    await expect(provide()).rejects.toMatchObject({ code: 'MEDIA_WORKER_UNAVAILABLE' });
    expect(said).toContain('get them with: sudo apt-get install x');
    expect(existsSync(target)).toBe(false);
  });
});
