// npm test: installs what the tests need, checks types and style, runs every suite, ends with one line of totals.
// Arguments go to vitest: npm test -- packages/ims-core
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { checkNode, install } from './lib/install.mjs';
import { root, run, runMain, say } from './lib/run.mjs';

await runMain(async () => {
  checkNode();
  await install();
  const { provideWorker } = await import('../apps/gateway/media-worker/provide.mjs');
  await provideWorker({ say });
  const { provideTools } = await import('./lib/debian-tools.mjs');
  await provideTools();
  const { build } = await import('./lib/build.mjs');
  await build();

  const totals = { passed: 0, failed: 0, skipped: 0 };
  const bin = path.join(root, 'node_modules/.bin');
  say('checking style (biome) and types (tsc)');
  for (const [tool, ...args] of [
    ['biome', 'check', '--error-on-warnings', '.'],
    ['tsc', '-p', 'tsconfig.json'],
  ]) {
    const status = await run(path.join(bin, tool), args);
    totals[status === 0 ? 'passed' : 'failed'] += 1;
  }

  say('running the tests');
  const report = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'imslab-test-')), 'report.json');
  const vitest = [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ];
  const status = await run(path.join(bin, 'vitest'), vitest, { env: { ...process.env, CI: 'true' } });
  addReport(totals, report, status);
  fs.rmSync(path.dirname(report), { recursive: true, force: true });

  // In CI everything must run: a skipped test there is a failure.
  const ok = totals.failed === 0 && !(process.env.IMSLAB_TEST_NO_SKIP === '1' && totals.skipped > 0);
  const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
  console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
  return ok ? 0 : 1;
});

/** Adds vitest's own totals. A run that failed without a failed test (a file that cannot load, an error outside a test) counts as one failure. */
function addReport(totals, file, status) {
  if (!fs.existsSync(file)) {
    totals.failed += 1;
    return;
  }
  const report = JSON.parse(fs.readFileSync(file, 'utf8'));
  totals.passed += report.numPassedTests;
  totals.skipped += report.numPendingTests + report.numTodoTests;
  const brokenFiles = report.testResults.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + brokenFiles.length;
  totals.failed += failed === 0 && status !== 0 ? 1 : failed;
}
