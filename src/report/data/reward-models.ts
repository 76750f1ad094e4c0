/** Each reward model of a run on held-out graded texts: figures of its report, and the spread of its scores per grade. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readParquet } from '../../dataset/tables/table.js';
import { quantile } from '../../evaluation/bootstrap.js';
import { stageKey } from '../../loop/folder/ledger.js';
import { rewardReportOutputSchema, type RewardReportOutput } from '../../loop/stages/reward-report.js';
import { readLines } from './read-lines.js';
import { outputOf, ownLedger, type RunRecord } from './run-record.js';

export interface GradeSpread {
  grade: number;
  n: number;
  mean: number;
  /** Quartiles of the raw scores. */
  low: number;
  high: number;
}

export interface RewardModelFigures {
  /** Cycle at whose end it was trained; 0 for the first. It scores the candidates of the next cycle. */
  cycle: number;
  report: RewardReportOutput;
  /** Highest grade first; without spread where scores.jsonl is not there. */
  grades: GradeSpread[];
}

const gradeRow = z.object({ id: z.string(), grade: z.number().nullable() });
const scoreLine = z.object({ id: z.string(), score: z.number() });

export async function readRewardModels(run: RunRecord): Promise<RewardModelFigures[]> {
  const cycles = ownLedger(run)
    .filter(({ stage }) => stage === 'reward-report')
    .map(({ cycle }) => cycle);
  const found: RewardModelFigures[] = [];
  for (const cycle of cycles.sort((a, b) => a - b)) {
    const report = outputOf(run, cycle, 'reward-report', rewardReportOutputSchema);
    if (report === null) continue;
    const dir = join(run.dir, stageKey(cycle, 'reward-report'));
    found.push({ cycle, report, grades: await readGrades(dir, report) });
  }
  return found;
}

async function readGrades(dir: string, { meanByGrade }: RewardReportOutput): Promise<GradeSpread[]> {
  const file = join(dir, 'rows.parquet');
  const rows = existsSync(file) ? z.array(gradeRow).parse(await readParquet(file)) : [];
  const scores = new Map(readLines(join(dir, 'scores.jsonl'), scoreLine).rows.map(({ id, score }) => [id, score]));
  const byGrade = Map.groupBy(rows, ({ grade }) => grade);
  return Object.entries(meanByGrade)
    .map(([name, mean]) => {
      const grade = Number(name);
      const found = (byGrade.get(grade) ?? []).flatMap(({ id }) => scores.get(id) ?? []);
      const sorted = Float64Array.from(found).sort();
      const [low, high] = found.length === 0 ? [mean, mean] : [quantile(sorted, 0.25), quantile(sorted, 0.75)];
      return { grade, n: found.length, mean, low, high };
    })
    .sort((a, b) => b.grade - a.grade);
}
