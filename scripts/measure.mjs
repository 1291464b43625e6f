// npm run measure: how long a call takes to ring and to be heard, between two tabs of a real Chromium.
import path from 'node:path';
import { checkNode, install } from './lib/install.mjs';
import { root, runMain, say } from './lib/run.mjs';

await runMain(async () => {
  checkNode();
  await install();
  const { provideWorker } = await import('../apps/gateway/media-worker/provide.mjs');
  await provideWorker({ say });
  const { build } = await import('./lib/build.mjs');
  await build();
  const { runnerImport } = await import('vite');
  const { module } = await runnerImport(path.join(root, 'test/measure/call-setup.ts'), { root, configFile: false });
  await module.run();
  return 0;
});
