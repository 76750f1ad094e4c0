/** `trl: {…}` of a job: TRL's own options, without those that medgr2 decides itself. Shapes are generated from TRL. */
import { z } from 'zod';
import { grpoOptionShape } from './grpo-options.generated.js';
import { refusedByGrpo, refusedBySft } from './refused-options.js';
import { sftOptionShape } from './sft-options.generated.js';

type Shape = Readonly<Record<string, z.ZodType>>;

/** Options of `S`, with those of `R` there only to be refused. */
export type WithRefusals<S extends Shape, R> = Omit<S, keyof R> & { [K in keyof R]: z.ZodOptional<z.ZodNever> };

/** @param refusals option -> the reason; the error says it where the option stands. */
export function withRefusals<S extends Shape, const R extends Readonly<Record<string, string>>>(
  shape: S,
  refusals: R,
): WithRefusals<S, R> {
  const result: Record<string, z.ZodType> = { ...shape };
  for (const [name, reason] of Object.entries(refusals))
    result[name] = refused(`medgr2 sets this option itself: ${reason}`);
  return result as unknown as WithRefusals<S, R>;
}

/** The reason is its description too, so that Python, which has the schema alone, can say it. */
function refused(reason: string): z.ZodType {
  return z.never({ error: reason }).describe(reason).optional();
}

export const sftJobShape = withRefusals(sftOptionShape, refusedBySft);
export const grpoJobShape = withRefusals(grpoOptionShape, refusedByGrpo);

/** Options of the SFT trainer in a job spec. */
export const sftOptionsSchema = z.strictObject(sftJobShape);
/** Options of TRL's SFTTrainer, by their names there; those that medgr2 sets itself are left out. */
export type SftOptions = z.input<typeof sftOptionsSchema>;

/** Options of the GRPO trainer in a job spec. */
export const grpoOptionsSchema = z.strictObject(grpoJobShape);
/** Options of TRL's GRPOTrainer, by their names there; those that medgr2 sets itself are left out. */
export type GrpoOptions = z.input<typeof grpoOptionsSchema>;
