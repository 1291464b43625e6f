// npm run docs: writes the pages that are made from the sources. Tests compare them.
import path from 'node:path';
import { mustRun, root, runMain } from './lib/run.mjs';

await runMain(async () => {
  await import('./deviations.mjs');
  const vitest = path.join(root, 'node_modules/.bin/vitest');
  const pages = [
    'packages/ims-core/src/protocols/transaction/state-tables.test.ts',
    'apps/gateway/src/diameter/peer-machine.test.ts',
    'packages/ims-core/test/torture/torture.test.ts',
    'packages/ims-core/test/registration-decision.test.ts',
  ];
  await mustRun(
    'Writing docs/state-machines, docs/torture.md and docs/registration-decision.md',
    vitest,
    ['run', '--project', 'unit', '--reporter=dot', ...pages],
    {
      env: { ...process.env, UPDATE_DOCS: '1' },
    },
  );
  return 0;
});
