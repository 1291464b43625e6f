// npm run docs: writes the pages that are made from the sources. Tests compare them.
import path from 'node:path';
import { mustRun, root, runMain } from './lib/run.mjs';

await runMain(async () => {
  await import('./deviations.mjs');
  const vitest = path.join(root, 'node_modules/.bin/vitest');
  const tables = 'packages/ims-core/src/protocols/transaction/state-tables.test.ts';
  await mustRun('Writing docs/state-machines.md', vitest, ['run', '--reporter=dot', tables], {
    env: { ...process.env, UPDATE_DOCS: '1' },
  });
  return 0;
});
