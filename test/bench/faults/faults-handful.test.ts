/**
 * A seeded handful of the fault bench's trials, the cheap ones: a kill of all processes after a checkpoint, and what is moved
 * or damaged after the end. `npm run bench:faults` has all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { faultKinds } from './acts/kinds.js';
import { runTrials } from './run-trials.js';
import { drawTrials, type Trial } from './trials.js';

const seed = 12;
const kinds = {
  'kill whole tree after a checkpoint': 1,
  'folder moved after the end': 1,
  'flip a file after the end': 1,
  'truncate a file after the end': 1,
  'delete a file after the end': 1,
};

/** One configuration: each has an undisturbed run of its own to be compared with. */
const trials = Object.entries(kinds).flatMap(([kind, count]): Trial[] =>
  drawTrials(
    count,
    seed,
    faultKinds.filter(({ name }) => name === kind),
  ).map((trial) => ({ ...trial, configuration: 'lora' })),
);

test.skipIf(process.platform !== 'linux')(
  'faults leave the undisturbed result, or a clear stop',
  { timeout: 420_000 },
  async () => {
    const work = mkdtempSync(join(tmpdir(), 'medgr2-handful-'));
    try {
      const outcomes = await runTrials(trials, { work, workers: 1, twice: false, onOutcome: () => {} });
      expect(outcomes.filter(({ result }) => result === 'else' || result === 'skipped')).toEqual([]);
      expect(outcomes).toHaveLength(trials.length);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  },
);
