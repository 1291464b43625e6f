// npm start: installs what is missing, provides the media worker, builds what changed, and runs the lab.
// npm run dev (--dev): the same with live reload of page and gateway.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { checkNode, install } from './lib/install.mjs';
import { root, runMain, say } from './lib/run.mjs';

/** Node's flags for the gateway: errors name the sources; the rest is speed, measured in docs/performance.md. */
const nodeFlags = JSON.parse(readFileSync(path.join(root, 'apps/gateway/node-flags.json'), 'utf8'));

await runMain(async () => {
  const started = performance.now();
  checkNode();
  await install();
  const { provideWorker } = await import('../apps/gateway/media-worker/provide.mjs');
  await provideWorker({ say });
  if (process.argv.includes('--dev')) {
    const { runDev } = await import('./lib/dev.mjs');
    return await runDev();
  }
  const { build } = await import('./lib/build.mjs');
  await build();
  return await runGateway(started);
});

/** Runs the gateway until it ends; Ctrl-C asks it to close its calls and sockets in order. */
function runGateway(started) {
  return new Promise((resolve) => {
    // A process group of its own: a Ctrl-C at the terminal must not reach the media worker before the calls are closed.
    const gateway = spawn(process.execPath, [...nodeFlags, path.join(root, 'apps/gateway/dist/main.js')], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
      env: { ...process.env, IMSLAB_LOG_LEVEL: process.env.IMSLAB_LOG_LEVEL ?? 'warn' },
    });
    gateway.on('message', (message) => {
      if (typeof message?.ready !== 'string') return;
      say(`ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
      console.log(
        `\n  The IMS lab is at ${message.ready}\n  Open it in two tabs and call between them. Ctrl-C ends it.\n`,
      );
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => {
        if (gateway.connected) gateway.send('close');
      });
    }
    process.on('exit', () => gateway.kill('SIGTERM'));
    gateway.on('exit', (code) => resolve(code ?? 1));
  });
}
