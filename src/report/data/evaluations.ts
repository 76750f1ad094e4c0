/** Accuracy of each policy that a run measured, overall and per group, with bootstrap intervals from its predictions. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readParquet } from '../../dataset/table.js';
import { resamplesFor } from '../../evaluation/answer-report.js';
import { bootstrapIntervals, type Interval } from '../../evaluation/bootstrap.js';
import { stageKey } from '../../loop/ledger.js';
import { evaluateOutputSchema, type EvaluateOutput } from '../../loop/stages/evaluate.js';
import { ownLedger, type RunRecord } from './run-record.js';

export const methods = ['base', 'SFT', 'GRPO'] as const;
export type Method = (typeof methods)[number];

/** One question as one policy answered it. */
export interface Answer {
  id: string;
  correct: boolean;
  modality: string;
  questionType: string;
}

export interface GroupAccuracy {
  n: number;
  correct: number;
  accuracy: number;
  /** 95 % percentile bootstrap over questions; null where the predictions are not there. */
  interval: Interval | null;
}

export interface Evaluation extends GroupAccuracy {
  cycle: number;
  method: Method;
  /** `base`, `1 SFT`, `1 GRPO`, … */
  label: string;
  unparsed: number;
  byModality: Record<string, GroupAccuracy>;
  byQuestionType: Record<string, GroupAccuracy>;
  answers: Answer[];
}

const stages = { 'evaluate-base': 'base', 'evaluate-sft': 'SFT', 'evaluate-grpo': 'GRPO' } as const;

const answerSchema = z.object({
  id: z.string(),
  correct: z.boolean(),
  modality: z.string(),
  questionType: z.string(),
});

/** In the order they were made: base, then SFT and GRPO of each cycle. */
export async function readEvaluations(run: RunRecord): Promise<Evaluation[]> {
  const found: Evaluation[] = [];
  for (const { cycle, stage, output } of ownLedger(run).toSorted((a, b) => a.cycle - b.cycle)) {
    if (!(stage in stages)) continue;
    const parsed = evaluateOutputSchema.safeParse(output).data;
    if (parsed === undefined) continue;
    const answers = await readAnswers(join(run.dir, stageKey(cycle, stage), 'predictions.parquet'));
    found.push(evaluation(cycle, stages[stage as keyof typeof stages], parsed, answers));
  }
  return found;
}

async function readAnswers(file: string): Promise<Answer[]> {
  if (!existsSync(file)) return [];
  return z.array(answerSchema).parse(await readParquet(file));
}

function evaluation(cycle: number, method: Method, output: EvaluateOutput, answers: Answer[]): Evaluation {
  const intervals = intervalsOf(answers);
  const groups = (prefix: Prefix, cells: EvaluateOutput['byModality']): Record<string, GroupAccuracy> =>
    Object.fromEntries(
      Object.entries(cells).map(([name, { n, correct, accuracy }]) => [
        name,
        { n, correct, accuracy, interval: intervals[`${prefix}${name}`] ?? null },
      ]),
    );
  const { n, correct, unparsed, accuracy } = output;
  return {
    cycle,
    method,
    label: method === 'base' ? 'base' : `${cycle} ${method}`,
    n,
    correct,
    unparsed,
    accuracy,
    interval: intervals['all'] ?? null,
    byModality: groups('modality ', output.byModality),
    byQuestionType: groups('type ', output.byQuestionType),
    answers,
  };
}

type Prefix = 'modality ' | 'type ';

/** Of all answers and of each group, from the same resamples. */
function intervalsOf(answers: readonly Answer[]): Record<string, Interval | null> {
  if (answers.length === 0) return {};
  const names = new Map<string, number>();
  const indexOf = (name: string): number => {
    const known = names.get(name) ?? names.size;
    names.set(name, known);
    return known;
  };
  const groups = answers.map((answer) => [
    indexOf('all'),
    indexOf(`modality ${answer.modality}`),
    indexOf(`type ${answer.questionType}`),
  ]);
  const figures = (rows: Int32Array): Record<string, number | null> => {
    const [sizes, right] = [new Int32Array(names.size), new Int32Array(names.size)];
    for (const row of rows)
      for (const group of groups[row] ?? []) {
        sizes[group] = (sizes[group] ?? 0) + 1;
        if (answers[row]?.correct === true) right[group] = (right[group] ?? 0) + 1;
      }
    return Object.fromEntries(
      [...names].map(([name, i]) => [name, sizes[i] === 0 ? null : (right[i] ?? 0) / (sizes[i] ?? 1)]),
    );
  };
  return bootstrapIntervals(answers.length, figures, { seed: 0, resamples: resamplesFor(answers.length) });
}
