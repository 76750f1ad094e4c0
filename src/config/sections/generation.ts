/** Section `generation`: who writes samples, how often they are asked, limits, costs, and what the simulated teacher gets wrong. */
import { z } from 'zod';
import { questionTypes, questionTypeSchema, strategies, strategySchema, type Strategy } from '../../sample.js';
import {
  batchSchema,
  geminiSchema,
  generationModes,
  limitsSchema,
  localModelSchema,
  openAiSchema,
  providerNames,
  rate,
} from '../asking/asked-providers.js';
import { loraConfigSchema } from '../trl-options/options-in-config.js';

/** A model of one's own that can be taught as well. */
const localSchema = localModelSchema.extend({
  /**
   * Steps of SFT on the trusted samples, in the form of the replies, before the first cycle: for a model that does not
   * write what it is asked for yet. 0 starts from the model as it is. How it is trained stands in generatorUpdate.sft.
   */
  warmStartSteps: z.int().min(0).default(0),
  /** What learns when it is trained: `language` leaves the vision tower as it is. */
  train: z.enum(['all', 'language']).default('all'),
  lora: loraConfigSchema.optional(),
});

/** The simulated teacher behind its loopback server, who knows drawn images and the answered questions of a pool. */
const teacherSchema = z.strictObject({
  /** Which API the loopback server speaks, and so which client runs. */
  protocol: z.enum(['gemini', 'openai']).default('gemini'),
  /** Share of wrong answers whatever the prompt strategy, in place of errorRates; to be stated where the pool is your own. */
  errorRate: rate.optional(),
  /** Share of wrong answers per prompt strategy; the mistakes are systematic, as a model's are. */
  errorRates: z
    .strictObject({
      /** Of prompts that ask straight away. */
      direct: rate.default(0.45),
      /** Of prompts that ask for reasons first. */
      'step-by-step': rate.default(0.35),
      /** Of prompts that ask to reflect first. */
      'meta-cognitive': rate.default(0.28),
    })
    .prefault({}),
  /** Shares of replies that are broken JSON, empty, blocked, or refused for overload. */
  faults: z
    .strictObject({
      /** Broken JSON. */
      malformed: rate.default(0.01),
      /** Nothing at all. */
      empty: rate.default(0.005),
      /** Refused by a safety filter. */
      blocked: rate.default(0.005),
      /** HTTP 503, to be tried again. */
      overloaded: rate.default(0.01),
    })
    .prefault({}),
  /** Answering time of one request, milliseconds. */
  latencyMs: z.int().min(0).default(0),
});

/** How often the teacher is wrong, by strategy. */
export function errorRatesOf({
  errorRate,
  errorRates,
}: Pick<z.output<typeof teacherSchema>, 'errorRate' | 'errorRates'>): Readonly<Record<Strategy, number>> {
  if (errorRate === undefined) return errorRates;
  return { direct: errorRate, 'step-by-step': errorRate, 'meta-cognitive': errorRate };
}

const generationFields = z.strictObject({
  /** Who writes samples; `simulated` is a teacher on this machine that knows the drawn images, `own` is parts.provider. */
  provider: z.enum(providerNames).default('simulated'),
  gemini: geminiSchema.prefault({}),
  openai: openAiSchema.optional(),
  local: localSchema.optional(),
  teacher: teacherSchema.prefault({}),
  /**
   * `batch` hands requests over in files and collects the replies when they are there, within a day, at about half the
   * price: for Gemini, OpenAI and servers with OpenAI's batches. `auto` does so where the provider is known to have batches
   * and a cycle has enough requests. A run that was stopped collects what its batches brought meanwhile.
   */
  mode: z.enum(generationModes).default('interactive'),
  batch: batchSchema.prefault({}),
  /** How it is asked; each strategy asks about each image once. May be [] beside parts.strategies. */
  strategies: z.array(strategySchema).default([...strategies]),
  /** What images are asked about: fewer where only some questions matter, or the trusted samples answer no others. */
  questionTypes: z
    .array(questionTypeSchema)
    .min(1)
    .default([...questionTypes]),
  /** Images taken from the pool in one cycle; each is asked about once per strategy. */
  imagesPerCycle: z.int().positive().default(300),
  /**
   * Questions asked in one request, of as many types as the image allows: the image, which is most of the input, is paid once
   * for all of them. maxOutputTokens is for each.
   */
  questionsPerImage: z.int().min(1).max(10).default(1),
  /** Longest report or caption that is shown beside an image, in characters, 0 for none; to one elsewhere with egress.text. */
  contextCharacters: z.int().min(0).default(4000),
  /** Requests in flight at once; a local model takes local.requestsPerJob instead. */
  concurrency: z.int().min(1).max(512).default(8),
  limits: limitsSchema.prefault({}),
  /** Most that the generator may cost over the whole run, in the currency of the price file; the run then pauses. */
  maxCost: z.number().positive().optional(),
  /** Price file; the one that ships with medgr2 (configs/prices.yaml) when left out. */
  prices: z.string().min(1).optional(),
  /** Of sampling replies. */
  temperature: z.number().min(0).max(2).default(0.7),
  /** Longest reply. */
  maxOutputTokens: z.int().positive().default(1024),
  /**
   * Longest second reply, where the first was cut off at maxOutputTokens; 4 times that when left out, 0 asks no second
   * time. A local model is asked once, unless it is set.
   */
  truncatedRetryTokens: z.int().min(0).optional(),
  /** Longest reply in characters, for servers that do not heed maxOutputTokens; 8 for each token when left out. */
  maxReplyCharacters: z.int().positive().optional(),
  /** Share of a cycle's requests that may stay unanswered after all tries; else the stage stays open, to be continued. */
  maxUnanswered: rate.default(0),
  /**
   * Share of the latest 30 replies that may be of no use (empty, blocked, cut off, no JSON, …) before the run stops, so
   * that nothing more is paid for. 0.9 when left out; 1, which never stops, for a local model, which costs nothing.
   */
  maxUseless: rate.optional(),
  /** Seed samples shown as examples in the prompts of the first cycle. */
  seedExemplars: z.int().min(0).default(2),
});

/** Settings that a provider cannot do without are asked for only where it is chosen. */
export const generationSchema = generationFields.superRefine((generation, context) => {
  const { provider } = generation;
  if ((provider === 'openai' || provider === 'local') && generation[provider] === undefined)
    context.addIssue({
      code: 'custom',
      path: [provider],
      message: `provider ${provider} needs this section; at least ${provider}.model`,
    });
  if ((provider === 'own' || provider === 'local') && generation.mode === 'batch')
    context.addIssue({
      code: 'custom',
      path: ['mode'],
      message: `provider ${provider} has no batch API: leave mode out${provider === 'local' ? ' (local.batchSize says how many it answers at once)' : ''}`,
    });
});
export type GenerationConfig = z.output<typeof generationSchema>;
