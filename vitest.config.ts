import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
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
        // Real browsers, sockets and external programs: after the others and one file at a time, since they count packets and listen to sound.
        test: {
          name: 'system',
          sequence: { groupOrder: 1 },
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
