/** The one definition of a run's configuration. Secrets never stand here: only names of environment variables. */
import { z } from 'zod';
import { dataSchema } from './data.js';
import { executorSchema } from './executor.js';
import { egressSchema, generationSchema, generatorUpdateSchema } from './generation.js';
import { isLoopback } from './loopback.js';
import { evaluationSchema, grpoSchema, policySchema, sftSchema } from './policy.js';
import { datasetSchema, filterSchema, gradingSchema, preferencesSchema, rewardModelSchema } from './reward-model.js';

/** Where Gemini's client sends images when no base URL is set. */
export const geminiUrl = 'https://generativelanguage.googleapis.com';

export const configSchema = z
  .strictObject({
    /** One number that every random choice of the run comes from. */
    seed: z.int().min(0).default(0),
    /** Turns of the loop. */
    cycles: z.int().positive().default(3),
    data: dataSchema.prefault({ source: 'phantom' }),
    generation: generationSchema.prefault({}),
    egress: egressSchema.prefault({}),
    grading: gradingSchema.prefault({}),
    rewardModel: rewardModelSchema.prefault({}),
    filter: filterSchema.prefault({}),
    dataset: datasetSchema.prefault({}),
    policy: policySchema.prefault({}),
    sft: sftSchema.prefault({}),
    grpo: grpoSchema.prefault({}),
    preferences: preferencesSchema.prefault({}),
    generatorUpdate: generatorUpdateSchema.prefault({}),
    evaluation: evaluationSchema.prefault({}),
    executor: executorSchema.prefault({}),
    device: z.enum(['auto', 'cpu', 'cuda']).default('auto'),
    /** Torch CPU threads per job; all cores when left out. */
    threads: z.int().positive().optional(),
  })
  .refine((config) => remoteHost(config) === null || config.egress.allow, {
    path: ['egress', 'allow'],
    error: ({ input }) =>
      `images would be sent to ${remoteHost(input)}, which is not this machine: set egress.allow: true and egress.reason`,
    when: readable,
  })
  .refine((config) => remoteHost(config) === null || !config.egress.allow || config.egress.reason.trim() !== '', {
    path: ['egress', 'reason'],
    error: ({ input }) => `say why images may be sent to ${remoteHost(input)}`,
    when: readable,
  })
  .refine((config) => config.data.source !== 'files' || config.generation.provider !== 'simulated', {
    path: ['generation', 'provider'],
    error:
      'the simulated teacher knows no answers about your own images: set generation.provider to a real generator, for example gemini',
    when: ({ value }) => sourceSchema.safeParse(value).success,
  });

const sourceSchema = z.object({ data: dataSchema, generation: generationSchema });
const readableSchema = z.object({ generation: generationSchema, egress: egressSchema });

/** These rules also run when another section is wrong, so that a person sees all problems at once. */
function readable(payload: { value: unknown }): boolean {
  return readableSchema.safeParse(payload.value).success;
}

/** The host that images would be sent to, or null where nothing leaves this machine. */
export function remoteHost(input: unknown): string | null {
  const { generation } = readableSchema.parse(input);
  if (generation.provider !== 'gemini') return null;
  const url = generation.gemini.baseUrl ?? geminiUrl;
  return isLoopback(url) ? null : new URL(url).host;
}

/** What a person may write. */
export type ConfigInput = z.input<typeof configSchema>;
/** Checked and complete. */
export type Config = z.output<typeof configSchema>;
