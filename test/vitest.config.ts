/** How the TypeScript tests run: two files at a time, since each waits for its jobs as often as it computes. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    exclude: ['node_modules/**'],
    setupFiles: ['test/seeded.ts'],
    // Tests leave no key of pseudonyms in the checkout.
    env: { MEDGR2_PSEUDONYM_KEY: 'the key of the tests' },
    // What a test waits for are events; these limits only end what hangs, also on a machine with much else to do.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    maxWorkers: 2,
  },
});
