/** The table of cycles, filled in as stages end. */
import type { StageMetrics, StageName } from '../../loop/run-events.js';
import type { CycleRow } from './screen-state.js';

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
