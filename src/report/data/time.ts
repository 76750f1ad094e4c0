/** Where the time of a run went, and what it asked of the generator and the trainers. */
import { stageNames, type StageName } from '../../loop/events.js';
import { generateOutputSchema } from '../../loop/stages/generate.js';
import { trainOutputSchema } from '../../loop/stages/train-policy.js';
import { cyclesOf, outputOf, type RunRecord } from './run-record.js';

/** What a person thinks of as one kind of work. */
export const kinds = ['generate', 'reward model', 'SFT', 'GRPO', 'evaluate', 'other'] as const;
export type Kind = (typeof kinds)[number];

const kindOf: Partial<Record<StageName, Kind>> = {
  generate: 'generate',
  'warm-start': 'reward model',
  'reward-model': 'reward model',
  'reward-report': 'reward model',
  score: 'reward model',
  preferences: 'reward model',
  sft: 'SFT',
  grpo: 'GRPO',
  'evaluate-base': 'evaluate',
  'evaluate-sft': 'evaluate',
  'evaluate-grpo': 'evaluate',
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

/** Seconds are of the attempts that finished; what a stopped attempt took is not in them. */
export function readCosts(run: RunRecord): CycleCost[] {
  return [0, ...cyclesOf(run)].map((cycle) => {
    const byStage = stageNames.flatMap((stage) => {
      const entry = run.ledger.find((item) => item.cycle === cycle && item.stage === stage);
      return entry === undefined ? [] : [{ stage, seconds: entry.seconds }];
    });
    const byKind = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>;
    for (const { stage, seconds } of byStage) byKind[kindOf[stage] ?? 'other'] += seconds;
    const generated = outputOf(run, cycle, 'generate', generateOutputSchema);
    const trained = (['sft', 'grpo'] as const).map((stage) => outputOf(run, cycle, stage, trainOutputSchema));
    return {
      cycle,
      seconds: byStage.reduce((sum, { seconds }) => sum + seconds, 0),
      byKind,
      byStage,
      requests: generated?.tasks ?? null,
      inputTokens: generated?.inputTokens ?? null,
      outputTokens: generated?.outputTokens ?? null,
      cost: generated?.cost ?? null,
      currency: generated?.currency ?? null,
      trainedTokens: trained.reduce((sum, item) => sum + (item?.tokens ?? 0), 0),
    };
  });
}
