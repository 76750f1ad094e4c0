/** From what a script gives to the rows that a job reads. Pure. */
import path from 'node:path';
import { ConfigError } from '../errors.js';
import type { Instruction } from '../prompts/render.js';
import {
  optionsRow,
  promptRow,
  rewardRow,
  scoreRow,
  sftRow,
  type OptionsRow,
  type PromptRow,
  type RewardRow,
} from '../training/rows.js';
import type { RowOptions, ScoreRow, SftRow } from '../training/rows.js';
import type { CompleteInput, EvaluateInput, QueryInput, RewardModelInput, ScoreInput, SftInput } from './specs.js';

const rowOptions = (instruction: Instruction): RowOptions => ({
  instruction,
  imagePath: (image) => path.resolve(image),
});

/** A row in the caller's own words, with an absolute image and an id. */
const own = <Row extends { image: string; id?: string | undefined }>(row: Row, index: number) => ({
  ...row,
  id: row.id ?? String(index + 1),
  image: path.resolve(row.image),
});

const query = <Input extends QueryInput>(input: Input, index: number) => ({
  ...input,
  id: input.id ?? String(index + 1),
  options: input.options ?? [],
});

export function sftRows(inputs: readonly SftInput[], instruction: Instruction): SftRow[] {
  return unique(
    inputs.map((input, index) =>
      'prompt' in input
        ? own(input, index)
        : sftRow({ ...query(input, index), rationale: input.rationale ?? '' }, rowOptions(instruction)),
    ),
  );
}

export function completeRows(inputs: readonly CompleteInput[], instruction: Instruction): PromptRow[] {
  return unique(
    inputs.map((input, index) =>
      'prompt' in input ? own(input, index) : promptRow(query(input, index), rowOptions(instruction)),
    ),
  );
}

/** Each option as a whole response. */
export function evaluateRows(inputs: readonly EvaluateInput[], instruction: Instruction): OptionsRow[] {
  return unique(
    inputs.map((input, index) =>
      'prompt' in input ? own(input, index) : optionsRow(query(input, index), rowOptions(instruction)),
    ),
  );
}

export function scoreRows(inputs: readonly ScoreInput[], instruction: Instruction): ScoreRow[] {
  return unique(
    inputs.map((input, index) => {
      if ('prompt' in input) return own(input, index);
      const asked = query(input, index);
      if ('response' in input) return { ...promptRow(asked, rowOptions(instruction)), response: input.response };
      return scoreRow({ ...asked, answer: input.answer, rationale: input.rationale ?? '' }, rowOptions(instruction));
    }),
  );
}

export function rewardModelRows(inputs: readonly RewardModelInput[], instruction: Instruction): RewardRow[] {
  return unique(
    inputs.map((input, index) =>
      'prompt' in input
        ? { pair: null, chosen: null, ...own(input, index) }
        : rewardRow(query(input, index), rowOptions(instruction)),
    ),
  );
}

/** Results are told by id. */
function unique<Row extends { id: string }>(rows: Row[]): Row[] {
  const seen = new Set<string>();
  for (const { id } of rows) {
    if (seen.has(id)) {
      throw new ConfigError('row-id-repeated', `Two rows have the id ${id}.`, {
        where: id,
        remedy: 'Give each row an id of its own, or leave all ids out.',
      });
    }
    seen.add(id);
  }
  return rows;
}
