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
  /** Cycle at whose end it was trained, 0 for the first: it scores the candidates of the next. */
  cycle: number;
  /** It learned verdicts of experts, before the cycle, and scores the candidates of the cycle itself. */
  ofVerdicts: boolean;
  report: RewardReportOutput;
  /** Highest grade first; without spread where scores.jsonl is not there. */
  grades: GradeSpread[];
}

const gradeRow = z.object({ id: z.string(), grade: z.number().nullable() });
const scoreLine = z.object({ id: z.string(), score: z.number() });

export async function readRewardModels(run: RunRecord): Promise<RewardModelFigures[]> {
  const reports = ownLedger(run).flatMap(({ cycle, stage }) =>
    stage === 'reward-report' || stage === 'verdict-reward-report' ? [{ cycle, stage }] : [],
  );
  const found: RewardModelFigures[] = [];
  for (const { cycle, stage } of reports) {
    const report = outputOf(run, cycle, stage, rewardReportOutputSchema);
    if (report === null) continue;
    const dir = join(run.dir, stageKey(cycle, stage));
    found.push({ cycle, ofVerdicts: stage !== 'reward-report', report, grades: await readGrades(dir, report) });
  }
  // A cycle begins with what experts said, and ends with what the policy wrote.
  found.sort((a, b) => a.cycle - b.cycle || Number(b.ofVerdicts) - Number(a.ofVerdicts));
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
