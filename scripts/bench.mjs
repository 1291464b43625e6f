// npm run bench: every benchmark, one line a result with its units, the peer's in the same run, and the ratio.
// Arguments choose: npm run bench -- parse registrations
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkNode, install } from './lib/install.mjs';
import { root, runMain, StepError, say } from './lib/run.mjs';

const workspaces = ['packages/ims-core', 'apps/gateway'];

/** Bundled as the gateway is: a benchmark measures what runs in the lab. */
async function bundle(build, workspace, name) {
  const outDir = path.join(root, workspace, '.bench');
  await build({
    root: path.join(root, workspace),
    configFile: false,
    logLevel: 'warn',
    build: {
      ssr: `bench/${name}.ts`,
      outDir,
      emptyOutDir: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: '[name].js' } },
    },
    ssr: { noExternal: [/^@imslab\//, /^@noble\//, 're2js', 'saxes', 'sdp-transform', 'xmlchars'], target: 'node' },
  });
  return import(pathToFileURL(path.join(outDir, `${name}.js`)).href);
}

await runMain(async () => {
  checkNode();
  await install();
  const { provideWorker } = await import('../apps/gateway/media-worker/provide.mjs');
  await provideWorker({ say });
  const { build: buildLab } = await import('./lib/build.mjs');
  await buildLab();
  const { build } = await import('vite');
  const only = process.argv.slice(2);
  const benchmarks = workspaces.flatMap((workspace) =>
    fs
      .readdirSync(path.join(root, workspace, 'bench'))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => ({ workspace, name: path.basename(file, '.ts') }))
      .filter(({ name }) => only.length === 0 || only.includes(name)),
  );
  let ran = 0;
  for (const { workspace, name } of benchmarks) {
    const { run } = await bundle(build, workspace, name);
    // Some files only hold what a benchmark works with.
    if (run === undefined) continue;
    console.log(`\n${name}`);
    await run();
    ran += 1;
  }
  if (ran === 0) throw new StepError(`No benchmark is called ${only.join(' or ')}.`);
  return 0;
});
