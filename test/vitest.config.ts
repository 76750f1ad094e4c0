/** How the TypeScript tests run: two files at a time, since each waits for its jobs as often as it computes. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // What a package of somebody else's imports (test/own-parts) is this checkout.
  resolve: {
    alias: [
      { find: /^medgr2$/, replacement: new URL('../src/index.ts', import.meta.url).pathname },
      { find: /^medgr2\/(.*)$/, replacement: new URL('../src/public/$1.ts', import.meta.url).pathname },
    ],
  },
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['node_modules/**'],
    setupFiles: ['test/seeded.ts'],
    env: {
      // Tests leave no key of pseudonyms in the checkout.
      MEDGR2_PSEUDONYM_KEY: 'the key of the tests',
      // Of models this small, threads that wait for each other cost more than the work; see test/py/conftest.py.
      OMP_NUM_THREADS: '1',
    },
    // What a test waits for are events; these limits only end what hangs, also on a machine with much else to do.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    maxWorkers: 2,
  },
});
