import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root, say } from './run.mjs';

const vite = path.join(root, 'node_modules/vite/bin/vite.js');
const bundle = path.join(root, 'apps/gateway/dist/main.js');
/** Quiet time after a write of the bundle before the gateway starts again. */
const SETTLE_MS = 200;

/** Vite serves the page with live reload and sends /api and /sip to the gateway, which is built on every change and started again. */
export function runDev() {
  const gatewayUrl = `http://localhost:${process.env.IMSLAB_HTTP_PORT ?? 8080}`;
  const env = { ...process.env, IMSLAB_GATEWAY_URL: process.env.IMSLAB_GATEWAY_URL ?? gatewayUrl };
  const start = (args, cwd) => spawn(process.execPath, args, { cwd: path.join(root, cwd), stdio: 'inherit', env });
  const page = start([vite], 'apps/web');
  const builder = start([vite, 'build', '--watch', '--logLevel', 'warn'], 'apps/gateway');
  let gateway;
  let settled;
  const restart = () => {
    if (!fs.existsSync(bundle)) return;
    const begin = () => {
      say('starting the gateway');
      gateway = start(['--enable-source-maps', bundle], '.');
    };
    if (gateway === undefined || gateway.exitCode !== null) begin();
    else {
      gateway.once('exit', begin);
      gateway.kill('SIGTERM');
    }
  };
  fs.mkdirSync(path.dirname(bundle), { recursive: true });
  const watcher = fs.watch(path.dirname(bundle), () => {
    clearTimeout(settled);
    settled = setTimeout(restart, SETTLE_MS);
  });
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.on(signal, () => {
        watcher.close();
        clearTimeout(settled);
        for (const child of [page, builder, gateway]) child?.kill('SIGTERM');
        resolve(0);
      });
    }
  });
}
