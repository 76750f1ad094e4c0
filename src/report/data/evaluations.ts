/** Accuracy of each policy that a run measured, overall and per group, with Wilson's intervals. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../errors.js';
import { readParquet } from '../../dataset/tables/table.js';
import type { Interval } from '../../evaluation/bootstrap.js';
import { transitions, type Transitions } from '../../evaluation/transitions.js';
import { wilsonInterval } from '../../evaluation/wilson.js';
import { stageKey } from '../../loop/folder/ledger.js';
import { evaluateOutputSchema, type EvaluateOutput } from '../../loop/stages/evaluate.js';
import { ownLedger, type RunRecord } from './run-record.js';

export const methods = ['base', 'SFT', 'GRPO'] as const;
export type Method = (typeof methods)[number];

/** One question as one policy answered it. */
export interface Answer {
  id: string;
  correct: boolean;
  /** What was read in the completion; null where no answer was found. */
  predicted: string | null;
  modality: string;
  questionType: string;
}

export interface GroupAccuracy {
  n: number;
  correct: number;
  accuracy: number;
  /** 95 %, Wilson's; null where nothing was asked. */
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

/** As sentences and result.json name a policy: `base`, `cycle 1 GRPO`. */
export const policyName = ({ cycle, method }: Pick<Evaluation, 'cycle' | 'method'>): string =>
  method === 'base' ? 'base' : `cycle ${cycle} ${method}`;

/** The policy that goes on: the one the gold set let through, by the name of its stage; the newest where that is not told. */
export function standingPolicy(evaluations: readonly Evaluation[], promoted: string | undefined): Evaluation | null {
  const named = evaluations.find(({ cycle, method }) =>
    method === 'base' ? promoted === 'base' : promoted === `cycle-${cycle}/${method.toLowerCase()}`,
  );
  return named ?? evaluations.at(-1) ?? null;
}

/** Flows between two policies; null where they did not answer the same questions, each once. */
export function flowsOrNull(...of: Parameters<typeof transitions>): Transitions | null {
  try {
    return transitions(...of);
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}

const stages = { 'evaluate-base': 'base', 'evaluate-sft': 'SFT', 'evaluate-grpo': 'GRPO' } as const;

const answerSchema = z.object({
  id: z.string(),
  correct: z.boolean(),
  predicted: z.string().nullable().default(null),
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
  const groups = (cells: EvaluateOutput['byModality']): Record<string, GroupAccuracy> =>
    Object.fromEntries(
      Object.entries(cells).map(([name, { n, correct, accuracy }]) => [
        name,
        { n, correct, accuracy, interval: wilsonInterval(correct, n) },
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
    interval: wilsonInterval(correct, n),
    byModality: groups(output.byModality),
    byQuestionType: groups(output.byQuestionType),
    answers,
  };
}
