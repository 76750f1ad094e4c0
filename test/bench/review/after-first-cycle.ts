/**
 * What the second cycle of a run begins from, read from its folder as it is: a run of an earlier version would be asked to do its stages
 * again. Only what verdicts change and what they are measured by.
 */
import { join } from 'node:path';
import type { LoopState, RewardModelState } from '../../../src/loop/cycle.js';
import { stageKey } from '../../../src/loop/folder/ledger.js';
import { firstGenerator } from '../../../src/loop/generator/generator-state.js';
import type { RunContext } from '../../../src/loop/run-context.js';
import type { StageName } from '../../../src/loop/run-events.js';
import type { StageDone } from '../../../src/loop/stage.js';
import { filterOutputSchema, readFiltered } from '../../../src/loop/stages/filter.js';
import { readExemplars } from '../../../src/loop/stages/generator-update.js';
import { readGraded } from '../../../src/loop/stages/grade.js';
import { readPreferences } from '../../../src/loop/stages/preferences.js';
import { rewardReportOutputSchema } from '../../../src/loop/stages/reward-report.js';

export async function afterFirstCycle(run: RunContext): Promise<LoopState> {
  const graded = done(run, 0, 'grade');
  const filtering = done(run, 1, 'filter');
  const filtered = { ...filtering, output: filterOutputSchema.parse(filtering.output) };
  const updated = done(run, 1, 'generator-update');
  const newest = rewardModelOf(run, 1);
  const { promotion } = newest.report;
  const refused = promotion !== null && promotion.promoted !== newest.version;
  const policy = { path: run.config.policy.base, fingerprint: '' };
  return {
    rewardModel: refused ? rewardModelOf(run, 0) : newest,
    dataset: (await readFiltered(run, filtered)).dataset,
    datasetFingerprint: filtered.fingerprint,
    generator: {
      ...(await firstGenerator(run, '')),
      exemplars: await readExemplars(run, updated),
      fingerprint: updated.fingerprint,
    },
    preferences: await readPreferences(run, done(run, 1, 'preferences')),
    policy,
    promoted: { ...policy, name: 'base', measured: null },
    base: null,
    measured: null,
    filtered,
    graded: { ...(await readGraded(run, graded)), fingerprint: graded.fingerprint },
    unlearned: { samples: [], from: [] },
  };
}

function rewardModelOf(run: RunContext, cycle: number): RewardModelState {
  const { output, dir } = done(run, cycle, 'reward-model');
  const report = done(run, cycle, 'reward-report');
  return {
    path: join(dir, output.checkpoint),
    version: output.version,
    report: rewardReportOutputSchema.parse(report.output),
    reportDir: report.dir,
    fingerprint: report.fingerprint,
  };
}

/** Its output is what the stage's own schema made of it. */
// oxlint-disable-next-line typescript/no-explicit-any
function done({ ledger, runDir }: RunContext, cycle: number, stage: StageName): StageDone<any> {
  const entry = ledger.find(cycle, stage);
  if (entry === undefined)
    throw new RangeError(`${runDir} has no ${stageKey(cycle, stage)} yet: give a run whose first cycle is done`);
  return {
    output: entry.output,
    dir: join(runDir, stageKey(cycle, stage)),
    fingerprint: entry.fingerprint,
    seconds: entry.seconds,
  };
}
