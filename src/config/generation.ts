/** Configuration of who writes samples, how often they are asked, and what the simulated teacher gets wrong. */
import { z } from 'zod';
import { strategies, strategySchema } from '../sample.js';

const rate = z.number().min(0).max(1);

/** Gemini through its REST API. The key itself never stands in a configuration. */
const geminiSchema = z.strictObject({
  model: z.string().min(1).default('gemini-2.0-flash'),
  /** Name of the environment variable that holds the key. */
  apiKeyEnv: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable (never the key itself)')
    .default('GEMINI_API_KEY'),
  /** Google's own address when left out. */
  baseUrl: z.url().optional(),
  timeoutSeconds: z.number().positive().default(120),
});

/** The simulated teacher behind its loopback server: how often it is wrong, and how often it misbehaves. */
const teacherSchema = z.strictObject({
  /** Share of wrong answers per prompt strategy; the mistakes are systematic, as a model's are. */
  errorRates: z
    .strictObject({
      direct: rate.default(0.45),
      'step-by-step': rate.default(0.35),
      'meta-cognitive': rate.default(0.28),
    })
    .prefault({}),
  /** Shares of replies that are broken JSON, empty, blocked, or refused for overload. */
  faults: z
    .strictObject({
      malformed: rate.default(0.01),
      empty: rate.default(0.005),
      blocked: rate.default(0.005),
      overloaded: rate.default(0.01),
    })
    .prefault({}),
  /** Answering time of one request, milliseconds. */
  latencyMs: z.int().min(0).default(0),
});

export const generationSchema = z.strictObject({
  provider: z.enum(['simulated', 'gemini']).default('simulated'),
  gemini: geminiSchema.prefault({}),
  teacher: teacherSchema.prefault({}),
  strategies: z
    .array(strategySchema)
    .min(1)
    .default([...strategies]),
  /** Images taken from the pool in one cycle; each is asked about once per strategy. */
  imagesPerCycle: z.int().positive().default(300),
  /** Requests in flight at once. */
  concurrency: z.int().min(1).max(512).default(8),
  temperature: z.number().min(0).max(2).default(0.7),
  maxOutputTokens: z.int().positive().default(1024),
  /** Seed samples shown as examples in the prompts of the first cycle. */
  seedExemplars: z.int().min(0).default(2),
});
export type GenerationConfig = z.output<typeof generationSchema>;

/** What the generator gets from a cycle: for a closed API, newer examples (PAPERS: generator update). */
export const generatorUpdateSchema = z.strictObject({
  enabled: z.boolean().default(true),
  /** Highest-scored samples of the cycle that become the next cycle's examples. */
  exemplars: z.int().min(0).default(3),
});

/** Whether images may leave this machine. A base URL that is not loopback is refused without it. */
export const egressSchema = z.strictObject({
  allow: z.boolean().default(false),
  /** Why this is permitted, kept with the run: data agreement, public data set, de-identified, ... */
  reason: z.string().default(''),
});
