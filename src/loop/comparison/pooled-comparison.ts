/**
 * The same comparison with several seeds as one: mean and spread of each figure. `seeds.json` holds it, beside the folders of
 * the seeds, and tables and pictures are drawn from it. Pure.
 */
import { z } from 'zod';
import { spreadOf, spreadSchema, type Spread } from '../../evaluation/seed-spread.js';
import { gridSchema, type ArmResult, type ComparisonResult } from './comparison-result.js';

const spread = spreadSchema.nullable();

const pooledArmSchema = z.object({
  name: z.string(),
  label: z.string(),
  group: z.string().nullable(),
  /** Stages that trained it, in order. */
  trainedBy: z.array(z.string()),
  /** Samples of the last of them, and the share of these that are true. */
  samples: spread,
  precision: spread,
  accuracy: spreadSchema,
  balancedAccuracy: spread,
  macroF1: spread,
  auroc: spread,
  unparsed: spreadSchema,
  byModality: z.record(z.string(), spreadSchema),
  byQuestionType: z.record(z.string(), spreadSchema),
});
/** One arm over seeds: mean and spread of each figure. */
export type PooledArm = z.output<typeof pooledArmSchema>;

/** The form of seeds.json. */
export const pooledComparisonSchema = z.object({
  recipe: z.enum(['arms', 'zero-shot', 'data-scale', 'transfer']),
  /** At least two; `n` of a figure says how many of them have it. */
  seeds: z.array(z.int()).min(2),
  notice: z.string(),
  /** Of each seed. */
  testQuestions: z.int(),
  arms: z.array(pooledArmSchema),
  curves: z.array(
    z.object({
      series: z.string(),
      label: z.string(),
      points: z.array(z.object({ arm: z.string(), size: spreadSchema, accuracy: spreadSchema, precision: spread })),
    }),
  ),
  grid: gridSchema
    .omit({ cells: true })
    .extend({
      cells: z.array(z.object({ trained: z.string(), tested: z.string(), accuracy: spreadSchema, gain: spreadSchema })),
    })
    .nullable(),
  /** Accuracy of the second arm of each pair less that of the first, seed by seed: steadier than the two alone. */
  differences: z.array(z.object({ first: z.string(), second: z.string(), gain: spreadSchema })),
});
/** A comparison over seeds, as seeds.json holds it. */
export type PooledComparison = z.output<typeof pooledComparisonSchema>;

/**
 * Means and spreads of one comparison over seeds.
 * @param results Of one recipe with the same settings, each with another seed; at least two.
 * @throws RangeError where there is none.
 */
export function poolComparisons(results: readonly ComparisonResult[]): PooledComparison {
  const [first] = results;
  if (first === undefined) throw new RangeError('no results to pool');
  return {
    recipe: first.recipe,
    seeds: results.map(({ seed }) => seed),
    notice: first.notice,
    testQuestions: first.testQuestions,
    arms: armsByName(results).map(pooledArm),
    curves: pooledCurves(results),
    grid: pooledGrid(results),
    differences: first.transitions.map(({ first: one, second: other }) => ({
      first: one,
      second: other,
      gain: known(
        results.map(({ arms }) => {
          const accuracy = (name: string): number | undefined => arms.find((arm) => arm.name === name)?.accuracy;
          const [before, after] = [accuracy(one), accuracy(other)];
          return before === undefined || after === undefined ? null : after - before;
        }),
      ),
    })),
  };
}

/** A figure that at least one seed has. */
function known(values: readonly (number | null)[]): Spread {
  const found = spreadOf(values);
  if (found === null) throw new RangeError('no seed has this figure');
  return found;
}

/** Each arm with its result of every seed that made it: a seed whose data lack a modality has no arm for it. */
function armsByName(results: readonly ComparisonResult[]): [ArmResult, ...ArmResult[]][] {
  const groups = Map.groupBy(
    results.flatMap(({ arms }) => arms),
    ({ name }) => name,
  );
  return [...groups.values()] as [ArmResult, ...ArmResult[]][];
}

function pooledArm(arms: readonly [ArmResult, ...ArmResult[]]): PooledArm {
  const { name, label, group, trained } = arms[0];
  const of = (read: (arm: ArmResult) => number | null | undefined): Spread | null => spreadOf(arms.map(read));
  const groups = (by: 'byModality' | 'byQuestionType'): Record<string, Spread> => {
    const names = [...new Set(arms.flatMap((arm) => Object.keys(arm[by])))].toSorted();
    return Object.fromEntries(
      names.flatMap((key) => {
        const found = of((arm) => arm[by][key]?.accuracy);
        return found === null ? [] : [[key, found] as const];
      }),
    );
  };
  return {
    name,
    label,
    group,
    trainedBy: trained.map(({ stage }) => stage),
    samples: of((arm) => arm.trained.at(-1)?.samples),
    precision: of((arm) => arm.trained.at(-1)?.precision),
    accuracy: known(arms.map(({ accuracy }) => accuracy)),
    balancedAccuracy: of((arm) => arm.balancedAccuracy),
    macroF1: of((arm) => arm.macroF1),
    auroc: of((arm) => arm.auroc),
    unparsed: known(arms.map(({ unparsed }) => unparsed)),
    byModality: groups('byModality'),
    byQuestionType: groups('byQuestionType'),
  };
}

/** Points of one arm are one point, though `all` has another number of samples with each seed. */
function pooledCurves(results: readonly ComparisonResult[]): PooledComparison['curves'] {
  const series = Map.groupBy(
    results.flatMap(({ curves }) => curves),
    (curve) => curve.series,
  );
  return [...series].map(([name, curves]) => {
    const points = Map.groupBy(
      curves.flatMap((curve) => curve.points),
      ({ arm }) => arm,
    );
    return {
      series: name,
      label: curves[0]?.label ?? name,
      points: [...points].map(([arm, same]) => ({
        arm,
        size: known(same.map(({ size }) => size)),
        accuracy: known(same.map(({ accuracy }) => accuracy)),
        precision: spreadOf(same.map(({ precision }) => precision)),
      })),
    };
  });
}

function pooledGrid(results: readonly ComparisonResult[]): PooledComparison['grid'] {
  const grids = results.flatMap(({ grid }) => (grid === null ? [] : [grid]));
  const [first] = grids;
  if (first === undefined) return null;
  const all = (read: (grid: (typeof grids)[number]) => readonly string[]): string[] => [
    ...new Set(grids.flatMap(read)),
  ];
  const cells = grids.flatMap((grid) => grid.cells);
  const [trained, tested] = [all((grid) => grid.trained), all((grid) => grid.tested)];
  return {
    by: first.by,
    trained,
    tested,
    cells: trained.flatMap((row) =>
      tested.flatMap((column) => {
        const same = cells.filter((cell) => cell.trained === row && cell.tested === column);
        if (same.length === 0) return [];
        const accuracy = known(same.map((cell) => cell.accuracy));
        return [{ trained: row, tested: column, accuracy, gain: known(same.map(({ gain }) => gain)) }];
      }),
    ),
  };
}
