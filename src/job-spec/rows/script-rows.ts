/** From what a script gives, once it passed the gate, to the rows that a job reads. Pure. */
import path from 'node:path';
import type { Instruction } from '../../prompts/policy-prompt.js';
import {
  optionsRow,
  promptRow,
  rewardRow,
  scoreRow,
  sftRow,
  type OptionsRow,
  type PromptRow,
  type RewardRow,
} from './job-rows.js';
import type { RowOptions, ScoreRow, SftRow } from './job-rows.js';
import { checkInputs } from '../checks/input-gate.js';
import type {
  CompleteInput,
  EvaluateInput,
  QueryInput,
  RewardModelInput,
  ScoreInput,
  SftInput,
} from '../script-spec.js';

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
  checkInputs('sft', inputs);
  return inputs.map((input, index) =>
    'prompt' in input
      ? own(input, index)
      : sftRow({ ...query(input, index), rationale: input.rationale ?? '' }, rowOptions(instruction)),
  );
}

export function completeRows(inputs: readonly CompleteInput[], instruction: Instruction): PromptRow[] {
  checkInputs('complete', inputs);
  return inputs.map((input, index) =>
    'prompt' in input ? own(input, index) : promptRow(query(input, index), rowOptions(instruction)),
  );
}

/** Each option as a whole response. */
export function evaluateRows(inputs: readonly EvaluateInput[], instruction: Instruction): OptionsRow[] {
  checkInputs('evaluate', inputs);
  return inputs.map((input, index) =>
    'prompt' in input ? own(input, index) : optionsRow(query(input, index), rowOptions(instruction)),
  );
}

export function scoreRows(inputs: readonly ScoreInput[], instruction: Instruction): ScoreRow[] {
  checkInputs('score', inputs);
  return inputs.map((input, index) => {
    if ('prompt' in input) return own(input, index);
    const asked = query(input, index);
    if ('response' in input) return { ...promptRow(asked, rowOptions(instruction)), response: input.response };
    return scoreRow({ ...asked, answer: input.answer, rationale: input.rationale ?? '' }, rowOptions(instruction));
  });
}

export function rewardModelRows(inputs: readonly RewardModelInput[], instruction: Instruction): RewardRow[] {
  checkInputs('reward-model', inputs);
  return inputs.map((input, index) =>
    'prompt' in input
      ? { pair: null, chosen: null, ...own(input, index) }
      : rewardRow(query(input, index), rowOptions(instruction)),
  );
}
