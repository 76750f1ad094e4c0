/** What the next cycle would learn from the verdicts on a run, for scripts: nothing is changed. */
import { resolve } from 'node:path';
import type { Sample } from '../../sample.js';
import { filterStages, scoredCandidates } from './review-queue.js';
import { readStanding } from './verdict-file.js';
import { verdictLessons, type VerdictLessons } from './verdict-lessons.js';

/**
 * Trusted samples, refused ones with their reasons, graded texts and pairs. `runLoop(config, { withVerdicts: true })` takes them up.
 * @throws RunError `output-damaged` where the samples of a cycle are not what was written.
 */
export async function applyVerdicts(run: string): Promise<VerdictLessons> {
  const runDir = resolve(run);
  const standing = readStanding(runDir);
  const judged = new Set(standing.map(({ item }) => item));
  const samples = new Map<string, Sample>();
  for (const cycle of filterStages(runDir).keys())
    for (const sample of await scoredCandidates(runDir, cycle))
      if (judged.has(sample.id)) samples.set(sample.id, sample);
  return verdictLessons(standing, samples);
}
