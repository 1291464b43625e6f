// npm run bench: every benchmark, each line with ours, the peer's in the same run, and the ratio.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkNode, install } from './lib/install.mjs';
import { root, runMain, say } from './lib/run.mjs';

const benchmarks = ['packages/ims-core/bench', 'apps/gateway/bench'];

await runMain(async () => {
  checkNode();
  await install();
  const { provideWorker } = await import('../apps/gateway/media-worker/provide.mjs');
  await provideWorker({ say });
  const { build } = await import('vite');
  const only = process.argv.slice(2);
  for (const folder of benchmarks) {
    const app = path.join(root, path.dirname(folder));
    const names = fs.readdirSync(path.join(root, folder)).filter((file) => file.endsWith('.ts'));
    for (const name of names) {
      const bench = path.basename(name, '.ts');
      if (only.length > 0 && !only.includes(bench)) continue;
      const outDir = path.join(app, '.bench');
      await build({
        root: app,
        configFile: false,
        logLevel: 'warn',
        build: { ssr: `bench/${name}`, outDir, emptyOutDir: false, target: 'node20' },
        ssr: { noExternal: [/^@imslab\//, /^@noble\//, 'fast-xml-parser', 'sdp-transform'], target: 'node' },
      });
      console.log(`\n${bench}`);
      const built = await import(pathToFileURL(path.join(outDir, `${bench}.js`)).href);
      await built.run();
    }
  }
  return 0;
});
