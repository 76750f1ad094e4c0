/** The table of cycles, filled in as stages end. */
import type { StageMetrics, StageName } from '../../loop/run-events.js';
import type { Promotion } from '../../loop/guards/alarm.js';
import type { CycleRow, ScreenState } from './screen-state.js';
import { stageKey } from './stage-key.js';

interface StageEnd {
  cycle: number;
  stage: StageName;
  seconds: number;
  metrics: StageMetrics;
}

export function addToRows(rows: readonly CycleRow[], end: StageEnd): readonly CycleRow[] {
  const { cycle, stage, metrics } = end;
  const row = rows.find((known) => known.cycle === cycle) ?? emptyRow(cycle);
  const filled = { ...row, ...figuresOf(end, rows), seconds: row.seconds + end.seconds };
  const others = rows.filter((known) => known.cycle !== cycle);
  // A report of the reward model retrained in this cycle is about the one that scores in the next.
  const next = stage === 'reward-report' ? [nextRow(rows, cycle + 1, metrics)] : [];
  return [...others.filter((known) => known.cycle !== cycle + 1 || next.length === 0), filled, ...next].toSorted(
    (a, b) => a.cycle - b.cycle,
  );
}

function figuresOf({ cycle, stage, metrics }: StageEnd, rows: readonly CycleRow[]): Partial<CycleRow> {
  const number = (name: string): number | null => (typeof metrics[name] === 'number' ? metrics[name] : null);
  if (stage === 'evaluate-base') return { base: number('accuracy') };
  if (stage === 'evaluate-grpo') return { grpo: number('accuracy') };
  // It scores in this cycle.
  if (stage === 'verdict-reward-report') return { spearman: number('spearman'), tau: number('tau') };
  if (stage === 'evaluate-sft') return { sft: number('accuracy') };
  if (stage !== 'filter') return {};
  const before = rows.find((row) => row.cycle === cycle - 1)?.datasetSize ?? 0;
  return {
    candidates: number('candidates'),
    accepted: number('accepted'),
    datasetSize: number('datasetSize') ?? before + (number('accepted') ?? 0),
    rawPrecision: number('rawPrecision'),
    acceptedPrecision: number('acceptedPrecision'),
    tau: number('tau'),
    ...('judgePassed' in metrics ? { judgePassed: number('judgePassed'), kappa: number('kappa') } : {}),
  };
}

function nextRow(rows: readonly CycleRow[], cycle: number, metrics: StageMetrics): CycleRow {
  const { spearman, tau } = metrics;
  return {
    ...(rows.find((row) => row.cycle === cycle) ?? emptyRow(cycle)),
    spearman: typeof spearman === 'number' ? spearman : null,
    tau: typeof tau === 'number' ? tau : null,
  };
}

/** A reward model that was not let through scores nothing: the row keeps the figures of the one that goes on. */
export function withScorer(
  rows: readonly CycleRow[],
  { cycle, promoted, refused }: Pick<Promotion, 'cycle' | 'promoted' | 'refused'>,
  stages: ScreenState['stages'],
): readonly CycleRow[] {
  const verdicts = '-verdicts';
  const stage = promoted.endsWith(verdicts) ? 'verdict-reward-report' : 'reward-report';
  const of = Number(/\d+/.exec(promoted)?.[0]);
  const { metrics } = stages[stageKey(of, stage)] ?? {};
  const scoring = refused.some((name) => name.endsWith(verdicts)) ? cycle : cycle + 1;
  if (metrics === undefined) return rows;
  return rows.map((row) => (row.cycle === scoring ? nextRow([row], scoring, metrics) : row));
}

const emptyRow = (cycle: number): CycleRow => ({
  cycle,
  candidates: null,
  accepted: null,
  datasetSize: null,
  rawPrecision: null,
  acceptedPrecision: null,
  spearman: null,
  tau: null,
  base: null,
  sft: null,
  grpo: null,
  seconds: 0,
});
