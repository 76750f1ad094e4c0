/** Section `grpo`: prompts, group size, completion length, rewards and TRL options of GRPO, and whether it runs at all. */
import { z } from 'zod';
import { grpoProblems } from '../trl-options/option-conflicts.js';
import { grpoTrlSchema } from '../trl-options/options-in-config.js';

const rewardsSchema = z.strictObject({
  /** r = α·R_φ + β·1[extract(a') = extract(a)] (MedGR² eq. 3). */
  alpha: z.number().min(0).default(0.8),
  /** β: weight of 1 for the right answer. */
  beta: z.number().min(0).default(0.2),
  /** `unit` maps R_φ to [0, 1]; `raw` is the equation as printed. */
  scale: z.enum(['unit', 'raw']).default('unit'),
  /** Of the rule rewards of MedVLM-R1 and Med-R1: `ours` reads the answer, `published` is their code letter for letter. */
  reading: z.enum(['ours', 'published']).default('ours'),
});

const freshSchema = z.strictObject({
  /**
   * Where fresh questions come from, each where those before it are too few for GRPO's steps: `rejected` candidates of this
   * cycle and those before (the question is good where the answer was not, but where R_φ misjudged a right answer it will again),
   * questions of the trusted samples put to pool images that nobody has asked about (`templates`), the `trusted` samples
   * themselves, whose answers count as a match.
   */
  from: z
    .array(z.enum(['rejected', 'templates', 'trusted']))
    .min(1)
    .default(['rejected', 'templates']),
});

const headroomSchema = z.strictObject({
  /** Held-out trusted questions that the policy is asked between SFT and GRPO; 0 leaves the stage out. */
  questions: z.int().min(0).optional(),
  /** Completions of each, beside the greedy one. */
  samples: z.int().min(2).default(8),
  /** Of sampling them. */
  temperature: z.number().gt(0).default(1),
});

/** Held-out questions where GRPO waits for what they say. */
const questionsForWhen = 200;

export const grpoSchema = z
  .strictObject({
    /**
     * What GRPO asks: what SFT has just learned (`accepted`, the paper's literal reading), questions that it has not (`fresh`,
     * rewarded by α·R_φ alone where no answer is trusted), or half of each (`mixed`). A recipe's arms name their own data.
     */
    prompts: z.enum(['accepted', 'fresh', 'mixed']).default('accepted'),
    fresh: freshSchema.prefault({}),
    /** `mixed` leaves out groups that are all right or all wrong by the match, where an answer is trusted. */
    difficulty: z.enum(['all', 'mixed']).default('all'),
    /** `headroom` leaves GRPO out in a cycle in which held-out questions say that it has no room. */
    when: z.enum(['always', 'headroom']).default('always'),
    headroom: headroomSchema.prefault({}),
    /** Optimiser steps in each cycle. */
    maxSteps: z.int().positive().default(60),
    /** Completions per prompt: one group. */
    numGenerations: z.int().min(2).default(8),
    /** Completions per step; a multiple of numGenerations. */
    batchSize: z.int().positive().default(32),
    /** Passes before the weights are updated. */
    accumulation: z.int().positive().default(1),
    /** Longest completion; a longer one is cut and counts as unfinished. */
    maxCompletionLength: z.int().positive().default(64),
    /** Of AdamW at its highest. */
    learningRate: z.number().positive().default(1e-4),
    /** Weight of the KL penalty against the SFT policy; 0 leaves the reference model out. */
    klBeta: z.number().min(0).default(0),
    /** Of sampling the completions. */
    temperature: z.number().gt(0).default(1),
    rewards: rewardsSchema.prefault({}),
    /** Steps between two figures on screen and in the events. */
    loggingSteps: z.int().positive().default(5),
    /** Steps between two checkpoints. */
    saveSteps: z.int().positive().default(20),
    /** Completions of a step that the events hold, for screen and report. */
    shownCompletions: z.int().min(0).default(2),
    trl: grpoTrlSchema({
      max_steps: 'use grpo.maxSteps',
      num_generations: 'use grpo.numGenerations',
      per_device_train_batch_size: 'use grpo.batchSize',
      gradient_accumulation_steps: 'use grpo.accumulation',
      max_completion_length: 'use grpo.maxCompletionLength',
      learning_rate: 'use grpo.learningRate',
      beta: 'use grpo.klBeta',
      temperature: 'use grpo.temperature',
      logging_steps: 'use grpo.loggingSteps',
      save_steps: 'use grpo.saveSteps',
    }).default({}),
  })
  .superRefine(({ trl, ...grpo }, context) => {
    const options = {
      ...trl,
      num_generations: grpo.numGenerations,
      per_device_train_batch_size: grpo.batchSize,
      gradient_accumulation_steps: grpo.accumulation,
      max_steps: grpo.maxSteps,
    };
    for (const { option, message } of grpoProblems(options))
      context.addIssue({
        code: 'custom',
        path: option === 'num_generations' ? ['numGenerations'] : ['trl', option],
        message,
      });
  })
  .refine(({ prompts, fresh, rewards }) => prompts !== 'fresh' || rewards.alpha > 0 || fresh.from.includes('trusted'), {
    path: ['rewards', 'alpha'],
    message: 'fresh prompts have no answer to match: only R_φ can reward them, so alpha must be above 0',
  })
  .refine(({ when, headroom }) => when !== 'headroom' || headroom.questions !== 0, {
    path: ['headroom', 'questions'],
    message: 'without a question nothing can be said of headroom: leave it out, or set grpo.when to always',
  });

/** Held-out questions that the policy is asked between SFT and GRPO. */
export const headroomQuestions = ({ when, headroom }: Pick<z.output<typeof grpoSchema>, 'when' | 'headroom'>): number =>
  headroom.questions ?? (when === 'headroom' ? questionsForWhen : 0);
