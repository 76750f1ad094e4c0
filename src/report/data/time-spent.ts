/** Where the time of a run went, and what it asked of the generator and the trainers. */
import type { z } from 'zod';
import { stageNames, type StageName } from '../../loop/run-events.js';
import { generateOutputSchema } from '../../loop/stages/generate.js';
import { trainOutputSchema } from '../../loop/stages/train-by-sft.js';
import { cyclesOf, type RunRecord } from './run-record.js';

/** What a person thinks of as one kind of work. */
export const kinds = ['generate', 'reward model', 'SFT', 'GRPO', 'test', 'other'] as const;
export type Kind = (typeof kinds)[number];

const kindOf: Partial<Record<StageName, Kind>> = {
  generate: 'generate',
  'generator-warm-start': 'generate',
  'generator-sft': 'generate',
  'warm-start': 'reward model',
  'reward-model': 'reward model',
  'reward-report': 'reward model',
  'verdict-reward-model': 'reward model',
  'verdict-reward-report': 'reward model',
  score: 'reward model',
  preferences: 'reward model',
  sft: 'SFT',
  grpo: 'GRPO',
  'evaluate-base': 'test',
  'evaluate-sft': 'test',
  'evaluate-grpo': 'test',
  evaluate: 'test',
};

export interface CycleCost {
  /** 0 is what came before the first cycle. */
  cycle: number;
  seconds: number;
  byKind: Record<Kind, number>;
  byStage: { stage: StageName; seconds: number }[];
  /** Null where nothing was generated. */
  requests: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  /** What the generator's replies cost, in the currency of the prices; null where that is not known. */
  cost: number | null;
  /** Null where nothing was generated, or by a version that did not keep it. */
  currency: string | null;
  /** Tokens that SFT and GRPO went through. */
  trainedTokens: number;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Null where there is nothing, or where a part is not known: a sum without it would be too small. */
function totalKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 || known.length < values.length ? null : total(known);
}

/** All arms of a comparison together. Seconds are of the attempts that finished; what a stopped attempt took is not in them. */
export function readCosts(run: RunRecord): CycleCost[] {
  return [0, ...cyclesOf(run)].map((cycle) => {
    const entries = run.ledger.filter((item) => item.cycle === cycle);
    const byStage = stageNames.flatMap((stage) => {
      const same = entries.filter((item) => item.stage === stage);
      return same.length === 0 ? [] : [{ stage, seconds: total(same.map(({ seconds }) => seconds)) }];
    });
    const outputs = <T>(stage: StageName, schema: z.ZodType<T>): T[] =>
      entries
        .filter((item) => item.stage === stage)
        .flatMap(({ output }) => {
          const parsed = schema.safeParse(output);
          return parsed.success ? [parsed.data] : [];
        });
    const byKind = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>;
    for (const { stage, seconds } of byStage) byKind[kindOf[stage] ?? 'other'] += seconds;
    const generated = outputs('generate', generateOutputSchema);
    const trained = (['sft', 'grpo'] as const).flatMap((stage) => outputs(stage, trainOutputSchema));
    return {
      cycle,
      seconds: total(byStage.map(({ seconds }) => seconds)),
      byKind,
      byStage,
      requests: totalKnown(generated.map(({ tasks }) => tasks)),
      inputTokens: totalKnown(generated.map(({ inputTokens }) => inputTokens)),
      outputTokens: totalKnown(generated.map(({ outputTokens }) => outputTokens)),
      cost: totalKnown(generated.map(({ cost }) => cost)),
      currency: generated.find(({ currency }) => currency !== null)?.currency ?? null,
      trainedTokens: total(trained.map(({ tokens }) => tokens ?? 0)),
    };
  });
}
