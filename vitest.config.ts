import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/{src,test}/**/*.test.ts',
            'apps/*/src/**/*.test.{ts,tsx}',
            'apps/gateway/media-worker/*.test.mjs',
            'scripts/lib/*.test.mjs',
          ],
          environment: 'node',
          testTimeout: 20_000,
        },
      },
      {
        // Real browsers, sockets and external programs: one file at a time, since they count packets and measure sound.
        test: {
          name: 'system',
          include: ['apps/*/test/**/*.test.ts', 'test/**/*.test.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
