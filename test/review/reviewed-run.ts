/** A finished run on phantoms with a fake engine, made once for a test file: its candidates are real, its scores are not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/load.js';
import type { Config } from '../../src/config/schema.js';
import { runLoop } from '../../src/loop/run.js';
import type { RunOptions } from '../../src/loop/run-attempt.js';
import { fakeEngine } from '../loop/fake-engine.js';

const yaml = `
cycles: 1
data: { source: phantom, seed: 12, test: 10, pool: 24 }
generation: { imagesPerCycle: 24, teacher: { errorRate: 0.3 } }
filter: { threshold: 0 }
preferences: { prompts: 6, samples: 2 }
guards: { gold: false }
`;

export const reviewConfig = (...set: string[]): Config => parseConfig(yaml, { file: 'review.yaml', set });

export interface ReviewedRun extends Disposable {
  runDir: string;
  /** The same command again. */
  again(config: Config, options?: Partial<RunOptions>): ReturnType<typeof runLoop>;
}

export async function reviewedRun(config = reviewConfig()): Promise<ReviewedRun> {
  const folder = mkdtempSync(join(tmpdir(), 'medgr2-review-'));
  const runDir = join(folder, 'run');
  const again: ReviewedRun['again'] = (of, options) =>
    runLoop(of, { runDir, engine: fakeEngine({ contentOnly: true }), ...options });
  await again(config);
  return { runDir, again, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
