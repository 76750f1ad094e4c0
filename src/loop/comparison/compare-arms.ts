/** What a comparison came to: rows, curves, grid and flows from the arms that are done. */
import { join, relative } from 'node:path';
import { clusterOf } from '../../dataset/sources/data-source.js';
import { transitions, type Outcome } from '../../evaluation/transitions.js';
import { inTableOrder } from '../../sample.js';
import { comparisonWarnings, deadGroupsOf } from '../result/result-warnings.js';
import { runFiles, toRun } from '../folder/run-folder.js';
import type { ArmResult, ComparisonResult, Curve, TransferGrid } from './comparison-result.js';
import type { RunContext } from '../run-context.js';
import { stageNames } from '../run-events.js';
import { predictionsFile, readPredicted } from './evaluate-arm.js';
import type { ArmDone } from './arm.js';
import { baseArm, type ComparisonRecipe } from './arm-plan.js';

export interface ComparisonProgress {
  recipe: ComparisonRecipe;
  done: readonly ArmDone[];
  transitions: ComparisonResult['transitions'];
}

export function comparisonResult(
  run: RunContext,
  { recipe, done, transitions: flows }: ComparisonProgress,
  status: ComparisonResult['status'],
  error: string | null,
): ComparisonResult {
  const arms = done.map((arm) => armResult(run, arm));
  const seconds = secondsOf(run, null);
  const deadGroups = status === 'running' ? new Map() : deadGroupsOf(join(run.runDir, runFiles.events));
  return {
    recipe: recipe.kind,
    status,
    seed: run.config.seed,
    notice: run.data.notice,
    testQuestions: run.data.test.length,
    arms,
    curves: recipe.kind === 'data-scale' ? curvesOf(arms) : [],
    grid: recipe.kind === 'transfer' ? gridOf(recipe.by, arms) : null,
    transitions: flows,
    seconds,
    totalSeconds: total(seconds) + arms.reduce((sum, arm) => sum + total(arm.seconds), 0),
    warnings: comparisonWarnings(arms, baseArm, deadGroups, run.guardLog),
    error,
  };
}

function armResult(run: RunContext, { arm, model, trained, measured }: ArmDone): ArmResult {
  return {
    name: arm.name,
    label: arm.label ?? arm.name,
    group: arm.group ?? null,
    startsFrom: arm.after ?? arm.model ?? run.config.policy.base,
    trained,
    ...measured.output,
    seconds: secondsOf(run, arm.name),
    paths: {
      model: toRun(run.runDir, model),
      predictions: relative(run.runDir, predictionsFile(measured)),
    },
  };
}

/** In the order of the paper's legend; a series holds the sizes that are done. */
function curvesOf(arms: readonly ArmResult[]): Curve[] {
  const labels = { random: 'RandK', top: 'TopK', 'top+grpo': 'TopK+GRPO', all: 'all' };
  return Object.entries(labels).flatMap(([series, label]) => {
    const points = arms
      .filter(({ group }) => group === series)
      .map(({ name, trained, n, accuracy, intervals }) => ({
        arm: name,
        size: trained.at(-1)?.samples ?? 0,
        n,
        accuracy,
        interval: intervals.accuracy,
        precision: trained.at(-1)?.precision ?? null,
      }));
    return points.length === 0 ? [] : [{ series, label, points }];
  });
}

function gridOf(by: TransferGrid['by'], arms: readonly ArmResult[]): TransferGrid {
  const groupsOf = (arm: ArmResult) => (by === 'modality' ? arm.byModality : arm.byQuestionType);
  const base = arms.find(({ name }) => name === baseArm);
  const trained = arms.filter((arm) => arm !== base);
  const tested = base === undefined ? [] : inTableOrder(Object.keys(groupsOf(base)));
  return {
    by,
    trained: trained.map(({ label }) => label),
    tested,
    cells: trained.flatMap((arm) =>
      tested.flatMap((domain) => {
        const [cell, before] = [groupsOf(arm)[domain], base && groupsOf(base)[domain]];
        if (cell === undefined || before === undefined) return [];
        const { n, correct, accuracy } = cell;
        const gain = accuracy - before.accuracy;
        return [{ arm: arm.name, trained: arm.label, tested: domain, n, correct, accuracy, gain }];
      }),
    ),
  };
}

/** Flows between the arms of each pair. */
export async function flowsOf(
  { data }: Pick<RunContext, 'data'>,
  pairs: readonly (readonly [string, string])[],
  done: readonly ArmDone[],
): Promise<ComparisonResult['transitions']> {
  const outcomes = async (name: string): Promise<{ name: string; outcomes: Outcome[] } | null> => {
    const arm = done.find((candidate) => candidate.arm.name === name);
    return arm === undefined ? null : { name, outcomes: await readPredicted(arm.measured) };
  };
  const images = new Map(data.test.map(({ id, imageHash }) => [id, imageHash]));
  const clusterOfQuestion = (id: string): string => clusterOf(data, images.get(id) ?? id);
  const found: ComparisonResult['transitions'] = [];
  for (const [first, second] of pairs) {
    const [one, other] = [await outcomes(first), await outcomes(second)];
    if (one !== null && other !== null) found.push(transitions(one, other, clusterOfQuestion));
  }
  return found;
}

/** Of all its cycles together. */
function secondsOf({ ledger }: Pick<RunContext, 'ledger'>, arm: string | null): Record<string, number> {
  const entries = ledger.all().filter((entry) => (entry.arm ?? null) === arm);
  return Object.fromEntries(
    stageNames.flatMap((stage) => {
      const own = entries.filter((entry) => entry.stage === stage);
      return own.length === 0 ? [] : [[stage, own.reduce((sum, { seconds }) => sum + seconds, 0)]];
    }),
  );
}

const total = (seconds: Record<string, number>): number =>
  Object.values(seconds).reduce((sum, value) => sum + value, 0);
