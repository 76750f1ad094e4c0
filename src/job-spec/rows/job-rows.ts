/** Rows of the tables that jobs read. Pure: samples in, rows out; one prompt form for training, scoring and evaluation. */
import { renderPolicyPrompt, renderResponse, type Instruction } from '../../prompts/policy-prompt.js';
import type { PreferenceRow } from '../../reward/preference-pairs.js';
import type { Query, Sample } from '../../sample.js';

/** Of the `sft` job. */
export interface SftRow {
  id: string;
  /** Absolute path. */
  image: string;
  prompt: string;
  completion: string;
}

/** Of the `grpo` and `complete` jobs. */
export type PromptRow = Pick<SftRow, 'id' | 'image' | 'prompt'>;

/** Of a `grpo` job in which some answers may not be compared with. */
export interface TrustRow extends PromptRow {
  trusted: boolean;
}

/** Of the `evaluate` job: one response per option, in their order; none for an open question. */
export interface OptionsRow extends PromptRow {
  responses: string[];
}

/** Of the `score` job. */
export interface ScoreRow extends PromptRow {
  response: string;
}

/** Of the `reward-model` job. `pair` joins two rows for the pairwise loss. */
export interface RewardRow extends ScoreRow {
  /** One of 10, 6, 0, -6. */
  grade: number;
  pair: string | null;
  chosen: boolean | null;
}

/** DuckDB column types of the rows above. */
export const rowColumns = {
  sft: { id: 'VARCHAR', image: 'VARCHAR', prompt: 'VARCHAR', completion: 'VARCHAR' },
  prompt: { id: 'VARCHAR', image: 'VARCHAR', prompt: 'VARCHAR' },
  trust: { id: 'VARCHAR', image: 'VARCHAR', prompt: 'VARCHAR', trusted: 'BOOLEAN' },
  options: { id: 'VARCHAR', image: 'VARCHAR', prompt: 'VARCHAR', responses: 'VARCHAR[]' },
  score: { id: 'VARCHAR', image: 'VARCHAR', prompt: 'VARCHAR', response: 'VARCHAR' },
  reward: {
    id: 'VARCHAR',
    image: 'VARCHAR',
    prompt: 'VARCHAR',
    response: 'VARCHAR',
    grade: 'DOUBLE',
    pair: 'VARCHAR',
    chosen: 'BOOLEAN',
  },
} as const;

export interface RowOptions {
  instruction: Instruction;
  /** Absolute path of an image that a sample names. */
  imagePath: (image: string) => string;
}

type Asked = Query & Pick<Sample, 'id' | 'image'>;
type Answered = Asked & Pick<Sample, 'answer' | 'rationale'>;

export function promptRow(sample: Asked, { instruction, imagePath }: RowOptions): PromptRow {
  return { id: sample.id, image: imagePath(sample.image), prompt: renderPolicyPrompt(sample, instruction) };
}

/** Each option as the whole answer, in the form that the policy answers in. */
export function optionsRow(sample: Asked, options: RowOptions): OptionsRow {
  const responses = sample.options.map((answer) => renderResponse({ rationale: '', answer }));
  return { ...promptRow(sample, options), responses };
}

/** The completion to learn: reasoning, then the answer; the answer alone where the policy is told to give only that. */
export function sftRow(sample: Answered, options: RowOptions): SftRow {
  const rationale = options.instruction === 'answer' ? '' : sample.rationale;
  return { ...promptRow(sample, options), completion: renderResponse({ rationale, answer: sample.answer }) };
}

/** A generator's candidate as the reward model reads it: the answer with its rationale. */
export function scoreRow(sample: Answered, options: RowOptions): ScoreRow {
  return { ...promptRow(sample, options), response: renderResponse(sample) };
}

/** A graded text of the seed data, or of anything that has a question, a response and a grade. */
export function rewardRow(
  row: Asked & { response: string; grade: number },
  options: RowOptions,
  pair: { id: string; chosen: boolean } | null = null,
): RewardRow {
  return {
    ...promptRow(row, options),
    response: row.response,
    grade: row.grade,
    pair: pair?.id ?? null,
    chosen: pair?.chosen ?? null,
  };
}

/** A completion of the policy as training data of the reward model. */
export function preferenceRow(row: PreferenceRow, index: number, options: RowOptions): RewardRow {
  const { sample, completion, grade, pair, chosen } = row;
  return {
    ...promptRow({ ...sample, id: `${sample.id}#${index}` }, options),
    response: completion,
    grade,
    pair,
    chosen,
  };
}
