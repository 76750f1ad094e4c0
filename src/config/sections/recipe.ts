/**
 * Which recipe a configuration asks for: the loop, or arms that are compared on the same test questions. An arm is a model
 * and the stages that made it; `data-scale`, `transfer` and `zero-shot` are short for many arms.
 */
import { z } from 'zod';
import { modalitySchema, questionTypeSchema, strategySchema } from '../../sample.js';

const count = z.int().positive();
const oneOrMore = <T extends z.ZodType>(schema: T) => z.union([schema, z.array(schema).min(1)]);

/** Which samples a stage learns from. */
export const selectionSchema = z.strictObject({
  /** `seed` are the trusted samples, `candidates` what the generator wrote, `accepted` those of them with r > τ. */
  from: z.enum(['seed', 'candidates', 'accepted']).default('seed'),
  /** `top` are those with the highest reward-model score, `random` any. Both need a size. */
  take: z.enum(['all', 'top', 'random']).default('all'),
  /** How many samples `top` and `random` take. */
  size: count.optional(),
  /** Only samples of these; all where left out. */
  modality: oneOrMore(modalitySchema).optional(),
  questionType: oneOrMore(questionTypeSchema).optional(),
  /** Only samples asked for with these prompt strategies. */
  strategy: oneOrMore(strategySchema).optional(),
});
export type Selection = z.output<typeof selectionSchema>;

const sftStep = z.strictObject({ stage: z.literal('sft'), data: selectionSchema.prefault({}) });
const grpoStep = z.strictObject({
  stage: z.literal('grpo'),
  data: selectionSchema.prefault({}),
  /** `medgr2` is R_φ and the match (grpo.rewards); the others are the rule rewards of those papers, format and accuracy. */
  rewards: z.enum(['medgr2', 'medvlm-r1', 'med-r1']).default('medgr2'),
});
/** The whole loop of so many cycles (the configuration's own number where left out); the arm is its last policy. */
const loopStep = z.strictObject({ stage: z.literal('loop'), cycles: count.optional() });
const stepSchema = z.discriminatedUnion('stage', [sftStep, grpoStep, loopStep]);
export type Step = z.output<typeof stepSchema>;

const nameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dots, dashes and underscores');

export const armSchema = z.strictObject({
  /** Unique; folders and tables name the arm by it. */
  name: nameSchema,
  /** As tables print it; the name where left out. */
  label: z.string().min(1).optional(),
  /** Heading it stands under in a table, such as `zero-shot`. */
  group: z.string().min(1).optional(),
  /** What it starts from: a model folder, a Hugging Face id or `phantom`; `policy.base` where left out. */
  model: z.string().min(1).optional(),
  /** Or another arm, whose model it goes on from. */
  after: nameSchema.optional(),
  /** What is done to that model, one after the other; none measures it as it is. */
  stages: z.array(stepSchema).default([]),
  /** Settings of this arm alone, as --set takes them: `grpo.rewards.scale: raw`. */
  set: z.record(z.string(), z.unknown()).default({}),
});
export type Arm = z.output<typeof armSchema>;

/** Pairs of arms whose answers are compared question by question (MedGR², Figure 5): [first, second]. */
const pairsSchema = z.array(z.tuple([nameSchema, nameSchema])).default([]);

const loopRecipe = z.strictObject({ kind: z.literal('loop') });

const armsRecipe = z.strictObject({
  kind: z.literal('arms'),
  arms: z.array(armSchema).min(1),
  transitions: pairsSchema,
});

/** Models as they are: the rows of Table 1. Each a folder, a Hugging Face id or `phantom`. */
const zeroShotRecipe = z.strictObject({
  kind: z.literal('zero-shot'),
  /** Each a model folder, a Hugging Face id or `phantom`. */
  models: z.array(z.string().min(1)).min(1),
  transitions: pairsSchema,
});

/** MedGR², Figure 2: how accuracy grows with the number of samples, chosen at random or by R_φ, and what GRPO adds. */
const dataScaleRecipe = z.strictObject({
  kind: z.literal('data-scale'),
  /** Values of K. */
  sizes: z.array(count).min(1),
  /** Also GRPO on the top K, after SFT on them. */
  grpo: z.boolean().default(true),
});

/** MedGR², Figure 4, by Med-R1's protocol: train on one domain, test on all. */
const transferRecipe = z.strictObject({
  kind: z.literal('transfer'),
  /** What a domain is. */
  by: z.enum(['modality', 'question-type']).default('modality'),
  /** Domains to train on; all that the data have where left out. */
  domains: z.array(z.string().min(1)).min(1).optional(),
  /** How each domain's model is trained, on samples of its domain alone. */
  stages: z
    .array(stepSchema.refine((step) => step.stage !== 'loop', 'a loop cannot be kept to one domain'))
    .min(1)
    .default([{ stage: 'sft', data: { from: 'seed', take: 'all' } }]),
});

export const recipeSchema = z
  .discriminatedUnion('kind', [loopRecipe, armsRecipe, zeroShotRecipe, dataScaleRecipe, transferRecipe])
  .superRefine((recipe, context) => {
    if (recipe.kind !== 'arms') return;
    for (const { path, message } of armProblems(recipe)) context.addIssue({ code: 'custom', path, message });
  });
export type Recipe = z.output<typeof recipeSchema>;

/** What a schema of single arms cannot see. */
function armProblems({
  arms,
  transitions,
}: z.output<typeof armsRecipe>): { path: (string | number)[]; message: string }[] {
  const names = arms.map(({ name }) => name);
  const problems: { path: (string | number)[]; message: string }[] = [];
  for (const [index, { name, after, model, stages }] of arms.entries()) {
    const at = (...path: (string | number)[]) => ['arms', index, ...path];
    if (names.indexOf(name) !== index) problems.push({ path: at('name'), message: `a second arm named ${name}` });
    if (after !== undefined && !names.slice(0, index).includes(after))
      problems.push({ path: at('after'), message: `no arm named ${after} comes before this one` });
    if (after !== undefined && model !== undefined)
      problems.push({ path: at('after'), message: 'an arm starts from a model or after another arm, not both' });
    for (const [step, { stage, ...rest }] of stages.entries()) {
      if (stage === 'loop' && step > 0)
        problems.push({ path: at('stages', step), message: 'a loop starts from the base: it must be the first stage' });
      if ('data' in rest && rest.data.take !== 'all' && rest.data.size === undefined)
        problems.push({ path: at('stages', step, 'data', 'size'), message: `take: ${rest.data.take} needs a size` });
    }
  }
  for (const [index, pair] of transitions.entries())
    for (const [side, name] of pair.entries())
      if (!names.includes(name))
        problems.push({ path: ['transitions', index, side], message: `there is no arm named ${name}` });
  return problems;
}
