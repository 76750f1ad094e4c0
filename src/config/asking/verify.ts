/** Section `verify`: whether a judge checks each candidate by a rubric beside R_φ, who it is and what it may cost. */
import { z } from 'zod';
import {
  batchSchema,
  geminiSchema,
  generationModes,
  limitsSchema,
  localModelSchema,
  openAiSchema,
  providerNames,
  rate,
} from './asked-providers.js';

/** The simulated judge, who knows the truth and errs at a stated rate: for trials on drawn images or answered pools. */
const simulatedJudgeSchema = z.strictObject({
  /** Which API the loopback server speaks, and so which client runs. */
  protocol: z.enum(['gemini', 'openai']).default('gemini'),
  /** Share of candidates that it judges wrongly, right ones and wrong ones alike. */
  errorRate: rate.default(0.1),
  /** Answering time of one request, milliseconds. */
  latencyMs: z.int().min(0).default(0),
});

const verifyFields = z.strictObject({
  /** Whether candidates are judged at all: each is one more request with its image. */
  enabled: z.boolean().default(false),
  /** Who judges: best another model than the one that writes. `simulated` knows the truth and errs at a stated rate. */
  provider: z.enum(providerNames).exclude(['own']).default('simulated'),
  gemini: geminiSchema.prefault({}),
  openai: openAiSchema.optional(),
  local: localModelSchema.optional(),
  simulated: simulatedJudgeSchema.prefault({}),
  /** File of gates and points; the one that ships with medgr2 (configs/rubric.yaml) when left out. */
  rubric: z.string().min(1).optional(),
  /** As generation.mode: one by one, in the provider's batches at about half the price, or whichever fits. */
  mode: z.enum(generationModes).default('interactive'),
  batch: batchSchema.prefault({}),
  /** Requests in flight at once; a local model takes local.requestsPerJob instead. */
  concurrency: z.int().min(1).max(512).default(8),
  limits: limitsSchema.prefault({}),
  /** Most that the judge may cost over the whole run, apart from generation.maxCost, by the same price file; the run then pauses. */
  maxCost: z.number().positive().optional(),
  /** Of sampling verdicts: 0 gives the same one again as far as the model can. */
  temperature: z.number().min(0).max(2).default(0),
  /** Longest verdict. */
  maxOutputTokens: z.int().positive().default(512),
  /** Longest second reply, where the first was cut off at maxOutputTokens; 4 times that when left out, 0 asks no second time. */
  truncatedRetryTokens: z.int().min(0).optional(),
  /** Longest report or caption that is shown beside an image, in characters, 0 for none; to one elsewhere with egress.text. */
  contextCharacters: z.int().min(0).default(4000),
  /** Share of a cycle's requests that may stay unanswered after all tries; their candidates are not accepted. */
  maxUnanswered: rate.default(0),
  /** Share of the latest 30 replies that may be of no use before the run stops; 0.9 when left out, 1 for a local model. */
  maxUseless: rate.optional(),
});

export const verifySchema = verifyFields.superRefine(({ enabled, provider, mode, ...sections }, context) => {
  if (!enabled) return;
  if ((provider === 'openai' || provider === 'local') && sections[provider] === undefined)
    context.addIssue({
      code: 'custom',
      path: [provider],
      message: `provider ${provider} needs this section; at least ${provider}.model`,
    });
  if (provider === 'local' && mode === 'batch')
    context.addIssue({
      code: 'custom',
      path: ['mode'],
      message: 'a local model has no batch API: leave mode out (local.batchSize says how many it answers at once)',
    });
});
export type VerifyConfig = z.output<typeof verifySchema>;
